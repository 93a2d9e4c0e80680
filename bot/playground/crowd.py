"""Finding somebody among many people: for the switcher and for names being typed."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from bot.playground.people import Person
from bot.playground.workspace import Workspace

#: A list that is no longer than this is shown whole and needs no search.
FEW = 8
PAGE = 20


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A person of the switcher, and what waits for them."""

    person: Person
    unread: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Some people, and whether there are more than these."""

    shown: list[Neighbour]
    has_more: bool


def everybody(workspace: Workspace) -> Iterator[Person]:
    """The people whom one can be: no bots, nobody who left."""
    return (one for one in workspace.people.values() if not (one.is_bot or one.deleted))


def called(workspace: Workspace, word: str) -> Iterator[Person]:
    """Those whose handle, or a word of whose name, begins so."""
    return (one for one in everybody(workspace) if is_called(word, one.name, one.real_name))


def is_called(word: str, *names: str) -> bool:
    """Whether a name, or a word in it, begins so, whatever the case."""
    wanted = word.casefold()
    starts = (f" {name.casefold()}" for name in names)
    return any(f" {wanted}" in start for start in starts)


def first(workspace: Workspace, viewer: Person) -> Neighbours:
    """The first few people, this one always among them."""
    few = list(itertools.islice(everybody(workspace), FEW + 1))
    has_more = len(few) > FEW
    few = few[:FEW]
    if viewer not in few:
        few[-1:] = [viewer]
    return Neighbours([_neighbour(workspace, one) for one in few], has_more)


def beside(workspace: Workspace, viewer: Person) -> list[str]:
    """Whom to show beside this person: those first whom the bot asked something last."""
    others = [one.person for one in first(workspace, viewer).shown if one.person != viewer]
    others.sort(key=lambda one: not _is_asked(workspace, one))
    return [one.id for one in others[:2]]


def _is_asked(workspace: Workspace, person: Person) -> bool:
    last = workspace.dm_with(person.id).messages[-1:]
    return any(block["type"] == "actions" for one in last for block in one.blocks)


def page(workspace: Workspace, word: str, number: int) -> Neighbours:
    """One page of those who are called so."""
    start = number * PAGE
    found = list(itertools.islice(called(workspace, word), start, start + PAGE + 1))
    shown = [_neighbour(workspace, one) for one in found[:PAGE]]
    return Neighbours(shown, len(found) > PAGE)


def _neighbour(workspace: Workspace, person: Person) -> Neighbour:
    dm = workspace.dm_with(person.id)
    return Neighbour(person, workspace.unread(dm.id, person.id))

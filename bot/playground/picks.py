"""What menus of people and conversations offer, and whom or what a person means by a word."""

from collections.abc import Iterator, Sequence

from bot.playground.people import Json, Person
from bot.playground.workspace import Workspace

#: Everything that a conversations_select shows unless its filter says less.
CONVERSATIONS = ("public", "private", "im")
#: A menu with more is searched instead of being drawn whole.
DRAWN_MAX = 100
#: What a search shows at once.
FOUND_MAX = 20
_KINDS = {"channel": "public", "private": "private", "im": "im"}
_CHANNELS = frozenset({"channels_select", "multi_channels_select"})
_CONVERSATIONS = frozenset({"conversations_select", "multi_conversations_select"})
_PEOPLE = frozenset({"users_select", "multi_users_select"})

Value = Person | str


def offered(workspace: Workspace, user_id: str, element: Json) -> list[tuple[str, str]]:
    """The ids and names in a menu of people or conversations, as this person sees it."""
    if element["type"] in _PEOPLE:
        everybody = workspace.people.values()
        return [(one.id, one.real_name) for one in everybody if not (one.deleted or one.is_bot)]
    return list(_conversations(workspace, user_id, element))


def found(
    workspace: Workspace, user_id: str, element: Json, typed: str
) -> tuple[list[tuple[str, str]], int]:
    """The first of a menu that go by what was typed, and how many more there are."""
    words = typed.casefold().lstrip("@#").split()
    every = [one for one in offered(workspace, user_id, element) if _goes_by(one[1], words)]
    return every[:FOUND_MAX], max(0, len(every) - FOUND_MAX)


def _goes_by(name: str, words: Sequence[str]) -> bool:
    """Whether each word begins a word of the name."""
    parts = name.casefold().replace("-", " ").lstrip("#").split()
    return all(any(part.startswith(word) for part in parts) for word in words)


def picked(
    workspace: Workspace, user_id: str, element: Json, value: Value | Sequence[Value] | None
) -> str | Sequence[str] | None:
    """The value with people and channels by their ids; they may be named as people name them.

    LookupError for a conversation that this menu does not offer.
    """
    if value is None or element["type"] not in _PEOPLE | _CHANNELS | _CONVERSATIONS:
        return value  # type: ignore[return-value]  # only menus of people take a Person
    if isinstance(value, str | Person):
        return _picked_one(workspace, user_id, element, value) if value else None
    return [_picked_one(workspace, user_id, element, one) for one in value]


def _picked_one(workspace: Workspace, user_id: str, element: Json, value: Value) -> str:
    if isinstance(value, Person):
        return value.id
    if element["type"] in _PEOPLE:
        return value if value in workspace.people else _person_called(workspace, value)
    known = offered(workspace, user_id, element)
    for some_id, name in known:
        if value in {some_id, name, name.removeprefix("#")}:
            return some_id
    raise LookupError(f"no conversation {value!r} here; there is {[name for _, name in known]}")


def _person_called(workspace: Workspace, name: str) -> str:
    """The person of that handle or name; an id nobody bears stays what it is."""
    wanted = name.removeprefix("@").casefold()
    for one in workspace.people.values():
        if wanted in {one.name.casefold(), one.real_name.casefold()}:
            return one.id
    return name


def _conversations(workspace: Workspace, user_id: str, element: Json) -> Iterator[tuple[str, str]]:
    chosen = element.get("filter") or {}
    kinds = set(chosen.get("include") or CONVERSATIONS)
    if element["type"] in _CHANNELS:
        kinds = {"public"}
    for one in workspace.channels.values():
        is_seen = one.kind == "channel" or user_id in one.members
        if one.is_archived or not is_seen or _KINDS[one.kind] not in kinds:
            continue
        if one.kind != "im":
            yield one.id, f"#{one.name}"
        elif one.partner_id is None:
            yield one.id, workspace.person(one.partner_of(user_id)).real_name
        elif not chosen.get("exclude_bot_users"):
            yield one.id, workspace.bot.real_name

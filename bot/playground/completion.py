"""What the message box offers while somebody types: commands, people, groups and channels."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from bot.playground import crowd
from bot.playground.people import Person
from bot.playground.workspace import Workspace

OPTIONS_MAX = 50
NAMES_MAX = 8
#: The app's command, as the manifest has it.
COMMAND = "/tokens"
COMMAND_HINT = "balance | transfer @colleague 250k | request 500k | estimate | help"
COMMAND_ABOUT = "See, give and ask for AI tokens"
#: A name that is being typed at the end; an e-mail address is none.
_NAME = re.compile(r"(?:^|\s)([@#])([^\s@#]*)$")
#: A command that is for others than whoever types it.
_TO_OTHERS = re.compile(rf"{COMMAND}\s+transfer\s", re.IGNORECASE)


class Usage(Protocol):
    """One thing to type after the command: `bot.bootstrap` hands them in."""

    @property
    def verb(self) -> str: ...

    @property
    def example(self) -> str: ...

    @property
    def about(self) -> str: ...


class Bot(Protocol):
    """Who knows its commands: `bot.bootstrap.Handle` is one."""

    def usages(self, workspace_id: str, user_id: str) -> Sequence[Usage]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One line of the list: what it says, and what stands in the box once it is chosen."""

    words: str
    about: str
    insert: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen in place of the text from `start` on."""

    start: int
    options: Sequence[Option]
    #: Whether what is typed means something as it stands, so that Enter may send it.
    is_whole: bool = True
    #: How the command that is typed already goes on.
    hints: Sequence[Option] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


NOTHING = Offer(0, ())


class Completion:
    """Completes for one workspace; without a `bot` it knows no subcommands."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.bot: Bot | None = None

    def offer(self, viewer: Person, text: str) -> Offer:
        """For the text before the cursor."""
        name = _NAME.search(text)
        if name is not None:
            sign, word = name.groups()
            return self._names(viewer, sign, word, text[: -len(word) - 1])
        if text.startswith("/") and " " not in text:
            return _commands(text)
        if text.startswith(f"{COMMAND} ") and "\n" not in text:
            return self._usages(viewer, text)
        return NOTHING

    def _names(self, viewer: Person, sign: str, word: str, before: str) -> Offer:
        start = len(before)
        with self._workspace.reading():
            but = viewer if _TO_OTHERS.match(before) else None
            found = self._people(word, but) if sign == "@" else self._channels(viewer, word)
            options = _some(found, NAMES_MAX)
        wanted = f"{sign}{word} ".casefold()
        is_known = any(one.insert.casefold() == wanted for one in options)
        if is_known and len(options) == 1:
            return NOTHING
        return Offer(start, options, is_whole=is_known or not word)

    def _people(self, word: str, but: Person | None) -> Iterator[Option]:
        for group in self._workspace.usergroups.values():
            if not group.is_disabled and crowd.is_called(word, group.handle, group.name):
                about = f"{group.name}, {len(group.users)} people"
                yield Option(words=f"@{group.handle}", about=about, insert=f"@{group.handle} ")
        for one in crowd.called(self._workspace, word):
            if one != but:
                yield Option(words=one.real_name, about=f"@{one.name}", insert=f"@{one.name} ")

    def _channels(self, viewer: Person, word: str) -> Iterator[Option]:
        for one in self._workspace.channels.values():
            is_seen = one.kind == "channel" or viewer.id in one.members
            if one.kind == "im" or one.is_archived or not is_seen:
                continue
            if crowd.is_called(word, one.name):
                about = "private" if one.kind == "private" else ""
                yield Option(words=f"#{one.name}", about=about, insert=f"#{one.name} ")

    def _usages(self, viewer: Person, text: str) -> Offer:
        known = self._known(viewer)
        typed = re.sub(r"\s+", " ", text[len(COMMAND) + 1 :].lstrip()).casefold()
        longer = [one for one in known if one.verb.startswith(typed) and one.verb != typed]
        same = [one for one in known if f"{typed} ".startswith(f"{one.verb} ")]
        deepest = max((len(one.verb) for one in same), default=0)
        goes_on = [one for one in same if len(one.verb) == deepest]
        start = len(COMMAND) + 1
        if any(f"{one.verb} ".startswith(f"{typed} ") for one in known if typed):
            # A word that stands by itself: Enter sends it, and the list says how it may go on.
            return Offer(start, (), hints=_options([*goes_on, *longer]))
        is_whole = not typed.strip() or typed.endswith(" ") or not longer
        return Offer(start, _options(longer), is_whole, _options(goes_on))

    def _known(self, viewer: Person) -> Sequence[Usage]:
        return self.bot.usages(self._workspace.identity.team_id, viewer.id) if self.bot else ()


def _commands(text: str) -> Offer:
    if not COMMAND.startswith(text.casefold()):
        return NOTHING
    one = Option(words=COMMAND, hint=COMMAND_HINT, about=COMMAND_ABOUT, insert=f"{COMMAND} ")
    return Offer(0, (), hints=[one]) if text == COMMAND else Offer(0, [one], is_whole=False)


def _options(usages: Sequence[Usage]) -> list[Option]:
    return [_option(one) for one in usages[:OPTIONS_MAX]]


def _option(usage: Usage) -> Option:
    about = usage.about.replace("`", "")
    tail = " " if usage.example else ""
    return Option(words=usage.verb, hint=usage.example, about=about, insert=f"{usage.verb}{tail}")


def _some(found: Iterator[Option], most: int) -> list[Option]:
    return [one for one, _ in zip(found, range(most), strict=False)]

"""`/tokens digest …`"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from bot.domain.refusals import DigestTimeUnclear
from bot.services import digests
from bot.services.team_choice import Asked
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Command, as_typed
from bot.slack.render import messages
from bot.slack.render.days import WEEKDAYS
from bot.storage.database import Database

_HOURS = range(24)


def digest(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens digest` alone shows what is set; the next word says what to do."""
    words = [as_typed(word) for word in said.words]
    if not words:
        found = digests.setup(database, said.workspace_id, said.user_id)
        return Show(
            messages.digest_setup(
                found.viewer,
                found.teams,
                more=found.more,
                wants_own=found.wants_own,
                is_unlisted=found.is_unlisted,
            )
        )
    first, rest = words[0].lower(), words[1:]
    handle = _HANDLERS.get(first, _at)
    return handle(database, said, words if handle is _at else rest, now)


def _here(database: Database, said: Command, words: list[str], now: datetime) -> Answer:
    """`/tokens digest here [team]`"""
    # The channel it is typed in is where it is to go, and says nothing of the team.
    asked = Asked(actor=said.user_id, typed=" ".join(words))
    team = digests.place(
        database, said.workspace_id, asked, channel=said.channel_id, key=said.key, now=now
    )
    return Show(messages.digest_changed(team))


def _off(database: Database, said: Command, words: list[str], now: datetime) -> Answer:
    """`/tokens digest off [team]`"""
    team = digests.turn_off(database, said.workspace_id, _asked(said, words), now=now)
    return Show(messages.digest_changed(team))


def _now(database: Database, said: Command, words: list[str], now: datetime) -> Answer:
    """`/tokens digest now [team]`"""
    asked = _asked(said, words)
    team = digests.send(database, said.workspace_id, asked, key=said.key, now=now)
    return Show(messages.digest_sent(team))


def _preview(database: Database, said: Command, words: list[str], now: datetime) -> Answer:
    """`/tokens digest preview [team]`"""
    asked = _asked(said, words)
    team = digests.preview(database, said.workspace_id, asked, key=said.key, now=now)
    return Show(messages.digest_preview_comes(team))


def _leaderboard(database: Database, said: Command, words: list[str], now: datetime) -> Answer:
    """`/tokens digest leaderboard on [team]`"""
    shown, rest = _switch(words, "leaderboard")
    asked = _asked(said, rest)
    team = digests.show_leaders(database, said.workspace_id, asked, shown=shown, now=now)
    return Show(messages.digest_changed(team))


def _me(database: Database, said: Command, words: list[str], _now: datetime) -> Answer:
    """`/tokens digest me on`"""
    wanted, _ = _switch(words, "me")
    digests.want_own(database, said.workspace_id, user_id=said.user_id, wanted=wanted)
    return Show(messages.own_digest_chosen(wanted=wanted))


def _hide(database: Database, said: Command, _words: list[str], _now: datetime) -> Answer:
    """`/tokens digest hide me`"""
    digests.stay_out(database, said.workspace_id, user_id=said.user_id, hidden=True)
    return Show(messages.hiding_chosen(hidden=True))


def _show(database: Database, said: Command, _words: list[str], _now: datetime) -> Answer:
    """`/tokens digest show me`"""
    digests.stay_out(database, said.workspace_id, user_id=said.user_id, hidden=False)
    return Show(messages.hiding_chosen(hidden=False))


def _at(database: Database, said: Command, words: list[str], now: datetime) -> Answer:
    """`/tokens digest monday 9 [team]`. Raises `DigestTimeUnclear` for whatever else was typed."""
    weekday = _weekday(words[0])
    hour = words[1].removesuffix(":00") if len(words) > 1 else ""
    is_hour = hour.isascii() and hour.isdigit() and len(hour) <= 2 and int(hour) in _HOURS  # noqa: PLR2004
    if weekday is None or not is_hour:
        raise DigestTimeUnclear(" ".join(words))
    asked = _asked(said, words[2:])
    team = digests.put_off_to(
        database, said.workspace_id, asked, weekday=weekday, hour=int(hour), now=now
    )
    return Show(messages.digest_changed(team))


def _asked(said: Command, words: list[str]) -> Asked:
    return Asked(actor=said.user_id, typed=" ".join(words), channel=said.channel_id)


def _weekday(word: str) -> int | None:
    """By its name or the first three letters or more of it."""
    typed = word.lower().rstrip("s,") if word.lower() != "tues" else "tue"
    fitting = [n for n, name in enumerate(WEEKDAYS) if name.lower().startswith(typed)]
    return fitting[0] if len(typed) >= 3 and len(fitting) == 1 else None  # noqa: PLR2004


def _switch(words: list[str], what: str) -> tuple[bool, list[str]]:
    """`on` or `off`, and the words after it."""
    states = {"on": True, "off": False}
    first = words[0].lower() if words else "on"
    if first not in states:
        raise DigestTimeUnclear(f"{what} {' '.join(words)}")
    return states[first], words[1:]


_Handler = Callable[[Database, Command, list[str], datetime], Answer]
_HANDLERS: Mapping[str, _Handler] = MappingProxyType(
    {
        "here": _here,
        "off": _off,
        "now": _now,
        "preview": _preview,
        "leaderboard": _leaderboard,
        "me": _me,
        "hide": _hide,
        "show": _show,
    }
)

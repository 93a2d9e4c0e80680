"""`/tokens alerts`: when to be told that tokens run low"""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import alerts as rules
from bot.domain.refusals import AlertFault, AlertsRefused, NoTeamToAlert
from bot.services import preferences
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Command, as_typed
from bot.slack.render import messages, views
from bot.storage.database import Database

_EXAMPLE = "/tokens alerts 30 10 0"


def alerts(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens alerts 30 10 0`, `alerts off`, `alerts quiet 20-8`; alone it opens a form."""
    words = [as_typed(word) for word in said.words]
    if not words:
        choice = preferences.of(database, said.workspace_id, said.user_id)
        return Open(views.alerts_form(choice), _EXAMPLE)
    if words[0].lower() == "team":
        return _of_team(database, said, words[1:], now)
    choice = preferences.choose(
        database, said.workspace_id, user_id=said.user_id, now=now, changes=_changes(words)
    )
    return Show(messages.alert_choice(choice))


def _of_team(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`alerts team Search 25 10 0`: the name is what stands before the first number."""
    ends = [at for at, word in enumerate(words) if _is_setting(word)]
    name = " ".join(words[: ends[0]] if ends else words)
    if not name:
        raise NoTeamToAlert("")
    if not ends:
        raise AlertsRefused("", AlertFault.NO_NUMBER)
    team = preferences.choose_for_team(
        database,
        said.workspace_id,
        actor=said.user_id,
        name=name,
        thresholds=_thresholds(words[ends[0] :]),
        now=now,
    )
    return Show(messages.team_alerts(team))


def _changes(words: Sequence[str]) -> dict[str, object]:
    """What is to change of one's preferences. Raises `AlertsRefused`."""
    match words[0].lower():
        case "quiet":
            return _quiet(words[1:])
        case "weekends":
            return {"has_quiet_weekends": not _is_on(words[1:])}
        case _:
            return {"thresholds": _thresholds(words)}


def _quiet(words: Sequence[str]) -> dict[str, object]:
    typed = " ".join(words)
    if typed.lower() == "off":
        return {"quiet_from": 0, "quiet_to": 0, "has_quiet_weekends": False}
    quiet_from, quiet_to = rules.read_hours(typed)
    return {"quiet_from": quiet_from, "quiet_to": quiet_to}


def _thresholds(words: Sequence[str]) -> str | None:
    match " ".join(words).lower():
        case "off":
            return ""
        case "default":
            return None
        case _:
            return rules.read(words)


def _is_on(words: Sequence[str]) -> bool:
    typed = " ".join(words)
    if typed.lower() not in {"on", "off"}:
        raise AlertsRefused(typed, AlertFault.NOT_YES_OR_NO)
    return typed.lower() == "on"


def _is_setting(word: str) -> bool:
    """Where a team's name ends."""
    return word.lower() in {"off", "default"} or word.lstrip("-−").rstrip("%,").isdigit()

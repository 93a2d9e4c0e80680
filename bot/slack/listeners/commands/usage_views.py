"""`/tokens usage …`"""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import usage_views as rules
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.refusals import NotAllowed, NotAPerson, PeriodUnclear, WhichTeam
from bot.domain.usage_views import Stretch
from bot.services import calls
from bot.services import usage_views as service
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Command, as_typed, mention
from bot.slack.render import messages
from bot.slack.usage_words import Reading, readings
from bot.storage.database import Database


def usage(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens usage`, `usage @ana 30d`, `usage search month`, `usage most`, `usage call ID`"""
    words = said.words
    if len(words) > 1 and as_typed(words[0]).lower() == "call":
        return _call(database, said, words[1:], now)
    reading = _reading(database, said)
    subject, chosen = _subject(database, said, reading), reading.chosen or Stretch.WEEK
    # Of a team's calls nobody sees single ones: its models and members, the largest first.
    if reading.is_most and subject.kind is SubjectKind.MEMBER:
        return _most(database, said, subject, chosen, now)
    found = service.view(
        database,
        said.workspace_id,
        viewer=said.user_id,
        subject=subject,
        chosen=chosen,
        now=now,
    )
    return Show(messages.usage_view(found))


def _most(
    database: Database, said: Command, subject: Subject, chosen: Stretch, now: datetime
) -> Answer:
    found = calls.most(
        database,
        said.workspace_id,
        viewer=said.user_id,
        subject=subject,
        chosen=chosen,
        now=now,
    )
    return Show(messages.most_used(found))


def _reading(database: Database, said: Command) -> Reading:
    """What is meant: a team that is called so comes before a period that is."""
    ways = readings(said.words)
    names = [one.typed for one in ways if not one.is_plain]
    if len(ways) == 1 or not names:
        return ways[-1]
    teams = service.called(database, said.workspace_id, viewer=said.user_id, names=names)
    fitting = (one for one in ways if one.is_plain or one.typed in teams)
    return next(fitting, ways[-1])


def _subject(database: Database, said: Command, reading: Reading) -> Subject:
    """Oneself, a person mentioned, or a team by its name. Raises `PeriodUnclear` among others."""
    words = reading.name
    if not words:
        return Subject(SubjectKind.MEMBER, said.user_id)
    person = mention(words[0])
    if person is not None and len(words) > 1:
        rest = " ".join(map(as_typed, words[1:]))
        raise PeriodUnclear(rest, rules.nearest(as_typed(words[-1])))
    if person is not None:
        return Subject(SubjectKind.MEMBER, person)
    if reading.typed.startswith("@"):
        raise NotAPerson(reading.typed)
    try:
        return service.team(database, said.workspace_id, viewer=said.user_id, typed=reading.typed)
    except (NotAllowed, WhichTeam):
        _refuse_period(said.words, words)
        raise


def _refuse_period(every: Sequence[str], left: Sequence[str]) -> None:
    """Raises `PeriodUnclear` where what is no team's name was probably a period."""
    is_last = as_typed(left[-1]).lower() == "last"
    typed = " ".join(map(as_typed, every[-2:] if is_last else left[-1:]))
    nearest = rules.nearest(typed)
    if nearest is not None:
        raise PeriodUnclear(typed, nearest) from None


def _call(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`usage call ID`, and `usage call ID @ana` where the end of the id is of somebody else's."""
    person = mention(words[-1]) if len(words) > 1 else None
    named = words[:-1] if person else words
    found = calls.call(
        database,
        said.workspace_id,
        viewer=said.user_id,
        subject=person or said.user_id,
        typed=" ".join(map(as_typed, named)).removeprefix("…"),
        now=now,
    )
    return Show(messages.call(found))

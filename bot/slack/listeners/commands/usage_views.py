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
from bot.storage.database import Database


def usage(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens usage`, `usage @ana 30d`, `usage search month`, `usage call ID`"""
    words = said.words
    if len(words) > 1 and as_typed(words[0]).lower() == "call":
        return _call(database, said, words[1:], now)
    chosen = rules.stretch(as_typed(words[-1])) if words else None
    subject = _subject(database, said, words[:-1] if chosen else words)
    found = service.view(
        database,
        said.workspace_id,
        viewer=said.user_id,
        subject=subject,
        chosen=chosen or Stretch.WEEK,
        now=now,
    )
    return Show(messages.usage_view(found))


def _subject(database: Database, said: Command, words: Sequence[str]) -> Subject:
    """Oneself, a person mentioned, or a team by its name. Raises `PeriodUnclear` among others."""
    if not words:
        return Subject(SubjectKind.MEMBER, said.user_id)
    typed = " ".join(map(as_typed, words))
    nearest = rules.nearest(as_typed(words[-1]))
    person = mention(words[0])
    if person is not None and len(words) > 1:
        rest = " ".join(map(as_typed, words[1:]))
        raise PeriodUnclear(rest, nearest)
    if person is not None:
        return Subject(SubjectKind.MEMBER, person)
    if typed.startswith("@"):
        raise NotAPerson(typed)
    try:
        return service.team(database, said.workspace_id, viewer=said.user_id, typed=typed)
    except (NotAllowed, WhichTeam):
        if nearest is None:
            raise
        raise PeriodUnclear(as_typed(words[-1]), nearest) from None


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

"""`/tokens why [@user] [model or project]` and `/tokens lift @user [hours]`"""

from datetime import datetime

from bot.domain import lifts as typed
from bot.domain.directory import Standing
from bot.domain.refusals import NotAPerson
from bot.services import directory, lifts, limit_views
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Command, as_typed, mention
from bot.slack.render import messages
from bot.storage.database import Database


def why(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens why`, `/tokens why @ana`, `/tokens why gpt-4o`"""
    named = mention(said.words[0]) if said.words else None
    if named is None and said.words and as_typed(said.words[0]).startswith("@"):
        raise NotAPerson(as_typed(said.words[0]))
    about = said.words[1:] if named else said.words
    found = limit_views.view(
        database,
        said.workspace_id,
        viewer=said.user_id,
        subject=named or said.user_id,
        about=" ".join(as_typed(word) for word in about),
        now=now,
    )
    unseen = {m.user_id for m in (found.viewer, found.subject) if m.standing is Standing.UNSEEN}
    if unseen:
        directory.want(database, said.workspace_id, unseen)
    return Show(messages.limit_view(found))


def lift(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens lift @ana 8`; without a number for four hours; `lift @ana off` ends it"""
    subject = mention(said.words[0]) if said.words else None
    if subject is None:
        raise NotAPerson(as_typed(said.words[0]) if said.words else "")
    done = lifts.lift(
        database,
        said.workspace_id,
        actor=said.user_id,
        subject=subject,
        span=typed.read([as_typed(word) for word in said.words[1:]]),
        key=said.key,
        now=now,
    )
    return Show(messages.block_lifted(done, subject))

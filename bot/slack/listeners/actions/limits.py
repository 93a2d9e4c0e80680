"""*My limits*, *Lift for 4 hours* and *End the lift*."""

from datetime import datetime, timedelta

from bot.domain.directory import UserId
from bot.domain.ledger import IdempotencyKey
from bot.domain.policies import LIFT
from bot.services import lifts, limit_views
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Click
from bot.slack.render import messages
from bot.storage.database import Database


def see(database: Database, said: Click, now: datetime) -> Answer:
    """*My limits*"""
    found = limit_views.view(
        database, said.workspace_id, viewer=said.user_id, subject=said.user_id, now=now
    )
    return Show(messages.limit_view(found), title="My limits")


def lift(database: Database, said: Click, now: datetime) -> Answer:
    """The value is `user:latest lift`; of two who press at once the second changes nothing."""
    return _lifted(database, said, LIFT, now)


def end(database: Database, said: Click, now: datetime) -> Answer:
    """The same: a lift that came after the one shown goes on."""
    return _lifted(database, said, timedelta(0), now)


def _lifted(database: Database, said: Click, span: timedelta, now: datetime) -> Answer:
    subject, _, latest = said.value.partition(":")
    done = lifts.lift(
        database,
        said.workspace_id,
        actor=said.user_id,
        subject=UserId(subject),
        span=span,
        key=IdempotencyKey(f"after:{latest}"),
        follows=latest,
        now=now,
    )
    # A request has its buttons still, and other facts beside it.
    is_alone = said.message is None
    return Show(messages.block_lifted(done, UserId(subject)), replaces_original=is_alone)

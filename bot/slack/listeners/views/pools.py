"""Forms about a team's pool, sent: what is put into it, and its budget."""

from datetime import date, datetime

from bot.domain import amounts
from bot.domain.budgets import Budget
from bot.domain.directory import TeamId
from bot.domain.periods import ANCHOR, Period
from bot.services import pools
from bot.services.team_choice import Asked
from bot.slack import payloads
from bot.slack.answers import Answer, Errors, Show
from bot.slack.ids import NO, Field
from bot.slack.payloads import Submission
from bot.slack.render import messages
from bot.storage.database import Database


def fill(database: Database, said: Submission, now: datetime) -> Answer:
    """How many, and what for."""
    team, receipt = pools.fill(
        database,
        said.workspace_id,
        asked=_asked(said),
        tokens=amounts.parse(said.text(Field.AMOUNT)),
        note=said.text(Field.REASON),
        key=said.key,
        now=now,
    )
    return Show(messages.pool_filled(team, receipt))


def budget(database: Database, said: Submission, now: datetime) -> Answer:
    """How much in which period; *No budget* is a choice too, whatever stands above it."""
    chosen = None
    if said.choice(Field.PERIOD) != NO:
        if not said.text(Field.AMOUNT).strip():
            return Errors({Field.AMOUNT: "How much? For no limit at all, choose No budget below."})
        day = said.day(Field.FIRST_DAY)
        chosen = Budget(
            tokens=amounts.parse(said.text(Field.AMOUNT)),
            period=Period(said.choice(Field.PERIOD)),
            anchor_on=date.fromisoformat(day) if day else ANCHOR,
        )
    team, state = pools.set_budget(
        database, said.workspace_id, _asked(said), budget=chosen, now=now
    )
    return Show(messages.budget_set(team, state))


def _asked(said: Submission) -> Asked:
    carried = payloads.metadata(said.metadata)
    return Asked(actor=said.user_id, team_id=TeamId(carried["team_id"]))

"""`/tokens team fill …`, `/tokens team budget …`"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from bot.domain import amounts
from bot.domain.budgets import Budget
from bot.domain.refusals import WhichTeam
from bot.domain.teams import TeamView
from bot.services import pools, team_views
from bot.services.team_choice import Asked
from bot.slack import team_words, wishes
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Command, as_typed
from bot.slack.render import messages, views
from bot.slack.render.views import PoolDraft
from bot.storage.database import Database

T = TypeVar("T")


def fill(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team fill ml-platform 5M for the quarter`; without an amount a form opens."""
    name, rest = team_words.before_amount(words)
    if not _is_amount(rest):
        readings = team_words.with_reason(name, rest)
        shown, reason = _pool(database, said, readings, now)
        form = views.pool_fill_form(shown, PoolDraft(reason=reason))
        return Open(form, "/tokens team fill ml-platform 5M for the quarter")
    tokens, reason_words = amounts.read([as_typed(word) for word in rest])
    team, receipt = pools.fill(
        database,
        said.workspace_id,
        asked=_asked(said, name),
        tokens=tokens,
        note=" ".join(reason_words),
        key=said.key,
        now=now,
    )
    return Show(messages.pool_filled(team, receipt))


def budget(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`/tokens team budget ml-platform 10M monthly`; `off` takes it away; else a form opens."""
    name, rest = team_words.before_amount(words)
    if _is_amount(rest):
        tokens, after = amounts.read([as_typed(word) for word in rest])
        wanted = Budget(tokens=tokens, period=team_words.period(after))
        return _set(database, said, name, wanted, now)
    before_last, last = team_words.last(words)
    if last.lower() in {"off", "none"}:
        return _set(database, said, before_last, None, now)
    shown, period = _pool(database, said, team_words.with_period(name, rest), now)
    form = views.pool_budget_form(shown, PoolDraft(period=period))
    return Open(form, "/tokens team budget ml-platform 10M monthly")


def _set(
    database: Database, said: Command, name: str, wanted: Budget | None, now: datetime
) -> Answer:
    asked = _asked(said, name)
    team, state = pools.set_budget(database, said.workspace_id, asked, budget=wanted, now=now)
    return Show(messages.budget_set(team, state))


def _pool(
    database: Database, said: Command, readings: Sequence[tuple[str, T]], now: datetime
) -> tuple[TeamView, T]:
    """The pool of the first reading that names a team, and what else that reading says."""
    *earlier, (last, with_last) = readings
    for name, rest in earlier:
        with suppress(WhichTeam):
            return _to_change(database, said, name, now), rest
    return _to_change(database, said, last, now), with_last


def _to_change(database: Database, said: Command, name: str, now: datetime) -> TeamView:
    return team_views.pool_to_change(database, said.workspace_id, _asked(said, name), now)


def _is_amount(words: Sequence[str]) -> bool:
    return bool(words) and wishes.looks_like_amount(words[0])


def _asked(said: Command, name: str) -> Asked:
    return Asked(actor=said.user_id, typed=name, channel=said.channel_id)

"""Buttons of a warning: see usage, be quiet, give some to a colleague."""

from datetime import datetime

from bot.domain import amounts
from bot.domain.ledger import AccountId, member_account
from bot.services import balances, expiries, funds, tidings
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Click
from bot.slack.render import messages, views
from bot.slack.render.views import TransferDraft
from bot.storage.database import Database


def see_usage(database: Database, said: Click, now: datetime) -> Answer:
    """*See usage*: one's own, or that of a pool one looks after."""
    account = AccountId(said.value) if said.value else member_account(said.user_id)
    found = funds.usage(database, said.workspace_id, viewer=said.user_id, account=account, now=now)
    return Show(messages.usage(found))


def mute(database: Database, said: Click, now: datetime) -> Answer:
    """*Quiet until …*; twice is as good as once."""
    period_on, _, account = said.value.partition(":")
    silenced = tidings.mute(
        database,
        said.workspace_id,
        user_id=said.user_id,
        account=AccountId(account),
        period_on=period_on,
        now=now,
    )
    return Show(messages.muted(silenced))


def give_expiring(database: Database, said: Click, now: datetime) -> Answer:
    """*Give some to a colleague…*: a transfer of what expires on that day, to be changed."""
    own = balances.balance(
        database, said.workspace_id, viewer=said.user_id, subject=said.user_id, now=now
    )
    found = expiries.soon(database, said.workspace_id, said.user_id, day=said.value, now=now)
    tokens = min(found.tokens, own.available) if found else 0
    draft = TransferDraft(amount=amounts.exact(tokens) if tokens > 0 else "")
    form = views.transfer_form(draft, own=own, expires_at=found.expires_at if found else None)
    return Open(form, "/tokens transfer @ana 250k for the demo")

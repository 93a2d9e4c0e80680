"""Buttons that open a form: on the Home tab, under a balance."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.domain.directory import UserId
from bot.domain.refusals import AmountRefused, NotAPerson
from bot.services import balances, grants, members
from bot.slack import wishes
from bot.slack.answers import Answer, Open
from bot.slack.payloads import Click, words_of
from bot.slack.render import views
from bot.slack.render.views import GrantDraft, RequestDraft, TransferDraft
from bot.slack.wishes import Wish
from bot.storage.database import Database


def open_transfer(database: Database, said: Click, now: datetime) -> Answer:
    """*Transfer…*, with what was typed already."""
    own = balances.balance(
        database, said.workspace_id, viewer=said.user_id, subject=said.user_id, now=now
    )
    wish = _typed(wishes.with_people, said)
    recipient = wish.people[0] if len(wish.people) == 1 else None
    draft = TransferDraft(recipient, wish.typed_amount, wish.reason)
    form = views.transfer_form(draft, own=own)
    return Open(form, "/tokens transfer @ana 250k for the demo")


def open_request(_database: Database, said: Click, _now: datetime) -> Answer:
    """*Request more…*, with what was typed already."""
    wish = _typed(wishes.without_people, said)
    form = views.request_form(RequestDraft(wish.typed_amount, wish.reason))
    return Open(form, "/tokens request 500k for the evaluation run")


def open_grant(database: Database, said: Click, now: datetime) -> Answer:
    """*Grant…*, which only approvers are shown."""
    members.require_grants(database, said.workspace_id, said.user_id, now)
    pools = grants.pools(database, said.workspace_id, said.user_id, now)
    people = (UserId(said.value),) if said.value else ()
    return Open(
        views.grant_form(GrantDraft(people), pools=pools),
        "/tokens grant @ana 1M for the search prototype",
    )


def _typed(read: Callable[[Sequence[str]], Wish], said: Click) -> Wish:
    """Words that can't be read leave the form empty: it asks for them anyway."""
    try:
        return read(words_of(said.value))
    except (AmountRefused, NotAPerson):
        return read(())

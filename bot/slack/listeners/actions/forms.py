"""Buttons that open a form: on the Home tab, under a balance."""

from datetime import datetime

from bot.domain.directory import UserId
from bot.services import balances, grants, members
from bot.slack.answers import Answer, Open
from bot.slack.payloads import Click
from bot.slack.render import views
from bot.slack.render.views import GrantDraft, RequestDraft, TransferDraft
from bot.storage.database import Database


def open_transfer(database: Database, said: Click, now: datetime) -> Answer:
    """*Give to a colleague…*"""
    own = balances.balance(
        database, said.workspace_id, viewer=said.user_id, subject=said.user_id, now=now
    )
    form = views.transfer_form(TransferDraft(), own=own)
    return Open(form, "/tokens transfer @ana 250k for the demo")


def open_request(_database: Database, _said: Click, _now: datetime) -> Answer:
    """*Request more…*"""
    return Open(views.request_form(RequestDraft()), "/tokens request 500k for the evaluation run")


def open_grant(database: Database, said: Click, now: datetime) -> Answer:
    """*Grant…*, which only approvers are shown."""
    members.require_grants(database, said.workspace_id, said.user_id, now)
    pools = grants.pools(database, said.workspace_id, said.user_id, now)
    people = (UserId(said.value),) if said.value else ()
    return Open(
        views.grant_form(GrantDraft(people), pools=pools),
        "/tokens grant @ana 1M for the search prototype",
    )

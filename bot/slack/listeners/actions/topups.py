"""Buttons of a request: approve, approve another amount, deny; withdraw."""

import json
from datetime import datetime

from bot.domain.refusals import DecisionRefused, OwnRequest, PoolShort, TopUpClosed
from bot.domain.topups import TopUp, TopUpId
from bot.services import decisions, topups, undoing
from bot.services.topups import ClickedCopy
from bot.slack import lists
from bot.slack.answers import Answer, Nothing, Open, Show
from bot.slack.payloads import Click
from bot.slack.render import messages, views
from bot.storage.database import Database

_INSTEAD = "the button again in a moment"


def approve(database: Database, said: Click, now: datetime) -> Answer:
    """*Approve* on a copy of a request; every copy then shows the decision."""
    topup_id, clicked = TopUpId(said.value), _clicked(said)
    try:
        decisions.approve(
            database,
            said.workspace_id,
            actor=said.user_id,
            topup_id=topup_id,
            tokens=None,
            note="",
            clicked=clicked,
            now=now,
        )
    except PoolShort as short:
        return Show(messages.pool_short(short, topup_id))
    except (OwnRequest, TopUpClosed) as refusal:
        _mend(database, said, topup_id, refusal, now)
        raise
    return Nothing()


def approve_fits(database: Database, said: Click, now: datetime) -> Answer:
    """*Approve 300k*, which is what the pool had; if that is less by now, it is asked again."""
    carried = json.loads(said.value)
    topup_id = TopUpId(carried["topup_id"])
    try:
        decisions.approve(
            database,
            said.workspace_id,
            actor=said.user_id,
            topup_id=topup_id,
            tokens=int(carried["tokens"]),
            note="",
            clicked=None,
            now=now,
        )
    except PoolShort as short:
        return Show(messages.pool_short(short, topup_id), replaces_original=True)
    return Show(messages.fits_approved(int(carried["tokens"])), replaces_original=True)


def pass_to_admins(database: Database, said: Click, now: datetime) -> Answer:
    """*Pass to the admins*"""
    admins = decisions.pass_to_admins(
        database, said.workspace_id, actor=said.user_id, topup_id=TopUpId(said.value), now=now
    )
    return Show(messages.passed_to_admins(admins), replaces_original=True)


def approve_other(database: Database, said: Click, now: datetime) -> Answer:
    """*Approve another amount…* opens a form."""
    topup = _for_decision(database, said, now)
    return Open(views.approve_other_form(topup, metadata=_metadata(said)), _INSTEAD)


def deny(database: Database, said: Click, now: datetime) -> Answer:
    """*Deny…* opens a form for the reason."""
    topup = _for_decision(database, said, now)
    return Open(views.deny_form(topup, metadata=_metadata(said)), _INSTEAD)


def withdraw(database: Database, said: Click, now: datetime) -> Answer:
    """*Withdraw* on one's own request."""
    topup = topups.withdraw(
        database,
        said.workspace_id,
        requester=said.user_id,
        topup_id=TopUpId(said.value),
        now=now,
    )
    return Show(messages.withdrawn(topup), replaces_original=True)


def undo(database: Database, said: Click, now: datetime) -> Answer:
    """*Undo* on one's own decision, within a minute; a copy whose *Undo* is of no use loses it."""
    reopened, _, topup_id = said.value.partition(":")
    clicked = _clicked(said)
    try:
        undoing.undo(
            database,
            said.workspace_id,
            actor=said.user_id,
            topup_id=TopUpId(topup_id),
            reopened=lists.page(reopened),
            clicked=clicked,
            now=now,
        )
    except DecisionRefused:
        if clicked is not None:
            topups.mend_copy(database, said.workspace_id, TopUpId(topup_id), clicked, now)
        raise
    return Nothing()


def _for_decision(database: Database, said: Click, now: datetime) -> TopUp:
    topup_id = TopUpId(said.value)
    try:
        return decisions.for_decision(
            database, said.workspace_id, actor=said.user_id, topup_id=topup_id, now=now
        )
    except (OwnRequest, TopUpClosed) as refusal:
        _mend(database, said, topup_id, refusal, now)
        raise


def _mend(
    database: Database,
    said: Click,
    topup_id: TopUpId,
    refusal: OwnRequest | TopUpClosed,
    now: datetime,
) -> None:
    """A copy with buttons of no use: others get the request, or the buttons of a closed one go."""
    clicked = _clicked(said)
    if isinstance(refusal, OwnRequest):
        topups.pass_on(database, said.workspace_id, topup_id, now)
    elif clicked is not None:
        topups.mend_copy(database, said.workspace_id, topup_id, clicked, now)


def _clicked(said: Click) -> ClickedCopy | None:
    if said.message is None:
        return None
    return ClickedCopy(user_id=said.user_id, message=said.message)


def _metadata(said: Click) -> str:
    """What the form carries to its submission: the request and the message it came from."""
    place = {"channel": said.message.channel, "ts": said.message.ts} if said.message else {}
    return json.dumps({"topup_id": said.value, **place})

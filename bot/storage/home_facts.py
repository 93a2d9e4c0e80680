"""What Homes show, as texts that differ where something of it does: compared, and never read."""

from functools import reduce
from typing import Any

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.storage.tables import (
    AccountRow,
    AuditRow,
    EntryRow,
    MemberRow,
    RoleRow,
    TopUpCopyRow,
    TopUpRow,
    table,
)

_account = table(AccountRow)
_audit = table(AuditRow)
_copy = table(TopUpCopyRow)
_entry = table(EntryRow)
_member = table(MemberRow)
_role = table(RoleRow)
_topup = table(TopUpRow)

#: Changes that may show on anybody's Home: what comes next, and what can be taken in advance.
_FOR_ALL = ("allowance", "policy", "setting")
_OPEN: sa.ColumnElement[bool] = _topup.c.state == sa.literal_column("'open'")


class Facts:
    """What a Home shows of its own person, for `people` with a workspace and a user id."""

    def __init__(self, people: Any, workspace_id: WorkspaceId) -> None:
        of_person = (_member.c.workspace_id == people.c.workspace_id) & (
            _member.c.user_id == people.c.user_id
        )
        asked, held, given = _asked(workspace_id), _held(workspace_id), _given(workspace_id)
        self.joined = (
            people.outerjoin(
                _account,
                (_account.c.workspace_id == people.c.workspace_id)
                & (_account.c.account_id == sa.literal("member:") + people.c.user_id),
            )
            .outerjoin(_member, of_person)
            .outerjoin(asked, asked.c.requester == people.c.user_id)
            .outerjoin(held, held.c.user_id == people.c.user_id)
            .outerjoin(given, given.c.user_id == people.c.user_id)
        )
        self.seen = _text(
            _account.c.balance,
            _account.c.held,
            _account.c.expiring,
            _account.c.next_due_at,
            _member.c.standing,
            _member.c.team_id,
            _member.c.is_slack_admin,
            asked.c.count,
            asked.c.newest,
            asked.c.copies,
            held.c.count,
            held.c.newest,
            given.c.count,
            given.c.newest,
        )


def _open(workspace_id: WorkspaceId, name: str) -> sa.Subquery:
    """The open requests, by their own small index: OFFSET keeps this a look of its own."""
    return (
        sa.select(_topup.c.topup_id, _topup.c.requester)
        .where(_topup.c.workspace_id == workspace_id, _OPEN)
        .offset(0)
        .subquery(name)
    )


def _asked(workspace_id: WorkspaceId) -> sa.Subquery:
    """How many requests each person has open, the newest, and how many approvers have them."""
    waiting = _open(workspace_id, "asked_open")
    return (
        sa.select(
            waiting.c.requester,
            sa.func.count(sa.distinct(waiting.c.topup_id)).label("count"),
            sa.func.max(waiting.c.topup_id).label("newest"),
            sa.func.count(_copy.c.user_id).label("copies"),
        )
        .select_from(
            waiting.outerjoin(
                _copy,
                (_copy.c.workspace_id == workspace_id) & (_copy.c.topup_id == waiting.c.topup_id),
            )
        )
        .group_by(waiting.c.requester)
        .subquery("asked")
    )


def _held(workspace_id: WorkspaceId) -> sa.Subquery:
    """How many open requests wait for each approver, and the newest of them."""
    waiting = _open(workspace_id, "held_open")
    return (
        sa.select(
            _copy.c.user_id,
            sa.func.count().label("count"),
            sa.func.max(_copy.c.topup_id).label("newest"),
        )
        .select_from(
            waiting.join(
                _copy,
                (_copy.c.workspace_id == workspace_id) & (_copy.c.topup_id == waiting.c.topup_id),
            )
        )
        .group_by(_copy.c.user_id)
        .subquery("held")
    )


def _given(workspace_id: WorkspaceId) -> sa.Subquery:
    """How many roles each person was given, and when the last."""
    return (
        sa.select(
            _role.c.user_id,
            sa.func.count().label("count"),
            sa.func.max(_role.c.given_at).label("newest"),
        )
        .where(_role.c.workspace_id == workspace_id)
        .group_by(_role.c.user_id)
        .subquery("given")
    )


def tide(workspace_id: Any) -> sa.ColumnElement[str]:
    """The newest change that may show on anybody's Home."""
    return _text(
        *(
            sa.select(sa.func.max(_audit.c.audit_id))
            .where(_audit.c.workspace_id == workspace_id, _audit.c.what == what)
            .scalar_subquery()
            for what in _FOR_ALL
        )
    )


def wide_tide(workspace_id: Any) -> sa.ColumnElement[str]:
    """Whether anything moved, is held, is open or was changed since: one pass over the accounts."""
    return _text(
        sa.select(sa.func.max(_audit.c.audit_id))
        .where(_audit.c.workspace_id == workspace_id)
        .scalar_subquery(),
        sa.select(sa.func.max(_entry.c.entry_id))
        .where(_entry.c.workspace_id == workspace_id)
        .scalar_subquery(),
        sa.select(
            _text(sa.func.count(), sa.func.sum(_account.c.balance), sa.func.sum(_account.c.held))
        )
        .where(_account.c.workspace_id == workspace_id)
        .scalar_subquery(),
        sa.select(_text(sa.func.count(), sa.func.max(_topup.c.topup_id)))
        .where(_topup.c.workspace_id == workspace_id, _OPEN)
        .scalar_subquery(),
    )


def _text(*parts: Any) -> sa.ColumnElement[str]:
    texts = [sa.func.coalesce(sa.cast(part, sa.Text()), "") for part in parts]
    return reduce(lambda joined, text: joined + sa.literal_column("'|'") + text, texts)

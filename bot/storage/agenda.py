"""What the clock finds to do, asked in one query."""

from datetime import UTC, datetime

import sqlalchemy as sa

from bot.domain.agenda import Agenda
from bot.storage import (
    attributions,
    departures,
    fundings,
    identity_lists,
    memberships,
    retention,
    series,
    signals,
    silences,
    true_ups,
)
from bot.storage.database import Transaction
from bot.storage.tables import (
    AccountRow,
    OutboxRow,
    SeenEventRow,
    WorkspaceRow,
    table,
)

_account = table(AccountRow)
_outbox = table(OutboxRow)
_seen = table(SeenEventRow)
_workspace = table(WorkspaceRow)


def agenda(
    tx: Transaction,
    now: datetime,
    *,
    events_before: datetime,
    sent_before: datetime,
    told_before: datetime,
    heard_before: datetime,
) -> Agenda:
    """For all workspaces; each part stops at the first row that it finds."""
    joining = sa.exists(memberships.joining().order_by(None).limit(1).subquery().select())
    leaving = sa.exists(memberships.leaving().order_by(None).limit(1).subquery().select())
    going = sa.exists(memberships.going().order_by(None).limit(1).subquery().select())
    returning = sa.exists(memberships.returning().order_by(None).limit(1).subquery().select())
    old_notice = sa.exists().where(
        _outbox.c.workspace_id == _workspace.c.workspace_id,
        _outbox.c.state == sa.literal_column("'sent'"),
        _outbox.c.ended_at < sent_before,
    )
    unheard = sa.exists(series.old(heard_before)) | sa.exists(signals.old(heard_before))
    asked = tx.connection.execute(
        sa.select(
            (joining | leaving | going | returning).label("has_memberships"),
            sa.exists(fundings.unfinished_ones()).label("has_fundings"),
            (
                sa.exists(identity_lists.matching_ones().order_by(None))
                | sa.exists(attributions.behind_ones())
                | sa.exists(attributions.unfollowed())
            ).label("has_identities"),
            sa.exists(identity_lists.untold(told_before)).label("has_waiting"),
            sa.exists().where(_account.c.next_due_at <= now).label("has_dues"),
            (
                sa.exists().where(_seen.c.seen_at < events_before)
                | sa.exists(sa.select(_workspace.c.workspace_id).where(old_notice | unheard))
            ).label("has_old"),
            sa.exists(true_ups.due(now)).label("has_true_ups"),
            sa.exists(silences.untold(now)).label("has_silence"),
            sa.exists(departures.stale(now)).label("has_stale"),
            sa.exists(retention.unlooked(now.astimezone(UTC).date())).label("has_old_usage"),
        )
    )
    row = asked.mappings().one()
    return Agenda(**{str(name): bool(found) for name, found in row.items()})

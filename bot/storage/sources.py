"""What sources told by day, read for whoever looks after them."""

from datetime import UTC, date, datetime, time

import sqlalchemy as sa

from bot.domain.directory import WorkspaceId
from bot.domain.identities import IdentityId
from bot.domain.ledger import UNATTRIBUTED
from bot.domain.sources import ProviderDay, Told
from bot.domain.usage import SEEN
from bot.domain.usage_events import SourceRole
from bot.storage.database import Transaction
from bot.storage.report_rows import NAMED, WHOSE
from bot.storage.tables import SourceDayRow, UsageEventRow, table
from bot.storage.usage_events import COUNTED, IS_REPORT

_day = table(SourceDayRow)
_event = table(UsageEventRow)

_COUNTED = sa.cast(sa.func.sum(COUNTED), sa.BigInteger).label("counted")


def told(tx: Transaction, workspace_id: WorkspaceId, since: date) -> list[Told]:
    """What each source told of each provider's day since then."""
    rows = tx.connection.execute(
        sa.select(_day)
        .where(_day.c.workspace_id == workspace_id, _day.c.day >= since.isoformat())
        .order_by(_day.c.source, _day.c.provider, _day.c.day)
    )
    return [
        Told(
            source=row.source,
            provider=row.provider,
            day=date.fromisoformat(row.day),
            role=SourceRole(row.role),
            events=row.events,
            counted=row.counted,
            tokens=row.tokens,
            last_occurred_at=row.last_occurred_at,
            last_received_at=row.last_received_at,
            people=frozenset(row.people.strip("/").split("/")) if row.people else None,
        )
        for row in rows
    ]


def nobodys(tx: Transaction, workspace_id: WorkspaceId, since: date) -> dict[str, int]:
    """What of each provider's report since then belongs to nobody by now, by source."""
    rows = tx.connection.execute(
        sa.select(_event.c.source, _COUNTED)
        .select_from(NAMED)
        .where(*_reported(workspace_id, since), WHOSE == UNATTRIBUTED)
        .group_by(_event.c.source)
    )
    return {row.source: row.counted for row in rows}


def named(
    tx: Transaction, workspace_id: WorkspaceId, identity_id: IdentityId, since: date
) -> dict[ProviderDay, int]:
    """What of reports since then came by this name when the name was nobody's, and stays there."""
    # As in the index of what waits, so that it is found there.
    waits = _event.c.account_id == sa.literal_column(f"'{UNATTRIBUTED}'")
    rows = tx.connection.execute(
        sa.select(_event.c.provider, _event.c.occurred_at, _COUNTED)
        .where(
            *_reported(workspace_id, since),
            waits,
            _event.c.identity_id == identity_id,
            _event.c.rate == SEEN,
        )
        .group_by(_event.c.provider, _event.c.occurred_at)
    )
    found: dict[ProviderDay, int] = {}
    for row in rows:
        key = (row.provider, row.occurred_at.astimezone(UTC).date())
        found[key] = found.get(key, 0) + row.counted
    return found


def _reported(workspace_id: WorkspaceId, since: date) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _event.c.workspace_id == workspace_id,
        IS_REPORT,
        _event.c.occurred_at >= datetime.combine(since, time(), tzinfo=UTC),
    )

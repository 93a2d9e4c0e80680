"""How far each provider's report has been read: a row of `progress` for each, as JSON."""

import json
from datetime import date, datetime

from bot.domain.directory import WorkspaceId
from bot.domain.pulls import Pull
from bot.storage import progress
from bot.storage.database import Transaction


def pull(tx: Transaction, workspace_id: WorkspaceId, provider: str) -> Pull:
    """As it stands; a fresh one before the first."""
    text = progress.position(tx, workspace_id, _job(provider))
    return Pull() if text is None else _read(text)


def swap(
    tx: Transaction, workspace_id: WorkspaceId, provider: str, *, before: Pull, after: Pull
) -> bool:
    """Keep how it stands now, unless another worker has changed it; whether that was done."""
    known = None if before == Pull() else _written(before)
    return progress.swap(tx, workspace_id, _job(provider), before=known, after=_written(after))


def _job(provider: str) -> str:
    return f"pull:{provider}"


def _written(pull: Pull) -> str:
    charged_from = pull.charged_from and pull.charged_from.isoformat()
    return json.dumps(
        {
            "next_at": pull.next_at and pull.next_at.isoformat(),
            "next_day": pull.next_day and pull.next_day.isoformat(),
            "read_to": pull.read_to and pull.read_to.isoformat(),
            "succeeded_at": pull.succeeded_at and pull.succeeded_at.isoformat(),
            "error": pull.error,
            "failures": pull.failures,
            "is_refused": pull.is_refused,
            "remark": pull.remark,
            "remarking": pull.remarking,
            # Rows that were written before there was such a day stay the same text.
            **({"charged_from": charged_from} if charged_from else {}),
        }
    )


def _read(text: str) -> Pull:
    row = json.loads(text)
    return Pull(
        next_at=_moment(row["next_at"]),
        next_day=_date(row["next_day"]),
        read_to=_date(row["read_to"]),
        succeeded_at=_moment(row["succeeded_at"]),
        error=row["error"],
        failures=row["failures"],
        is_refused=row["is_refused"],
        remark=row["remark"],
        remarking=row["remarking"],
        charged_from=_date(row.get("charged_from")),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)

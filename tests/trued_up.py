"""A gateway that sees calls, and a provider's report of the same day."""

from datetime import UTC, date, datetime, timedelta

from bot.domain.directory import UserId
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.services import books, true_ups
from tests.company import Company
from tests.metered import again, take, used

REPORT = SourceRole.REPORT
#: Sunday, and when its report is settled.
SUNDAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTLED = datetime(2026, 3, 2, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def called(
    company: Company,
    user: str,
    tokens: int,
    at: datetime = NOON,
    *,
    model: str = "gpt-4o",
    provider: str = "openai",
) -> None:
    """The gateway sees a call."""
    call = used(user, tokens, at, model=model, provider=provider)
    take(company, call, now=max(company.now, at))


def row(user: str, tokens: int, *, model: str = "gpt-4o", provider: str = "openai") -> UsageEvent:
    """A row of a provider's report."""
    return used(
        user,
        tokens,
        NOON,
        source=provider,
        external_id=f"{NOON:%Y-%m-%d}:{user}:{model}",
        model=model,
        provider=provider,
    )


def report(company: Company, *rows: UsageEvent) -> None:
    take(company, *rows, role=REPORT, now=max(company.now, NOON + HOUR))


def grown(event: UsageEvent, tokens: int) -> UsageEvent:
    return again(event, tokens=tokens, revision=event.revision + 1)


def true_up(company: Company, *, at: datetime = SETTLED) -> int:
    """As a tick does, whatever the hour; how many commits it took."""
    done = true_ups.true_up(company.database, company.workspace_id, at)
    assert [str(wrong) for wrong in books.check(company.database)] == []
    return done


def spent(company: Company, user: UserId) -> int:
    return 1_000_000 - company.available(user)


def entries(company: Company) -> list[tuple[str, tuple[tuple[str, str, int], ...]]]:
    return [(one.note, one.postings) for one in company.entries() if one.kind == "true_up"]

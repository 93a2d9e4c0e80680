"""Anthropic's usage reports of an organisation: the API's, and Claude Code's of subscriptions.

The two overlap: what Claude Code uses by an API key or a Console account is in the API's report
too. So of Claude Code's report only the rows of subscriptions are read, which no other has, and
nothing is told twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from types import MappingProxyType

from bot.domain import pulls
from bot.domain.counts import Counts
from bot.domain.pulls import ProviderRefused, Report
from bot.domain.usage_events import COST_NANO_MAX, UsageEvent
from bot.providers import rows
from bot.providers.people import People
from bot.providers.rows import Events, Remarks, Row
from bot.providers.vendor import Access, Vendor

#: What an event is one of. More of them later would be other events, and count the past again.
_DIMENSIONS = ("account_id", "service_account_id", "workspace_id", "api_key_id", "model")
_PROVIDER = "anthropic"
#: The source of what subscriptions use; the API's is called as the provider.
CLAUDE_CODE = "anthropic-claude-code"
_ROWS_PER_PAGE = 1_000
_NANO_PER_CENT = 10_000_000


def access(*, key: str, url: str) -> Access:
    """How an organisation's reports are reached with an admin key."""
    return Access(
        vendor="Anthropic",
        key_setting="ANTHROPIC_ADMIN_KEY",
        url_setting="ANTHROPIC_API_URL",
        url=url,
        headers=MappingProxyType({"x-api-key": key, "anthropic-version": "2023-06-01"}),
    )


class Anthropic:
    """The reports of one organisation."""

    name = "anthropic"

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._people = People(vendor, "/v1/organizations/users", cursor="after_id")

    def close(self) -> None:
        self._vendor.close()

    def day(self, day: date, *, revision: int) -> Report:
        """What was used on a UTC day, by the API and by Claude Code's subscriptions."""
        remarks = Remarks(day)
        found = Events(remarks)
        found.read(self._messages(day), partial(_message, day=day, revision=revision))
        emails = self._people.emails(found.users(), remarks)
        lines = Events(remarks)
        try:
            lines.read(self._claude_code(day), partial(_line, day=day, revision=revision))
        except ProviderRefused as refused:
            remarks.add(f"Claude Code's report was left out, for {refused}")
        found.read(_by_person(lines), _sum)
        return found.report(emails)

    def _messages(self, day: date) -> Iterator[Row]:
        start = datetime.combine(day, time(), tzinfo=UTC)
        asked = [
            ("starting_at", _written(start)),
            ("ending_at", _written(start + timedelta(days=1))),
            ("bucket_width", "1d"),
            ("limit", "1"),
            *(("group_by[]", dimension) for dimension in _DIMENSIONS),
        ]
        for page in self._vendor.pages("/v1/organizations/usage_report/messages", asked):
            for bucket in rows.listed(page, "data"):
                if str(bucket.get("starting_at")).startswith(day.isoformat()):
                    yield from rows.listed(bucket, "results")

    def _claude_code(self, day: date) -> Iterator[Row]:
        """A line for each model that a subscriber used in each kind of terminal."""
        asked = [("starting_at", day.isoformat()), ("limit", str(_ROWS_PER_PAGE))]
        for page in self._vendor.pages("/v1/organizations/usage_report/claude_code", asked):
            for row in rows.listed(page, "data"):
                if row.get("customer_type") == "subscription" and row.get("model_breakdown"):
                    for used in rows.listed(row, "model_breakdown"):
                        yield {**used, "row": row}


def _message(row: Row, *, day: date, revision: int) -> UsageEvent:
    known = tuple(rows.text(row, dimension) for dimension in _DIMENSIONS)
    account, service, workspace, key, model = known
    written = rows.within(row, "cache_creation")
    return UsageEvent(
        source=Anthropic.name,
        external_id=rows.external_id("messages", day, *known),
        occurred_at=pulls.moment_of(day),
        user=rows.user(account or service, key=key),
        model=model,
        provider=_PROVIDER,
        counts=Counts(
            input_uncached=rows.count(row, "uncached_input_tokens"),
            cache_read=rows.count_if_any(row, "cache_read_input_tokens"),
            cache_write=rows.count_if_any(written, "ephemeral_5m_input_tokens")
            + rows.count_if_any(written, "ephemeral_1h_input_tokens"),
            output=rows.count(row, "output_tokens"),
        ),
        project=workspace,
        metadata=rows.details(api_key_id=key),
        revision=revision,
    )


def _line(used: Row, *, day: date, revision: int) -> UsageEvent:
    """One line as an event of its own, so that a page that comes twice is one."""
    row, tokens = rows.within(used, "row"), rows.within(used, "tokens")
    actor, model = rows.within(row, "actor"), rows.text(used, "model")
    key = rows.text(actor, "api_key_name")
    user = rows.user(rows.text(actor, "email_address"), key=key)
    where = (rows.text(row, "terminal_type"), rows.text(row, "subscription_type"))
    return UsageEvent(
        source=CLAUDE_CODE,
        external_id=rows.external_id("claude_code", day, user, model, *where),
        occurred_at=pulls.moment_of(day),
        user=user,
        model=model,
        provider=_PROVIDER,
        counts=Counts(
            input_uncached=rows.count(tokens, "input"),
            cache_read=rows.count_if_any(tokens, "cache_read"),
            cache_write=rows.count_if_any(tokens, "cache_creation"),
            output=rows.count(tokens, "output"),
        ),
        cost_nano=_cost(rows.within(used, "estimated_cost")),
        revision=revision,
    )


def _by_person(lines: Events) -> Iterable[list[UsageEvent]]:
    """The lines of one person and model, whatever terminals they used."""
    grouped: dict[tuple[str, str], list[UsageEvent]] = {}
    for line in lines.every():
        grouped.setdefault((line.user, line.model), []).append(line)
    return grouped.values()


def _sum(lines: Sequence[UsageEvent]) -> UsageEvent:
    first, costs = lines[0], [line.cost_nano for line in lines]
    day = first.occurred_at.date()
    return replace(
        first,
        external_id=rows.external_id("claude_code", day, first.user, first.model),
        counts=Counts(
            input_uncached=sum(line.counts.input_uncached for line in lines),
            cache_read=sum(line.counts.cache_read for line in lines),
            cache_write=sum(line.counts.cache_write for line in lines),
            output=sum(line.counts.output for line in lines),
        ),
        cost_nano=None if None in costs else sum(cost or 0 for cost in costs),
    )


def _cost(estimated: Row) -> int | None:
    """In billionths of a dollar, from cents; None where it isn't told in dollars."""
    try:
        cents = Decimal(str(estimated.get("amount")))
    except ArithmeticError:
        return None
    if estimated.get("currency") != "USD" or not cents.is_finite():
        return None
    if not 0 <= cents <= COST_NANO_MAX // _NANO_PER_CENT:
        return None
    return int((cents * _NANO_PER_CENT).to_integral_value())


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

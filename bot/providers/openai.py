"""OpenAI's usage report of an organisation, by person, API key, project and model."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from types import MappingProxyType

from bot.domain import counts, pulls
from bot.domain.pulls import Report
from bot.domain.usage_events import UsageEvent
from bot.providers import rows
from bot.providers.people import People
from bot.providers.rows import Events, Remarks, Row
from bot.providers.vendor import Access, Vendor

_COMPLETIONS, _EMBEDDINGS = "completions", "embeddings"
#: What an event is one of. More of them later would be other events, and count the past again.
_DIMENSIONS = ("user_id", "project_id", "api_key_id", "model")


def access(*, key: str, url: str) -> Access:
    """How an organisation's report is reached with an admin key."""
    return Access(
        vendor="OpenAI",
        key_setting="OPENAI_ADMIN_KEY",
        url_setting="OPENAI_API_URL",
        url=url,
        headers=MappingProxyType({"authorization": f"Bearer {key}"}),
    )


class OpenAI:
    """The report of one organisation."""

    name = "openai"

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._people = People(vendor, "/v1/organization/users", cursor="after")

    def close(self) -> None:
        self._vendor.close()

    def day(self, day: date, *, revision: int) -> Report:
        """What was used on a UTC day, an event for each row of the report."""
        remarks = Remarks(day)
        found = Events(remarks)
        for kind in (_COMPLETIONS, _EMBEDDINGS):
            event_of = partial(_event, kind=kind, day=day, revision=revision)
            found.read(self._rows(kind, day), event_of)
        return found.report(self._people.emails(found.users(), remarks))

    def _rows(self, kind: str, day: date) -> Iterator[Row]:
        start = datetime.combine(day, time(), tzinfo=UTC)
        seconds = int(start.timestamp())
        asked = [
            ("start_time", str(seconds)),
            ("end_time", str(int((start + timedelta(days=1)).timestamp()))),
            ("bucket_width", "1d"),
            ("limit", "1"),
            *(("group_by[]", dimension) for dimension in _DIMENSIONS),
        ]
        for page in self._vendor.pages(f"/v1/organization/usage/{kind}", asked):
            for bucket in rows.listed(page, "data"):
                if bucket.get("start_time") == seconds:
                    yield from rows.listed(bucket, "results")


def _event(row: Row, *, kind: str, day: date, revision: int) -> UsageEvent:
    user, project, key, model = (rows.text(row, dimension) for dimension in _DIMENSIONS)
    is_embedding = kind == _EMBEDDINGS
    return UsageEvent(
        source=OpenAI.name,
        external_id=rows.external_id(kind, day, user, project, key, model),
        occurred_at=pulls.moment_of(day),
        user=rows.user(user, key=key),
        model=model,
        provider="openai",
        counts=counts.of_totals(
            input_tokens=rows.count(row, "input_tokens"),
            output_tokens=0 if is_embedding else rows.count(row, "output_tokens"),
            cached_input_tokens=rows.count_if_any(row, "input_cached_tokens"),
            cache_write_tokens=rows.count_if_any(row, "input_cache_write_tokens"),
        ),
        project=project,
        metadata=rows.details(api_key_id=key),
        revision=revision,
    )

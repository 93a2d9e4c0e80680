"""What ccusage reads from the logs on somebody's machine: `ccusage daily --json` and its sisters.

Its figures are disjoint: `inputTokens` includes neither cache reads nor writes. They grow while the
day, session or block goes on, so that an event's revision is its total. Its costs are its own
estimates, even on a subscription; they are not taken, and ours stand instead, marked as such.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from bot.adapters.usage_lines import FileRefused, Record
from bot.domain.usage_events import REVISION_MAX, EventRefused

SOURCE = "ccusage"
#: One document is read at once; years of somebody's sessions are some megabytes.
DOCUMENT_MAX = 32_000_000

_REPORTS = ("daily", "session", "sessions", "blocks", "projects")
_TOO_LONG = ("weekly", "monthly")
REPORTS = frozenset(_REPORTS + _TOO_LONG)
#: Ours, theirs, and theirs in blocks.
_TOKENS = (
    ("uncached_input_tokens", "inputTokens", "inputTokens"),
    ("cached_input_tokens", "cacheReadTokens", "cacheReadInputTokens"),
    ("cache_write_tokens", "cacheCreationTokens", "cacheCreationInputTokens"),
    ("output_tokens", "outputTokens", "outputTokens"),
)
_PROVIDERS = (
    ("claude", "anthropic"),
    ("gpt", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("gemini", "google"),
)
_NAME_MAX = 60


class CcusageFile:
    """A report of ccusage. Raises `FileRefused` for what is none, or can't be told day by day."""

    rejected_suffix = ".rejected.json"

    def __init__(self, document: bytes, *, user: str) -> None:
        try:
            found = from_json(document, allow_inf_nan=False)
        except ValueError as fault:
            raise FileRefused(f"it is neither JSON lines nor one JSON document ({fault})") from None
        self._report, self._rows = _rows(found)
        if not user:
            raise FileRefused("ccusage does not say whose usage it is; say so with --user")
        self._user = user
        self._has_rejected = False

    def records(self) -> Iterator[Record]:
        """An event for each day, session or block, and model; `line` counts the rows."""
        for number, (project, row) in enumerate(self._rows, 1):
            try:
                yield from self._events(number, row, project)
            except EventRefused as refused:
                yield Record(number, error=str(refused), given=row)

    def rejected_head(self) -> str:
        """The beginning of such a report."""
        return f'{{"{self._report}": [\n'

    def rejected(self, record: Record, error: str, made_id: str) -> str:
        """The row, of one model where only that was refused, with `line` and `error`."""
        given = record.given if isinstance(record.given, dict) else {"row": record.given}
        comma, self._has_rejected = ",\n" if self._has_rejected else "", True
        row = {**given, "line": record.line, "error": error}
        return comma + json.dumps(row, ensure_ascii=False)

    def rejected_tail(self) -> str:
        """Its end."""
        return "\n]}\n"

    def _events(self, number: int, row: object, project: str) -> Iterator[Record]:
        if not isinstance(row, dict):
            raise EventRefused("a row is a JSON object")
        if row.get("isGap") is True:
            return
        parts = [_block(row)] if self._report == "blocks" else _breakdowns(row)
        project = project or _text(row.get("project"))
        for model, figures in parts:
            narrowed = row
            if self._report != "blocks":
                rest = {name: value for name, value in row.items() if name != "totalTokens"}
                narrowed = {**rest, "project": project, "modelBreakdowns": [figures]}
            yield Record(number, self._fields(row, model, figures, project), given=narrowed)

    def _fields(
        self, row: Mapping[str, Any], model: str, figures: Mapping[str, Any], project: str
    ) -> dict[str, object]:
        period, at = _period(self._report, row)
        names = self._report.removesuffix("s"), period, project, model, self._user
        digest = hashlib.sha256("\0".join(names).encode("utf-8", "replace")).hexdigest()
        tokens = dict(_tokens(figures, in_block=self._report == "blocks"))
        total = sum(tokens.values())
        return {
            "id": f"{names[0]}:{period[:_NAME_MAX]}:{model[:_NAME_MAX]}:{digest[:24]}",
            "at": at,
            "user": self._user,
            "model": model,
            "provider": next((who for name, who in _PROVIDERS if model.startswith(name)), ""),
            "project": project,
            "revision": min(total, REVISION_MAX),
            **tokens,
        }


def _rows(found: object) -> tuple[str, list[tuple[str, object]]]:
    """Which report it is, and its rows with their projects."""
    if not isinstance(found, dict) or not REPORTS & found.keys():
        raise FileRefused("it is neither an event in each line nor a report of ccusage --json")
    reports = sorted(REPORTS & found.keys())
    if len(reports) > 1:
        raise FileRefused(
            f"it has the same tokens several times ({', '.join(reports)}); export one report"
        )
    report = reports[0]
    if report in _TOO_LONG:
        raise FileRefused(f"a {report} report has no days; export ccusage daily --json")
    rows = found[report]
    if report == "projects" and isinstance(rows, dict):
        return "daily", [
            (project, row)
            for project, of_project in rows.items()
            for row in (of_project if isinstance(of_project, list) else [of_project])
        ]
    if not isinstance(rows, list):
        raise FileRefused(f"{report} must be a JSON array")
    return report, [("", row) for row in rows]


def _breakdowns(row: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The row's models. Raises `EventRefused` where they are not all that it sums."""
    found = row.get("modelBreakdowns")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise EventRefused("modelBreakdowns is missing: which models used it is not told")
    total = row.get("totalTokens")
    parts = sum(count for one in found for _, count in _tokens(one, in_block=False))
    if total is not None and total != parts:
        raise EventRefused(
            f"totalTokens ({total}) is not the sum of its models' tokens ({parts:,})"
        )
    return [(_text(one.get("modelName")) or "unknown", one) for one in found]


def _block(row: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The block's one model. Of several, a price could only be guessed."""
    models, figures = row.get("models"), row.get("tokenCounts")
    if not isinstance(figures, dict):
        raise EventRefused("tokenCounts is missing")
    if not isinstance(models, list) or len(models) != 1:
        named = ", ".join(map(str, models)) if isinstance(models, list) else "none"
        raise EventRefused(
            f"a block does not tell its models apart ({named[:200]}); "
            "export ccusage daily --json or session --json"
        )
    return _text(models[0]), figures


def _tokens(figures: Mapping[str, Any], *, in_block: bool) -> Iterator[tuple[str, int]]:
    for ours, theirs, in_blocks in _TOKENS:
        name = in_blocks if in_block else theirs
        count = figures.get(name, 0)
        if type(count) is not int or count < 0:
            raise EventRefused(f"{name} must be a whole number that is not negative")
        yield ours, count


def _period(report: str, row: Mapping[str, Any]) -> tuple[str, str]:
    """What the row is of, and when that was: newer versions say `period`, older ones by kind."""
    match report:
        case "daily":
            at = _text(row.get("date")) or _text(row.get("period"))
            period = at
        case "blocks":
            period, at = _text(row.get("id")), _text(row.get("startTime"))
        case _:
            period = _text(row.get("sessionId")) or _text(row.get("period"))
            details = row.get("metadata")
            at = _text(row.get("lastActivity")) or (
                _text(details.get("lastActivity")) if isinstance(details, dict) else ""
            )
    if not period or not at:
        raise EventRefused("the row does not say what day, session or block it is, or when")
    return period, at


def _text(given: object) -> str:
    return given if isinstance(given, str) else ""

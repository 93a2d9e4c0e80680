"""Usage in JSON lines: an event in each line, as `POST /v1/usage` takes it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from bot.adapters import usage_fields
from bot.adapters.usage_lines import Line, Lines, Record

_NOTES = ("line", "error")


class JsonLines:
    """A file of JSON lines; empty ones don't count."""

    rejected_suffix = ".rejected.jsonl"

    def __init__(self, lines: Lines, mapping: Mapping[str, str]) -> None:
        self._lines = lines
        self._mapping = mapping

    def records(self) -> Iterator[Record]:
        """Each line's event."""
        while (line := self._lines.next()) is not None:
            if line.error:
                yield Record(line.number, error=line.error, given=line.text.rstrip("\r\n"))
            elif line.text.strip():
                yield self._record(line)

    def rejected_head(self) -> str:
        """Nothing."""
        return ""

    def rejected(self, record: Record, error: str, made_id: str) -> str:
        """The event with `line` and `error`; what is no JSON object stands under `text`."""
        given = record.given if isinstance(record.given, dict) else {"text": record.given}
        kept = {name: value for name, value in given.items() if name not in _NOTES}
        if made_id:
            kept["id"] = made_id
        return json.dumps({**kept, "line": record.line, "error": error}, ensure_ascii=False) + "\n"

    def rejected_tail(self) -> str:
        """Nothing."""
        return ""

    def _record(self, line: Line) -> Record:
        try:
            found = from_json(line.text, allow_inf_nan=False, cache_strings="keys")
        except ValueError as fault:
            return Record(line.number, error=f"no JSON: {fault}", given=line.text.rstrip("\r\n"))
        if not isinstance(found, dict):
            words = "an event is a JSON object in one line"
            return Record(line.number, error=words, given=line.text.rstrip("\r\n"))
        return Record(line.number, self._renamed(found), given=found, size=len(line.text))

    def _renamed(self, found: dict[str, Any]) -> dict[str, object]:
        if not self._mapping:
            return found
        said: dict[str, object] = {k: v for k, v in found.items() if k not in self._mapping}
        metadata: dict[str, object] = {}
        for key, name in self._mapping.items():
            if key not in found:
                continue
            if name.startswith(usage_fields.METADATA):
                metadata[name.removeprefix(usage_fields.METADATA)] = found[key]
            else:
                said[name] = found[key]
        return said | {"metadata": metadata} if metadata else said

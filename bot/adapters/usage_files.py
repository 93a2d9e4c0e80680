"""Which format a file of usage has: by its name, else by how it begins."""

import gzip
import io
import zlib
from collections.abc import Mapping
from pathlib import PurePath

from pydantic_core import from_json

from bot.adapters import ccusage, usage_lines
from bot.adapters.ccusage import CcusageFile
from bot.adapters.csv_events import CsvFile
from bot.adapters.json_events import JsonLines
from bot.adapters.usage_lines import FileRefused, Lines, UsageFile

_SUFFIXES = frozenset({".gz", ".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".txt", ".rejected"})
_GZIP = b"\x1f\x8b"
_BEGINNING = 1 << 16


def stem(name: str) -> str:
    """The file's name without what says its format: what its source is called by itself."""
    path = PurePath(name)
    while path.suffix.lower() in _SUFFIXES:
        path = path.with_suffix("")
    return path.name


def reading(
    stream: io.BufferedReader, name: str, mapping: Mapping[str, str], *, user: str
) -> UsageFile:
    """The file's events, gzip or not. Raises `FileRefused`."""
    if stream.peek(len(_GZIP)).startswith(_GZIP):
        stream = io.BufferedReader(gzip.GzipFile(fileobj=stream))
    try:
        beginning = stream.peek(_BEGINNING)[:_BEGINNING].removeprefix(b"\xef\xbb\xbf").lstrip()
    except (gzip.BadGzipFile, EOFError, zlib.error) as fault:
        raise FileRefused(f"it is no gzip file that can be read ({fault})") from None
    format_ = _format(PurePath(name.lower().removesuffix(".gz")).suffix, beginning)
    if format_ == "ccusage":
        document = usage_lines.document(stream, ccusage.DOCUMENT_MAX)
        if mapping:
            raise FileRefused("--map is for columns; ccusage's fields are known")
        return CcusageFile(document, user=user)
    lines = Lines(stream)
    if format_ == "lines":
        return JsonLines(lines, mapping)
    return CsvFile(lines, mapping, has_user=bool(user))


def _format(suffix: str, beginning: bytes) -> str:
    if not beginning:
        raise FileRefused("it is empty")
    if suffix in {".csv", ".tsv"}:
        return "csv"
    if suffix in {".jsonl", ".ndjson"}:
        return "lines"
    if beginning.startswith(b"["):
        raise FileRefused("it is a JSON array; write one event in each line (jq -c '.[]')")
    if not beginning.startswith(b"{"):
        return "csv"
    try:
        first = from_json(beginning.partition(b"\n")[0])
    except ValueError:
        return "ccusage"
    return "ccusage" if ccusage.REPORTS & first.keys() else "lines"

"""Usage in CSV: a header that names fields, and an event in each row."""

import csv
import io
from collections.abc import Iterator, Mapping

from bot.adapters import usage_fields
from bot.adapters.usage_lines import LINE_MAX, FileRefused, Line, Lines, Record
from bot.domain.usage_events import EventRefused

#: Over how many lines a quoted value goes before a quote was forgotten.
_QUOTED_LINES_MAX = 100
_COLUMNS_MAX = 1_000
_DELIMITERS = (",", ";", "\t")
#: What the list of rejected rows adds.
_NOTES = ("line", "error")


class CsvFile:
    """A file with a header. Raises `FileRefused` where that lacks what an event needs."""

    rejected_suffix = ".rejected.csv"

    def __init__(self, lines: Lines, mapping: Mapping[str, str], *, has_user: bool) -> None:
        self._lines = lines
        head = self._head()
        self._delimiter = max(_DELIMITERS, key=head.text.count)
        self._columns = self._header(head)
        fields = usage_fields.named([name for name in self._columns if name], mapping)
        lacking = usage_fields.missing(
            [name for name in self._columns if name],
            frozenset(fields.values()),
            has_user=has_user,
        )
        if lacking:
            raise FileRefused(lacking)
        self._fields = [
            (place, fields[column])
            for place, column in enumerate(self._columns)
            if column in fields
        ]
        #: A list of rejected rows, mended, is given again: its own notes are not kept twice.
        self._kept = [place for place, name in enumerate(self._columns) if name not in _NOTES]
        #: Where an event's id is; after the columns where the file has none.
        self._id_place = next(
            (place for place, name in self._fields if name == "id"), len(self._columns)
        )
        if self._id_place == len(self._columns):
            self._kept.append(self._id_place)

    def records(self) -> Iterator[Record]:
        """Each row; a quoted value may go over several lines."""
        while (first := self._lines.next()) is not None:
            if first.error:
                yield Record(first.number, error=first.error, given=[first.text.rstrip("\r\n")])
            elif first.text.strip():
                yield self._record(first)

    def rejected_head(self) -> str:
        """The file's columns, with one for ids, then `line` and `error`."""
        columns = [*self._columns, "id"]
        return self._written([*(columns[place] for place in self._kept), *_NOTES])

    def rejected(self, record: Record, error: str, made_id: str) -> str:
        """The row as it was; one that could not be split stands in the first column."""
        given = record.given if isinstance(record.given, list) else []
        cells = dict(enumerate(given[: len(self._columns)]))
        if made_id:
            cells[self._id_place] = made_id
        kept = [cells.get(place, "") for place in self._kept]
        return self._written([*kept, str(record.line), error])

    def rejected_tail(self) -> str:
        """Nothing."""
        return ""

    def _head(self) -> Line:
        while (line := self._lines.next()) is not None:
            if line.error:
                raise FileRefused(f"line {line.number}, the header: {line.error}")
            if line.text.strip():
                return line
        raise FileRefused("it is empty")

    def _header(self, head: Line) -> list[str]:
        cells, fault = self._cells(head)
        if fault:
            raise FileRefused(f"line {head.number}, the header: {fault}")
        columns = [cell.strip() for cell in cells]
        if len(columns) > _COLUMNS_MAX:
            raise FileRefused(f"the header has {len(columns):,} columns; is this CSV?")
        spelt = [name.casefold() for name in columns if name]
        twice = sorted({name for name in spelt if spelt.count(name) > 1})
        if twice:
            raise FileRefused(f"the header has the same column twice: {', '.join(twice)}")
        return columns

    def _record(self, first: Line) -> Record:
        cells, fault = self._cells(first)
        if not fault and any(cell.strip() for cell in cells[len(self._columns) :]):
            fault = f"the row has {len(cells)} values, the header {len(self._columns)}"
        if not fault and len(cells) < len(self._columns):
            fault = f"the row has only {len(cells)} values, the header {len(self._columns)}"
        if fault:
            return Record(first.number, error=fault, given=cells or [first.text.rstrip("\r\n")])
        try:
            return Record(first.number, self._said(cells), given=cells, size=sum(map(len, cells)))
        except EventRefused as refused:
            return Record(first.number, error=str(refused), given=cells)

    def _cells(self, first: Line) -> tuple[list[str], str]:
        """The row that begins there, or why there is none: then only that line is used up."""
        taken = [first]

        def feed() -> Iterator[str]:
            yield first.text
            size = len(first.text)
            while len(taken) < _QUOTED_LINES_MAX and (more := self._lines.next()) is not None:
                taken.append(more)
                size += len(more.text)
                if more.error or size > LINE_MAX:
                    return
                yield more.text

        try:
            return next(csv.reader(feed(), delimiter=self._delimiter, strict=True)), ""
        except csv.Error as fault:
            self._lines.put_back(taken[1:])
            is_open = "unexpected end" in str(fault)
            return [], "a quote is opened and not closed" if is_open else f"no CSV: {fault}"

    def _said(self, cells: list[str]) -> dict[str, object]:
        said: dict[str, object] = {}
        metadata: dict[str, object] = {}
        for place, name in self._fields:
            text = cells[place].strip()
            if not text:
                continue
            if name in usage_fields.WHOLE_NUMBERS:
                said[name] = usage_fields.whole(name, text)
            elif name.startswith(usage_fields.METADATA):
                metadata[name.removeprefix(usage_fields.METADATA)] = text
            else:
                said[name] = text
        return said | {"metadata": metadata} if metadata else said

    def _written(self, cells: list[str]) -> str:
        made = io.StringIO()
        csv.writer(made, delimiter=self._delimiter, lineterminator="\n").writerow(cells)
        return made.getvalue()

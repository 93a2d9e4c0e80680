"""A workspace's own rates, as a YAML file says them (docs/rates.md); each fault by line and field.

Nothing is constructed from the file: its text is looked at node by node, and numbers are never
floats.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

import yaml
from yaml.error import MarkedYAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from bot.domain import rates
from bot.domain.rates import Draft, Preset, RatesRefused, Row, Weights

#: Five hundred rows, generously written, are half of it.
FILE_MAX = 128 * 1024
_DEPTH_MAX = 8
_CLASSES = ("input", "cached_input", "cache_write", "output")
_FILE_FIELDS = ("name", "effective_from", "default", "models")
_ROW_FIELDS = ("match", "provider", *_CLASSES)
_DECIMAL = re.compile(r"\d{1,4}(?:\.\d{1,6})?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SHOWN_MAX = 40


def read(data: bytes, *, begins: datetime | None = None) -> Draft:
    """The card that a file describes; `begins` counts more than what the file says of it.

    Raises `RatesRefused` with the line and the remedy.
    """
    fields = _mapping(_parsed(data), "the file", _FILE_FIELDS)
    for needed in ("name", "models"):
        if needed not in fields:
            raise RatesRefused(f"{needed} is missing from the file (docs/rates.md has an example)")
    said, default = fields.get("effective_from"), fields.get("default")
    told = None if said is None else _moment(said)
    rows = _sequence(fields["models"], "models")
    return Draft(
        name=_line(fields["name"], "name", rates.NAME_MAX),
        preset=Preset.TABLE,
        effective_from=begins or told,
        rows=tuple(_row(node, f"models[{place}]") for place, node in enumerate(rows)),
        default=rates.RAW if default is None else _default(default),
    )


def moment(text: str) -> datetime:
    """A day, which begins at midnight in UTC, or a time with its offset. Raises `RatesRefused`."""
    example = "write 2026-12-01, which begins at midnight in UTC, or 2026-12-01T00:00:00+01:00"
    try:
        if _DAY.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise RatesRefused(f"{_shown(text)} is no time: {example}") from None
    if found.tzinfo is None:
        raise RatesRefused(f"{_shown(text)} has no offset: {example}")
    return found


def amount(text: str) -> Decimal:
    """A number of at most four figures before the point and six after. Raises `RatesRefused`."""
    if not _DECIMAL.fullmatch(text):
        raise RatesRefused(
            f"{_shown(text)} is no number from 0 on with at most six places, such as 1 or 0.125"
        )
    return Decimal(text)


def _default(node: Node) -> Weights:
    return _weights(node, "default", _mapping(node, "default", _CLASSES))


def _row(node: Node, where: str) -> Row:
    fields = _mapping(node, where, _ROW_FIELDS)
    if "match" not in fields:
        raise _fault(node, where, 'match is missing: write which models, as in match: "gpt-4o*"')
    provider = fields.get("provider")
    return Row(
        model=_line(fields["match"], f"{where}.match", rates.PATTERN_MAX),
        provider=None
        if provider is None
        else _line(provider, f"{where}.provider", rates.PATTERN_MAX),
        weights=_weights(node, where, fields),
    )


def _weights(node: Node, where: str, fields: dict[str, Node]) -> Weights:
    for name in _CLASSES:
        if name not in fields:
            raise _fault(
                node,
                where,
                f"{name} is missing: write how many tokens one of its {name} tokens costs, "
                f"as in {name}: 1",
            )
    found = {name: _weight(fields[name], f"{where}.{name}") for name in _CLASSES}
    return Weights(**found)


def _weight(node: Node, where: str) -> int:
    try:
        weight = int(amount(_scalar(node, where)) * rates.SCALE)
    except RatesRefused as refused:
        raise _fault(node, where, str(refused)) from None
    if weight > rates.TABLE_WEIGHT_MAX:
        raise _fault(node, where, "must be at most 1000")
    return weight


def _moment(node: Node) -> datetime:
    try:
        return moment(_scalar(node, "effective_from"))
    except RatesRefused as refused:
        raise _fault(node, "effective_from", str(refused)) from None


def _line(node: Node, where: str, longest: int) -> str:
    text = _scalar(node, where)
    try:
        rates.check_text("it", text, longest)
    except RatesRefused as refused:
        raise _fault(node, where, str(refused)) from None
    return text.strip()


def _parsed(data: bytes) -> Node:
    if len(data) > FILE_MAX:
        raise RatesRefused(f"the file is longer than {FILE_MAX // 1024} KiB: no table needs that")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise RatesRefused(f"line {line}: this is no UTF-8: save the file as UTF-8") from None
    try:
        _check_depth(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (MarkedYAMLError, ReaderError) as fault:
        raise RatesRefused(_words_for(fault, text)) from None
    except RatesRefused:
        raise
    except (ValueError, OverflowError):  # PyYAML reads "\UFFFFFFFF" as the number of a character
        raise RatesRefused("an escape in the file names no character") from None
    if not isinstance(node, Node):
        raise RatesRefused("the file is empty: docs/rates.md has an example to begin with")
    return node


def _words_for(fault: MarkedYAMLError | ReaderError, text: str) -> str:
    if isinstance(fault, ReaderError):
        line = text[: fault.position].count("\n") + 1
        return f"line {line}: this is no YAML: a character in it can't be printed"
    line = fault.problem_mark.line + 1 if fault.problem_mark else 1
    return f"line {line}: this is no YAML ({fault.problem})"


def _check_depth(text: str) -> None:
    """The composer calls itself for each level; a table has four."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH_MAX:
            raise RatesRefused("the file is nested deeper than any table of rates")


def _mapping(node: Node, where: str, allowed: Sequence[str]) -> dict[str, Node]:
    if not isinstance(node, MappingNode):
        raise _fault(node, where, f"must have fields: {', '.join(allowed)}")
    found: dict[str, Node] = {}
    for key, value in node.value:
        name = key.value if isinstance(key, ScalarNode) else "a list"
        if name not in allowed:
            there = ", ".join(allowed)
            raise _fault(key, where, f"{_shown(name)} is no field here; there are {there}")
        if name in found:
            raise _fault(key, where, f"{name} is there twice: leave one out")
        found[name] = value
    return found


def _sequence(node: Node, where: str) -> list[Node]:
    if not isinstance(node, SequenceNode):
        raise _fault(node, where, "must be a list, each row of which begins with - match: …")
    if len(node.value) > rates.ROWS_MAX:
        raise _fault(node, where, f"has {len(node.value):,} rows; {rates.ROWS_MAX} is the most")
    return list(node.value)


def _scalar(node: Node, where: str) -> str:
    if not isinstance(node, ScalarNode):
        raise _fault(node, where, "must be a single value")
    return str(node.value)


def _fault(node: Node, where: str, words: str) -> RatesRefused:
    return RatesRefused(f"line {node.start_mark.line + 1}, {where}: {words}")


def _shown(text: str) -> str:
    """What stands in the file, short, and so that any terminal can print it."""
    short = text[:_SHOWN_MAX]
    if not short:
        return "nothing"
    return short if short.isprintable() else ascii(short)

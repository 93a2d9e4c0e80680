"""OpenTelemetry's attributes and times as plain values, and ids made of what names a thing."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from bot.domain.usage_events import COST_NANO_MAX, USER_MAX

#: Of one resource, point, record or span; the fattest of the known senders has some thirty.
ATTRIBUTES_MAX = 200
#: Of what we keep of a name: a model's, a project's, a team's.
_NAME_MAX = 100
#: The last that a database's integer holds, in the year 2262.
NANOSECONDS_MAX = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: `claude-sonnet-4-5[1m]`: how wide its window was is not part of a model's name.
_SUFFIX = re.compile(r"\s*\[[^\[\]]*\]\s*$")
_DIGITS = re.compile(r"[0-9]{1,18}")
#: What a person may be called by, the most deliberate first.
_PERSON = (
    "slack.user",
    "user.email",
    "enduser.id",
    "user.account_uuid",
    "user.account_id",
    "user.id",
)

Attributes = Mapping[str, AnyValue]


class ItemRefused(ValueError):
    """A point, record or span that is usage and can't be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sent an item: whose key it came by, and what it says of the sending process."""

    sender: str
    resource: Attributes
    resource_id: str

    @property
    def service(self) -> str:
        return text(self.resource, "service.name")

    def session_of_process(self) -> str:
        """Names what reports spans and metrics alike where neither tells of a session."""
        names = ("service.namespace", "service.name", "service.instance.id")
        return digest(self.sender, "process", *(text(self.resource, name) for name in names))


def origin(sender: str, resource: Resource) -> Origin:
    """Raises `ItemRefused` for a resource with too many attributes."""
    try:
        return Origin(sender, attributes(resource.attributes), named(resource.attributes))
    except ItemRefused as refused:
        raise ItemRefused(f"the resource {refused}") from None


def attributes(pairs: Iterable[KeyValue], beneath: Attributes | None = None) -> Attributes:
    """By name, over what stands beneath; the first of a name counts."""
    found: dict[str, AnyValue] = {}
    for pair in pairs:
        found.setdefault(pair.key, pair.value)
        if len(found) > ATTRIBUTES_MAX:
            raise ItemRefused(f"has more than {ATTRIBUTES_MAX} attributes")
    return {**(beneath or {}), **found}


def named(pairs: Iterable[KeyValue], *, without: str = "") -> str:
    """A hash of all attributes, whatever their order."""
    parts = sorted(
        (pair.key.encode(), pair.value.SerializeToString(deterministic=True))
        for pair in pairs
        if pair.key != without
    )
    return digest(*(part for pair in parts for part in pair))


def digest(*parts: str | bytes | int) -> str:
    """A short id that other parts don't have."""
    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        made.update(len(data).to_bytes(4, "big") + data)
    return made.hexdigest()


def text(found: Attributes, *names: str, length_max: int = _NAME_MAX) -> str:
    """The first of these attributes that is a text, on one line; empty where none is."""
    for name in names:
        value = found.get(name)
        if value is not None and value.string_value:
            return "".join(c for c in value.string_value[:length_max] if c.isprintable()).strip()
    return ""


def count(found: Attributes, *names: str) -> int:
    """The first of these attributes as a whole number, also where it is sent as text; else 0."""
    for name in names:
        value = found.get(name)
        if value is not None and (kind := value.WhichOneof("value")) is not None:
            return _whole(name, getattr(value, kind))
    return 0


def whole(name: str, number: float) -> int:
    """A number of a kind that may have fractions, where it has none; raises `ItemRefused`."""
    return _whole(name, number)


def billionths(dollars: float) -> int | None:
    """A cost as we keep it; None where it can't be one."""
    if not 0 <= dollars * 10**9 <= COST_NANO_MAX:  # also where it is not a number
        return None
    return int((Decimal(repr(dollars)) * 10**9).to_integral_value(ROUND_HALF_UP))


def cost(found: Attributes, *, dollars: str, millionths: str) -> int | None:
    """What a call cost in billionths, from whichever of these attributes is there."""
    exact = found.get(millionths)
    if exact is not None and exact.WhichOneof("value") == "int_value":
        return exact.int_value * 1_000 if 0 <= exact.int_value * 1_000 <= COST_NANO_MAX else None
    value = found.get(dollars)
    kind = value.WhichOneof("value") if value is not None else None
    if value is None or kind not in {"double_value", "int_value"}:
        return None
    return billionths(float(getattr(value, kind)))


def model(found: Attributes, *names: str) -> str:
    """A model's name, without what some senders append to it."""
    return _SUFFIX.sub("", text(found, *names))


def person(found: Attributes) -> str:
    """What the sender calls whoever used it: a hint, for it may say what it likes."""
    return text(found, *_PERSON, length_max=USER_MAX)


def moment(*nanoseconds: int) -> datetime:
    """The first of these times that is set."""
    ns = next((ns for ns in nanoseconds if ns), 0)
    if not 0 < ns <= NANOSECONDS_MAX:
        raise ItemRefused(f"has a time that can't be: {ns}" if ns else "has no time")
    return _EPOCH + timedelta(microseconds=ns // 1_000)


def _whole(name: str, number: object) -> int:
    if type(number) is int:
        return number
    if isinstance(number, float) and number.is_integer() and abs(number) <= 2**53:
        return int(number)
    if isinstance(number, str) and _DIGITS.fullmatch(number):
        return int(number)
    said = str(number) if isinstance(number, (float, str)) else "something else"
    raise ItemRefused(f"{name} must be a whole number, not {said[:40]}")

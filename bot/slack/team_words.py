"""The words after `/tokens team`: a team's name among people, groups and small words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.domain.directory import UserId
from bot.domain.periods import Period
from bot.domain.refusals import NotAPerson, NotASchedule
from bot.slack.payloads import as_typed, mention, usergroup

#: Between two people; in a name they stay.
_LINKING = frozenset({"and", ",", "&"})
_BEFORE_NAME = frozenset({"to", "from", "of", "in", "for"})
_PERIODS: Mapping[str, Period] = MappingProxyType(
    {
        **{str(one): one for one in Period},
        **{f"{one}ly": one for one in Period},
    }
)
#: Between an amount and its period.
_EACH = frozenset({"a", "per", "every", "each"})
_QUOTES = "\"'“”„"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A team's name, and whom the words mention beside it."""

    name: str
    people: tuple[UserId, ...] = ()
    #: The id and the handle of a user group.
    group: tuple[str, str] | None = None


def named(words: Sequence[str]) -> Named:
    """`ml-platform @ana @ben`, `@ana to ml-platform`, `"Team 7" @ml-eng`: in either order.

    Raises `NotAPerson` for a name after @ that Slack knows as nobody.
    """
    people: list[UserId] = []
    group: tuple[str, str] | None = None
    rest: list[str] = []
    previous: UserId | None = None
    for word in words:
        person = mention(word)
        found = usergroup(word)
        typed = as_typed(word)
        if person is not None:
            people.append(person)
        elif found is not None:
            group = found
        elif typed.startswith(("@", "!", "#")):
            raise NotAPerson(typed)
        elif typed.lower() not in _LINKING or previous not in people:
            rest.append(typed)
        previous = person
    return Named(name=name(rest), people=tuple(dict.fromkeys(people)), group=group)


def name(words: Sequence[str]) -> str:
    """A name without quotes, and without the small word before it."""
    if len(words) > 1 and words[0].lower() in _BEFORE_NAME:
        words = words[1:]
    return " ".join(words).strip(_QUOTES + " ")


def renamed(words: Sequence[str]) -> tuple[str, str]:
    """`ml-platform to ml-core`: the old name and the new; either is empty where it is missing."""
    typed = [as_typed(word) for word in words]
    small = [word.lower() for word in typed]
    if "to" in small[1:]:
        place = small.index("to", 1)
        return name(typed[:place]), name(typed[place + 1 :])
    return name(typed[:1]), name(typed[1:])


def last(words: Sequence[str]) -> tuple[str, str]:
    """`ml-platform Europe/Berlin`: a name, and the one word after it."""
    typed = [as_typed(word) for word in words]
    return name(typed[:-1]), "".join(typed[-1:])


def before_amount(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """`ml-platform 5M for the quarter`: a name, in quotes if it has a number, and what follows."""
    typed = [as_typed(word) for word in words]
    is_quoted = bool(typed) and typed[0][:1] in _QUOTES
    for place, word in enumerate(typed):
        if is_quoted and word[-1:] in _QUOTES and (place or len(word) > 1):
            return name(typed[: place + 1]), words[place + 1 :]
        if not is_quoted and word.lstrip("+-−–.")[:1].isdigit():
            return name(typed[:place]), words[place:]
    return name(typed), ()


def with_reason(name: str, rest: Sequence[str]) -> Sequence[tuple[str, str]]:
    """`search for the quarter`, without an amount: all of it a name, or a name and a reason."""
    if rest:  # after a name in quotes
        typed = [as_typed(word) for word in rest]
        return [(name, " ".join(typed[1:] if typed[0].lower() == "for" else typed))]
    before, has_reason, reason = name.partition(" for ")
    return [(name, ""), *([(before, reason)] if has_reason else [])]


def with_period(name: str, rest: Sequence[str]) -> Sequence[tuple[str, Period | None]]:
    """`search every week`, without an amount: all of it a name, or a name and a period.

    Raises `NotASchedule` for what stands after a name in quotes and is no period.
    """
    if rest:
        return [(name, period([as_typed(word) for word in rest]))]
    *before, last = name.split() or [""]
    while len(before) > 1 and before[-1].lower() in _EACH:
        before.pop()
    found = _PERIODS.get(last.lower()) if before else None
    return [(name, None), *([(" ".join(before), found)] if found else [])]


def period(words: Sequence[str]) -> Period:
    """`monthly`, `a month`, `per quarter`; a month where nothing is said. Raises `NotASchedule`."""
    said = [word.lower() for word in words if word.lower() not in _EACH]
    if not said:
        return Period.MONTH
    if len(said) > 1 or said[0] not in _PERIODS:
        raise NotASchedule(" ".join(words), "weekly, monthly, quarterly or yearly")
    return _PERIODS[said[0]]

"""What `/tokens allowance …` says: for whom, how much, how often, from when, on what terms."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType

from bot.domain import amounts
from bot.domain.allowance_wishes import AllowanceDraft
from bot.domain.allowances import Vesting
from bot.domain.directory import UserId
from bot.domain.periods import Period
from bot.domain.refusals import NotASchedule
from bot.slack import schedule_words as schedule
from bot.slack.payloads import as_typed, mention

#: What may follow the amount, for whoever typed something else.
_PARTS = (
    "`weekly`, `monthly`, `quarterly` or `yearly`, then `carry all`, `from 2026-12-01`, "
    "`until 2026-12-31`, `first-day friday`, `prorata`, `from-pool`, `returns`, `for why`"
)
_A_PERIOD = "`weekly`, `monthly`, `quarterly` or `yearly`"
_A_SPAN = "a length of time: `12 months`, `a year`, `4 quarters` or `26 weeks`"

_PERIODS: Mapping[str, Period] = MappingProxyType(
    {
        "weekly": Period.WEEK,
        "monthly": Period.MONTH,
        "quarterly": Period.QUARTER,
        "yearly": Period.YEAR,
        "annually": Period.YEAR,
        "annual": Period.YEAR,
    }
)
_EACH = frozenset({"a", "an", "per", "every", "each"})
_QUOTES = "\"'“”„"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whom the words name: a person, a team, or a team's pool; nobody where they name none."""

    person: UserId | None = None
    #: A team's name as it was typed.
    team: str = ""
    is_pool: bool = False

    @property
    def is_named(self) -> bool:
        return self.person is not None or bool(self.team)


def who(words: Sequence[str]) -> tuple[Who, Sequence[str]]:
    """`@ana`, `ml-platform`, `"ML platform"` or `pool ml-platform`, and the words after it."""
    if words and as_typed(words[0]).lower() in {"for", "to"}:
        words = words[1:]
    if words and (person := mention(words[0])) is not None:
        return Who(person=person), words[1:]
    is_pool = bool(words) and as_typed(words[0]).lower() == "pool"
    rest = words[1:] if is_pool else words
    named: list[str] = []
    for position, word in enumerate(rest):
        typed = as_typed(word)
        ends_name = not _is_quoted(rest) and (
            _begins_amount(typed) or _is_period_first(rest[position:])
        )
        if ends_name:
            return Who(team=_name(named), is_pool=is_pool), rest[position:]
        named.append(typed)
        if _is_quoted(rest) and typed[-1:] in _QUOTES and len("".join(named)) > 1:
            return Who(team=_name(named), is_pool=is_pool), rest[position + 1 :]
    return Who(team=_name(named), is_pool=is_pool), ()


def draft(words: Sequence[str], today: date) -> AllowanceDraft:
    """`2M weekly carry 500k from 2026-12-01 for the pilot`; what is not said stays open.

    `today` is the day where the allowance will run. Raises `AmountRefused` and `NotASchedule`.
    """
    typed = tuple(as_typed(word) for word in words)
    if not typed:
        return AllowanceDraft()
    if _is_period_first(typed):
        typed = (typed[1], typed[0], *typed[2:])
    tokens, _ = amounts.read(typed)
    reading = _Reading(typed[1:], today)
    return replace(reading.read(), tokens=tokens)


class _Reading:
    """The words after the amount, on the way through them."""

    def __init__(self, words: Sequence[str], today: date) -> None:
        self._words = list(words)
        self._today = today
        self._draft = AllowanceDraft()
        self._first_day = ""
        self._over: tuple[str, int, Period] | None = None
        self._cliff: tuple[str, int, Period | None] | None = None
        self._carries = False

    def read(self) -> AllowanceDraft:
        while self._words:
            word = self._words.pop(0)
            said = _PHRASES.get(word.lower())
            if said is not None:
                said(self)
            elif word.lower() in _PERIODS:
                self._take_period(word, _PERIODS[word.lower()])
            elif word.lower() in schedule.UNITS:
                self._take_period(word, schedule.UNITS[word.lower()])
            else:
                raise NotASchedule(word, _PARTS)
        self._vest()
        self._anchor()
        return self._draft

    def each(self) -> None:
        """`a week`, `per month`, `every quarter`"""
        unit = self._next(_A_PERIOD)
        if unit.lower() not in schedule.UNITS:
            raise NotASchedule(unit, _A_PERIOD)
        self._take_period(unit, schedule.UNITS[unit.lower()])

    def carry(self) -> None:
        """`carry none`, `carry all`, `carry 500k`, `carry up to 500k`"""
        self._carries = True
        while self._peek() in {"up", "to", "over"}:
            self._words.pop(0)
        typed = self._next("`none`, `all` or an amount like `500k`")
        match typed.lower():
            case "none" | "nothing" | "0":
                most: int | None = 0
            case "all" | "everything":
                most = None
            case _:
                most = amounts.parse(typed)
        self._draft = replace(self._draft, carry_max=most)

    def begin(self) -> None:
        """`from 2026-12-01`, `from tomorrow`; `from the pool`"""
        if self._peek() in {"the", "pool", "treasury"}:
            if self._peek() == "the":
                self._words.pop(0)
            source = self._next("`pool` or `treasury`").lower()
            if source not in {"pool", "treasury"}:
                raise NotASchedule(source, "`pool` or `treasury`")
            self._draft = replace(self._draft, is_from_pool=source == "pool")
            return
        self._draft = replace(self._draft, starts_on=self._day())

    def end(self) -> None:
        """`until 2026-12-31`"""
        self._draft = replace(self._draft, until=self._day())

    def first_day(self) -> None:
        """`first-day friday`, `first-day 15`, `first-day 2026-02-01`"""
        self._first_day = self._next("a weekday, a day of the month, or a day like `2026-12-01`")

    def over(self) -> None:
        """`over 12 months`, `over a year`"""
        self._over = self._span(_A_SPAN)

    def cliff(self) -> None:
        """`cliff 3 months`, `cliff 3`"""
        count = self._next(_A_SPAN)
        if self._peek() in schedule.UNITS:
            self._words.insert(0, count)
            self._cliff = self._span(_A_SPAN)
        else:
            self._cliff = (count, schedule.count(count, count, _A_SPAN), None)

    def pro(self) -> None:
        """`pro rata`"""
        word = self._next("`rata`")
        if word.lower() != "rata":
            raise NotASchedule(f"pro {word}", "`prorata`")
        self.prorata()

    def prorata(self) -> None:
        self._draft = replace(self._draft, is_prorated=True)

    def from_pool(self) -> None:
        self._draft = replace(self._draft, is_from_pool=True)

    def from_treasury(self) -> None:
        self._draft = replace(self._draft, is_from_pool=False)

    def returns(self) -> None:
        self._draft = replace(self._draft, returns_on_leaving=True)

    def reason(self) -> None:
        """`for the pilot`: all the rest."""
        self._draft = replace(self._draft, note=" ".join(self._words))
        self._words.clear()

    def _take_period(self, typed: str, period: Period) -> None:
        if self._draft.period not in {None, period}:
            raise NotASchedule(
                typed, f"one period only, and it is every {self._draft.period} so far"
            )
        self._draft = replace(self._draft, period=period)

    def _day(self) -> date:
        return schedule.day(self._next(schedule.A_DAY), self._today)

    def _span(self, expected: str) -> tuple[str, int, Period]:
        count = self._next(expected)
        unit = self._next(expected)
        typed = f"{count} {unit}"
        if unit.lower() not in schedule.UNITS:
            raise NotASchedule(typed, expected)
        return (
            typed,
            schedule.count(count, typed, expected),
            schedule.UNITS[unit.lower()],
        )

    def _vest(self) -> None:
        """A package's parts and cliff, counted in its period."""
        if self._over is None:
            if self._cliff is not None:
                raise NotASchedule(f"cliff {self._cliff[0]}", "`over 12 months cliff 3 months`")
            return
        if self._carries:
            raise NotASchedule("carry", "left out: the tokens of a package don't expire")
        typed, count, unit = self._over
        period = self._draft.period or unit
        cliff = 0
        if self._cliff is not None:
            cliff = schedule.parts(self._cliff[0], self._cliff[1], self._cliff[2] or period, period)
        vesting = Vesting(parts=schedule.parts(typed, count, unit, period), cliff=cliff)
        self._draft = replace(self._draft, period=period, vesting=vesting)

    def _anchor(self) -> None:
        if self._first_day:
            found = schedule.anchor(self._first_day, self._draft.period)
            self._draft = replace(self._draft, anchor_on=found)

    def _next(self, expected: str) -> str:
        if not self._words:
            raise NotASchedule("", expected)
        return self._words.pop(0)

    def _peek(self) -> str:
        return self._words[0].lower() if self._words else ""


_PHRASES: Mapping[str, Callable[[_Reading], None]] = MappingProxyType(
    {
        **dict.fromkeys(_EACH, _Reading.each),
        **dict.fromkeys(("carry", "carries", "carry-over"), _Reading.carry),
        **dict.fromkeys(("from", "starting", "beginning"), _Reading.begin),
        **dict.fromkeys(("until", "till", "to"), _Reading.end),
        "first-day": _Reading.first_day,
        "over": _Reading.over,
        "cliff": _Reading.cliff,
        "pro": _Reading.pro,
        **dict.fromkeys(("prorata", "pro-rata", "prorated"), _Reading.prorata),
        "from-pool": _Reading.from_pool,
        "from-treasury": _Reading.from_treasury,
        **dict.fromkeys(("returns", "returning"), _Reading.returns),
        "for": _Reading.reason,
    }
)


def _is_period_first(words: Sequence[str]) -> bool:
    """`weekly 500k`, as people say it too, for `500k weekly`."""
    said = [as_typed(word) for word in words[:2]]
    return len(said) > 1 and said[0].lower() in _PERIODS and _begins_amount(said[1])


def _is_quoted(words: Sequence[str]) -> bool:
    return bool(words) and as_typed(words[0])[:1] in _QUOTES


def _name(words: Sequence[str]) -> str:
    return " ".join(words).strip(_QUOTES + " ")


def _begins_amount(typed: str) -> bool:
    return typed.lstrip("+-−–.")[:1].isdigit()

"""Allowances told a second time, half an hour by half an hour; no rule of `bot` is used here.

Coins lie in a purse with the day on which they go bad. Every half hour the purse looks at its wall
calendar; on a new day it goes through its rules. Slow, and too simple to be wrong in the same way.
"""

import calendar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

STEP = timedelta(minutes=30)
DAY = timedelta(days=1)


@dataclass
class NaiveRule:
    """A rule, as somebody would say it."""

    name: str
    tokens: int
    period: str
    anchor: date
    starts_on: date
    last_on: date | None = None
    carry: int | None = 0
    is_prorated: bool = False
    parts: int = 0
    cliff: int = 0

    def lives(self, day: date) -> bool:
        return self.starts_on <= day and (self.last_on is None or day <= self.last_on)

    def begins(self, day: date) -> bool:
        """Whether one of its periods begins on a day of the calendar."""
        if self.period == "week":
            return day.weekday() == self.anchor.weekday()
        last_of_month = calendar.monthrange(day.year, day.month)[1]
        if day.day != min(self.anchor.day, last_of_month):
            return False
        months = {"month": 1, "quarter": 3, "year": 12}[self.period]
        return (day.month - self.anchor.month) % months == 0

    def next_begin(self, day: date) -> date:
        day += DAY
        while not self.begins(day):
            day += DAY
        return day

    def last_begin(self, day: date) -> date:
        while not self.begins(day):
            day -= DAY
        return day

    def vests(self) -> list[tuple[date, int]]:
        """The days of a package and the parts that come on each."""
        days, day = [], self.starts_on
        for number in range(1, self.parts + 1):
            day = later(self.starts_on, self.period, number)
            before = self.tokens * (number - 1) // self.parts
            days.append((day, self.tokens * number // self.parts - before))
        first = max(self.cliff, 1)
        together = (days[first - 1][0], sum(tokens for _, tokens in days[:first]))
        return [together, *days[first:]]


def later(day: date, period: str, count: int) -> date:
    """So many periods later, a step at a time from the first day."""
    if period == "week":
        return day + 7 * DAY * count
    year, month = day.year, day.month
    for _ in range(count * {"month": 1, "quarter": 3, "year": 12}[period]):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@dataclass
class Coin:
    """Tokens of one origin that go bad on the morning of a day, or never."""

    tokens: int
    bad_on: date | None
    rule: str | None
    number: int


@dataclass
class NaivePurse:
    """What one person has."""

    zone: ZoneInfo
    now: datetime
    rules: list[NaiveRule]
    coins: list[Coin] = field(default_factory=list)
    debt: int = 0
    #: Day, rule, credited, expired; a rule of None for what went bad outside any.
    diary: list[tuple[date, str | None, int, int]] = field(default_factory=list)
    minted: int = 0

    def __post_init__(self) -> None:
        self.today = self.now.astimezone(self.zone).date()
        self.morning()

    @property
    def balance(self) -> int:
        return sum(coin.tokens for coin in self.coins) - self.debt

    def wait_until(self, moment: datetime) -> None:
        while self.now + STEP <= moment:
            self.now += STEP
            day = self.now.astimezone(self.zone).date()
            if day > self.today:
                self.today = day
                self.morning()

    def morning(self) -> None:
        for rule in self.rules:
            if rule.parts:
                credited = sum(
                    n for day, n in rule.vests() if day == self.today and rule.lives(day)
                )
                if credited:
                    self.put(credited, None, rule.name)
                    self.diary.append((self.today, rule.name, credited, 0))
            elif rule.lives(self.today) and (
                rule.begins(self.today) or self.today == rule.starts_on
            ):
                self.period(rule)
        gone = self.throw_away([coin for coin in self.coins if coin.bad_on == self.today])
        if gone:
            self.diary.append((self.today, None, 0, gone))

    def period(self, rule: NaiveRule) -> None:
        old = [c for c in self.coins if c.rule == rule.name and c.bad_on == self.today]
        until = rule.next_begin(self.today)
        room = sum(coin.tokens for coin in old) if rule.carry is None else rule.carry
        for coin in sorted(old, key=lambda one: -one.number):
            stays = min(coin.tokens, room)
            room -= stays
            if stays:
                self.coins.append(Coin(stays, until, rule.name, coin.number))
            coin.tokens -= stays
        gone = self.throw_away(old)
        tokens = rule.tokens
        start = rule.last_begin(self.today)
        if rule.is_prorated and start != self.today:
            tokens = tokens * (until - self.today).days // (until - start).days
        if tokens:
            self.put(tokens, None if rule.carry is None else until, rule.name)
        if tokens or gone:
            self.diary.append((self.today, rule.name if tokens else None, tokens, gone))

    def put(self, tokens: int, bad_on: date | None, rule: str | None) -> None:
        paid = min(tokens, self.debt)
        self.debt -= paid
        self.minted += 1
        self.coins.append(Coin(tokens - paid, bad_on, rule, self.minted))

    def spend(self, tokens: int) -> None:
        """Soonest to go bad first; what is not there is owed."""
        for coin in sorted(self.coins, key=lambda c: (c.bad_on or date.max, c.number)):
            part = min(coin.tokens, tokens)
            coin.tokens -= part
            tokens -= part
        self.debt += tokens

    def throw_away(self, coins: list[Coin]) -> int:
        gone = sum(coin.tokens for coin in coins)
        self.coins = [coin for coin in self.coins if coin not in coins]
        return gone

    @property
    def expiring(self) -> list[tuple[date, int]]:
        """Day on which it goes bad, and how much of it, in the order of spending."""
        live = [coin for coin in self.coins if coin.bad_on is not None and coin.tokens]
        return [
            (coin.bad_on or date.max, coin.tokens)
            for coin in sorted(live, key=lambda c: (c.bad_on or date.max, c.number))
        ]

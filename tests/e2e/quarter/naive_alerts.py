"""Alerts told a second time, a look at a time; no rule of `bot` is used here.

A watch looks at a purse at every step. It keeps a list of what it noted: a period, a threshold, and
whether that was told.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.domain.naive_allowances import DAY, NaivePurse, NaiveRule

PACE = -1
HOUR = timedelta(hours=1)
#: So long an entry is looked at again.
OVERLAP = timedelta(minutes=2)


def is_quiet(moment: datetime, zone: ZoneInfo) -> bool:
    local = moment.astimezone(zone)
    return local.weekday() >= 5 or local.hour >= 20 or local.hour < 8


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


@dataclass
class Noted:
    period_on: date
    threshold: int
    is_told: bool = False


@dataclass
class Watch:
    """Who looks at a purse, and what came of it."""

    purse: NaivePurse
    rule: NaiveRule | None
    #: The zone of whoever is told; the purse has that of the team.
    zone: ZoneInfo
    noted: list[Noted] = field(default_factory=list)
    #: Threshold and period of each that was told.
    told: list[tuple[int, date]] = field(default_factory=list)
    #: The days, in UTC, of tokens that expire.
    expiries: list[date] = field(default_factory=list)
    uses: list[tuple[datetime, int]] = field(default_factory=list)
    seen: int = 0
    last: datetime | None = None
    #: What it pays its people a week, by rule alone: its pace is the seventh part of that a day.
    pays_weekly: int = 0
    _waiting: list[tuple[datetime, date]] = field(default_factory=list)
    _credited: list[tuple[datetime, bool]] = field(default_factory=list)
    _looked: set[date] = field(default_factory=set)

    def use(self, at: datetime, tokens: int) -> None:
        self.uses.append((at, tokens))
        self.purse.spend(tokens)

    def put(self, at: datetime, tokens: int) -> None:
        self.purse.put(tokens, None, None)
        self._credited.append((at, True))

    def look(self, now: datetime) -> None:
        """A step of the clock, and all that it tells."""
        for _, _, credited, _ in self.purse.diary[self.seen :]:
            self._credited.append((now, credited > 0))
        self.seen = len(self.purse.diary)
        since = (self.last or now - DAY) - OVERLAP
        came = [is_credit for at, is_credit in self._credited if at >= since]
        if came or any(at >= since for at, _ in self.uses):
            self._note(now, is_credited=any(came))
        self._tell(now)
        self._tell_of_expiry(now)
        self.last = now

    def _today(self, now: datetime) -> date:
        return now.astimezone(self.purse.zone).date()

    def _period_on(self, now: datetime) -> date:
        """Of a rule that credits again, else the month."""
        today = self._today(now)
        if self.rule is None or self.rule.parts:
            return self._package_period_on(today)
        return self.rule.last_begin(today)

    def _package_period_on(self, today: date) -> date:
        if self.rule is not None and any(day > today for day, _ in self.rule.vests()):
            return self.rule.last_begin(today)
        return today.replace(day=1)

    def _next_on(self, now: datetime) -> date | None:
        today = self._today(now)
        if self.rule is None:
            return None
        if self.rule.parts:
            return min((day for day, _ in self.rule.vests() if day > today), default=None)
        return self.rule.next_begin(today)

    def _is_passed(self, threshold: int, now: datetime) -> bool:
        available = self.purse.balance
        if threshold == PACE:
            return self._runs_out_early(now)
        since = midnight(self._period_on(now), self.purse.zone)
        total = available + sum(tokens for at, tokens in self.uses if at >= since)
        return available <= 0 or available * 100 <= threshold * total

    def _runs_out_early(self, now: datetime) -> bool:
        today, zone, next_on = self._today(now), self.purse.zone, self._next_on(now)
        if not self.uses or next_on is None or self.purse.balance <= 0:
            return False
        early = midnight(next_on, zone) - DAY - now  # what lasts may lie beyond all dates
        if self.pays_weekly:
            lasts = timedelta(seconds=self.purse.balance * 7 * 86_400 // self.pays_weekly)
            return lasts < early
        days = min(14, (today - self.uses[0][0].astimezone(zone).date()).days)
        lately = sum(
            tokens
            for at, tokens in self.uses
            if today - 14 * DAY <= at.astimezone(zone).date() < today
        )
        if days < 3 or not lately:
            return False
        lasts = timedelta(seconds=self.purse.balance * days * 86_400 // lately)
        return lasts < early

    def _note(self, now: datetime, *, is_credited: bool) -> None:
        period_on = self._period_on(now)
        passed = [one for one in (20, 5, 0) if self._is_passed(one, now)]
        if not passed and self._is_passed(PACE, now):
            passed = [PACE]
        current = [one for one in self.noted if one.period_on == period_on]
        for one in current:
            may_lift = is_credited or one.threshold != PACE
            if may_lift and not self._is_passed(one.threshold, now):
                self.noted.remove(one)
        known = {one.threshold for one in current}
        self.noted += [Noted(period_on, one) for one in passed if one not in known]

    def _tell(self, now: datetime) -> None:
        period_on = self._period_on(now)
        if all(one.is_told for one in self.noted):
            return
        standing = [
            one
            for one in self.noted
            if one.period_on == period_on and self._is_passed(one.threshold, now)
        ]
        self.noted = [one for one in self.noted if one.is_told or one in standing]
        untold = [one for one in standing if not one.is_told]
        if not untold:
            return
        lead = min(standing, key=lambda one: 101 if one.threshold == PACE else one.threshold)
        if not lead.is_told:
            if lead.threshold != 0 and is_quiet(now, self.zone):
                return  # it waits until that is over, and is looked at again then
            self.told.append((lead.threshold, period_on))
        for one in untold:
            one.is_told = True

    def _tell_of_expiry(self, now: datetime) -> None:
        """Once for each day on which something goes bad, when it is near and not quiet."""
        soon = {
            coin.bad_on
            for coin in self.purse.coins
            if coin.bad_on is not None
            and coin.tokens
            and coin.bad_on not in self._looked
            and now < midnight(coin.bad_on, self.purse.zone) <= now + 6 * DAY
        }
        for day in sorted(soon):
            self._looked.add(day)
            at = midnight(day, self.purse.zone) - 2 * DAY
            while is_quiet(at, self.zone):
                at -= HOUR
            self._waiting.append((at, day))
        for at, day in list(self._waiting):
            if at <= now and not is_quiet(now, self.zone):
                self._waiting.remove((at, day))
                self._expires(day, now)

    def _expires(self, day: date, now: datetime) -> None:
        if self.rule is None or self.rule.period == "week" or self.rule.carry is None:
            return  # it comes again in two days, or never goes
        lost = sum(coin.tokens for coin in self.purse.coins if coin.bad_on == day)
        lost -= self.rule.carry
        if lost <= 0 or midnight(day, self.purse.zone) <= now:
            return
        assert lost * 10 >= self.purse.balance, "this story is about what is worth a message"
        self.expiries.append(midnight(day, self.purse.zone).date())

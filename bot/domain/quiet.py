"""Quiet hours: when a person is not to be disturbed, in their own zone, whatever its clocks do."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain import periods

_SATURDAY = 5
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one full hour to another, the same twice for none; and Saturdays and Sundays, or not."""

    zone: ZoneInfo
    from_hour: int = 20
    to_hour: int = 8
    has_weekends: bool = True

    def cover(self, moment: datetime) -> bool:
        """Whether it is quiet then."""
        local = moment.astimezone(self.zone)
        return self._is_weekend(local) or self._is_night(local)

    def end_after(self, moment: datetime) -> datetime:
        """The first moment from this one on that is not quiet; often this one itself."""
        while self.cover(moment):
            moment = self._next_change(moment)
        return moment

    def last_before(self, moment: datetime) -> datetime:
        """This moment, or where it is quiet, an hour of the last time before that is not.

        No quiet stretch is longer than a week, since an hour of each weekday is always free.
        """
        while self.cover(moment):
            moment -= _HOUR
        return moment

    def _is_weekend(self, local: datetime) -> bool:
        return self.has_weekends and local.weekday() >= _SATURDAY

    def _is_night(self, local: datetime) -> bool:
        if self.from_hour <= self.to_hour:
            return self.from_hour <= local.hour < self.to_hour
        return local.hour >= self.from_hour or local.hour < self.to_hour

    def _next_change(self, moment: datetime) -> datetime:
        """A later moment, up to which it stays quiet."""
        local = moment.astimezone(self.zone)
        tomorrow = local.date() + timedelta(days=1)
        if self._is_weekend(local):
            return _later(periods.start_of(tomorrow, self.zone), moment)
        is_evening = self.from_hour > self.to_hour and local.hour >= self.from_hour
        day = tomorrow if is_evening else local.date()
        return _later(periods.moment_of(day, self.to_hour, self.zone), moment)


def _later(change: datetime, moment: datetime) -> datetime:
    """Where clocks are set back over the change it would lie in the past: then a minute on."""
    return change if change > moment else moment.astimezone(UTC) + timedelta(minutes=1)

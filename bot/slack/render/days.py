"""Days and stretches of time in words. They are a team's days, so Slack must not shift them."""

from datetime import date, timedelta

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_YEAR_DAYS = 365
#: From two of a unit on it says enough; before, the smaller one does.
_ENOUGH = 2


def day(text: str) -> str:
    """`9 March`."""
    on = date.fromisoformat(text)
    return f"{on.day} {_MONTHS[on.month - 1]}"


def week(monday: str) -> str:
    """`2–8 March 2026`, `23 February – 1 March 2026`."""
    first = date.fromisoformat(monday)
    return span(first, first + timedelta(days=6))


def span(first: date, last: date) -> str:
    """`8 March 2026`, `2–8 March 2026`, `23 February – 1 March 2026`."""
    end = f"{day(last.isoformat())} {last.year}"
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    year = f" {first.year}" if first.year != last.year else ""
    return f"{day(first.isoformat())}{year} – {end}"


def lasting(count: int, until: str | None) -> str:
    """`35 days, until about 13 April`; beyond a year the day would be no more than a guess."""
    if count < 1:
        return "less than a day"
    if count > _YEAR_DAYS:
        return "more than a year"
    return counted(count, "day") + (f", until about {day(until)}" if until else "")


def waited(seconds: int) -> str:
    """`40 minutes`, `5 hours`, `3 days`."""
    for size, unit in ((_DAY, "day"), (_HOUR, "hour")):
        if seconds >= _ENOUGH * size:
            return counted(seconds // size, unit)
    return counted(max(seconds // _MINUTE, 1), "minute")


def counted(count: int, thing: str) -> str:
    """`1 day`, `3 days`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"

"""Slack's `<!date^…>` tokens, shown in the reader's zone."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo

_FIELD = re.compile(r"\{(\w+)\}")


def shown(token: str, fallback: str, *, zone: tzinfo, now: datetime) -> str:
    """The words of `!date^seconds^format[^link]`, or the fallback when it is malformed."""
    _, _, rest = token.partition("^")
    seconds, _, form = rest.partition("^")
    form = form.partition("^")[0]
    try:
        moment = datetime.fromtimestamp(int(seconds), UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        return fallback
    if any(name not in _FORMATS for name in _FIELD.findall(form)):
        return fallback
    here = now.astimezone(zone)
    return _FIELD.sub(lambda match: _FORMATS[match.group(1)](moment, here), form)


def clock_time(moment: datetime) -> str:
    """A time as Slack writes it beside a message."""
    return moment.strftime("%H:%M")


def _date(moment: datetime, _now: datetime) -> str:
    return f"{moment:%B} {moment.day}, {moment.year}"


def _short(moment: datetime, _now: datetime) -> str:
    return f"{moment:%b} {moment.day}, {moment.year}"


def _long(moment: datetime, _now: datetime) -> str:
    return f"{moment:%A}, {_date(moment, _now)}"


def _pretty(otherwise: Callable[[datetime, datetime], str]) -> Callable[[datetime, datetime], str]:
    def format_one(moment: datetime, now: datetime) -> str:
        days = {0: "today", -1: "yesterday", 1: "tomorrow"}
        apart = (moment.date() - now.date()).days
        return days.get(apart) or otherwise(moment, now)

    return format_one


def _ago(moment: datetime, now: datetime) -> str:
    gone = now - moment
    units = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)))
    for word, unit in units:
        count = abs(gone) // unit
        if count:
            plural = "" if count == 1 else "s"
            return f"{count} {word}{plural} ago" if gone > timedelta() else f"in {count} {word}s"
    minutes = abs(gone) // timedelta(minutes=1)
    return f"{minutes} minutes ago" if gone > timedelta() else f"in {minutes} minutes"


_FORMATS: Mapping[str, Callable[[datetime, datetime], str]] = {
    "date_num": lambda moment, _now: moment.strftime("%Y-%m-%d"),
    "date": _date,
    "date_short": _short,
    "date_long": _long,
    "date_pretty": _pretty(_date),
    "date_short_pretty": _pretty(_short),
    "date_long_pretty": _pretty(_long),
    "day_divider_pretty": _pretty(_long),
    "time": lambda moment, _now: moment.strftime("%H:%M"),
    "time_secs": lambda moment, _now: moment.strftime("%H:%M:%S"),
    "ago": _ago,
}

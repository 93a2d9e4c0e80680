"""What is to be told of silences: each once, and a reminder of what goes on for a week."""

from datetime import UTC, datetime, timedelta

from bot.domain import silences
from bot.domain.silences import Silence
from bot.domain.sources import SourceState
from bot.domain.usage_events import SourceRole

DAY = timedelta(days=1)
HEARD = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SINCE = "2026-03-02T09:30:00.000000+00:00"


def state(
    *, heard_at: datetime = HEARD, is_silent: bool = True, is_companys: bool = True
) -> SourceState:
    return SourceState(
        source="litellm",
        role=SourceRole.GATEWAY,
        last_occurred_at=heard_at,
        last_received_at=heard_at,
        events=1,
        tokens=1,
        compared=0,
        gap=None,
        nobodys=0,
        is_silent=is_silent,
        is_companys=is_companys,
    )


def due(
    now: datetime,
    *,
    told: datetime | None = None,
    reminded: datetime | None = None,
    found: SourceState | None = None,
) -> list[Silence]:
    return silences.due(
        [found or state()],
        told={"litellm": told} if told else {},
        reminded={"litellm": reminded} if reminded else {},
        now=now,
    )


FIRST = Silence(source="litellm", heard_at=HEARD, is_reminder=False)
AGAIN = Silence(source="litellm", heard_at=HEARD, is_reminder=True)


def test_a_silence_is_told_once() -> None:
    told = HEARD + 2 * DAY

    assert due(told) == [FIRST]
    assert due(told + DAY, told=told) == []


def test_a_source_that_is_heard_is_not_told_of() -> None:
    assert due(HEARD, found=state(is_silent=False)) == []


def test_a_source_that_is_not_the_companys_is_never_told_of() -> None:
    told = HEARD + 2 * DAY

    assert due(told, found=state(is_companys=False)) == []
    assert due(told + 8 * DAY, told=told, found=state(is_companys=False)) == []


def test_after_a_week_of_silence_comes_one_reminder() -> None:
    told = HEARD + 2 * DAY
    week_later = told + 7 * DAY

    assert due(week_later - timedelta(seconds=1), told=told) == []
    assert due(week_later, told=told) == [AGAIN]
    assert due(week_later + DAY, told=told, reminded=week_later) == []


def test_a_source_that_was_heard_between_is_told_of_anew() -> None:
    earlier = HEARD - 3 * DAY

    assert due(HEARD + 2 * DAY, told=earlier) == [FIRST]
    assert due(HEARD + 2 * DAY, told=earlier, reminded=earlier + DAY) == [FIRST]
    assert due(HEARD, told=earlier - 7 * DAY, found=state(is_silent=False)) == []


def test_first_word_and_reminder_are_two_things_to_be_told_once() -> None:
    assert FIRST.since == SINCE
    assert FIRST.key != AGAIN.key


def test_only_what_was_not_heard_since_goes_on() -> None:
    later = state(heard_at=HEARD + DAY, is_silent=False)

    assert silences.ongoing([state(is_silent=False)], {"litellm": SINCE}) == [
        state(is_silent=False)
    ]
    assert silences.ongoing([later], {"litellm": SINCE}) == []
    assert silences.ongoing([state()], {"app": SINCE}) == []

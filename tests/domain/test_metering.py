"""Of several sources that see the same calls, one is charged at each moment."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.metering import QUIET, Shift, in_charge, later, next_shift
from bot.domain.usage_events import SourceRole

GATEWAY, TELEMETRY, REPORT = SourceRole.GATEWAY, SourceRole.TELEMETRY, SourceRole.REPORT
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
batches = st.lists(
    st.tuples(
        st.sampled_from(tuple(SourceRole)),
        st.lists(st.integers(0, 60 * 24), min_size=1, max_size=4),
    ),
    max_size=20,
)


def taken(shifts: list[Shift], role: SourceRole, times: list[datetime]) -> list[datetime]:
    """The events of a batch that are charged; `shifts` becomes what stands afterwards."""
    begun = next_shift(shifts, role, min(times))
    if begun is not None:
        shifts.append(begun)
    if shifts[-1].role is role and (moved := later(shifts[-1], max(times))):
        shifts[-1] = moved
    return [at for at in times if in_charge(shifts, at) is role]


def test_whoever_comes_first_is_in_charge_for_ever_before() -> None:
    shifts: list[Shift] = []

    assert taken(shifts, TELEMETRY, [NOON]) == [NOON]
    assert taken(shifts, TELEMETRY, [NOON - 24 * HOUR]) == [NOON - 24 * HOUR]


def test_a_surer_source_takes_over_where_the_other_ends() -> None:
    shifts: list[Shift] = []
    taken(shifts, TELEMETRY, [NOON])

    assert taken(shifts, GATEWAY, [NOON - HOUR, NOON, NOON + HOUR]) == [NOON + HOUR]
    assert taken(shifts, TELEMETRY, [NOON + HOUR, NOON - HOUR]) == [NOON - HOUR]


def test_a_less_sure_source_takes_over_only_after_a_week_of_silence() -> None:
    shifts: list[Shift] = []
    taken(shifts, GATEWAY, [NOON])

    assert taken(shifts, TELEMETRY, [NOON + QUIET]) == []
    assert taken(shifts, TELEMETRY, [NOON + QUIET + HOUR]) == [NOON + QUIET + HOUR]
    assert taken(shifts, GATEWAY, [NOON + QUIET + 2 * HOUR]) == [NOON + QUIET + 2 * HOUR]


def test_a_reports_day_is_charged_to_it_whole_when_a_gateway_begins_within_it() -> None:
    shifts: list[Shift] = []
    taken(shifts, REPORT, [NOON])

    assert taken(shifts, GATEWAY, [NOON + HOUR, NOON + 11 * HOUR, NOON + 12 * HOUR]) == [
        NOON + 12 * HOUR
    ]
    assert taken(shifts, REPORT, [NOON]) == [NOON]
    assert taken(shifts, REPORT, [NOON + 24 * HOUR]) == []


def test_a_gateway_after_a_reports_last_day_is_charged_from_its_own_first_day_on() -> None:
    shifts: list[Shift] = []
    taken(shifts, REPORT, [NOON - 48 * HOUR])

    assert taken(shifts, GATEWAY, [NOON]) == [NOON]
    assert taken(shifts, GATEWAY, [NOON - 12 * HOUR, NOON - 13 * HOUR]) == [NOON - 12 * HOUR]
    assert taken(shifts, REPORT, [NOON - 24 * HOUR, NOON]) == [NOON - 24 * HOUR]


def test_a_report_that_takes_over_does_so_for_whole_days() -> None:
    shifts: list[Shift] = []
    taken(shifts, GATEWAY, [NOON])
    day = NOON + QUIET + 12 * HOUR

    assert taken(shifts, REPORT, [day + 12 * HOUR]) == [day + 12 * HOUR]
    assert taken(shifts, GATEWAY, [day + HOUR, day - HOUR, day + 24 * HOUR]) == [
        day - HOUR,
        day + 24 * HOUR,
    ]


def test_a_gateways_last_event_is_written_down_once_an_hour() -> None:
    shift = Shift(since=None, role=GATEWAY, last_at=NOON)

    assert later(shift, NOON + HOUR) is None
    assert later(shift, NOON + HOUR + timedelta(seconds=1)) is not None
    assert later(Shift(since=None, role=TELEMETRY, last_at=NOON), NOON + timedelta(seconds=1))


@given(batches)
def test_no_day_is_charged_to_a_report_and_to_another(
    given_batches: list[tuple[SourceRole, list[int]]],
) -> None:
    shifts: list[Shift] = []
    charged: dict[date, set[SourceRole]] = {}
    for role, hours in given_batches:
        for at in taken(shifts, role, [NOON + hour * HOUR for hour in hours]):
            charged.setdefault(at.date(), set()).add(role)

    assert [roles for roles in charged.values() if REPORT in roles and len(roles) > 1] == []


@given(batches)
def test_no_moment_is_charged_to_two_kinds_of_source(
    given_batches: list[tuple[SourceRole, list[int]]],
) -> None:
    shifts: list[Shift] = []
    charged: dict[datetime, set[SourceRole]] = {}
    for role, hours in given_batches:
        times = [NOON + hour * HOUR for hour in hours]
        for at in taken(shifts, role, times):
            charged.setdefault(at, set()).add(role)

    assert all(len(roles) == 1 for roles in charged.values())


@given(st.sampled_from(tuple(SourceRole)), st.lists(st.integers(0, 1000), min_size=1, max_size=9))
def test_a_source_that_is_alone_is_charged_for_everything(
    role: SourceRole, hours: list[int]
) -> None:
    shifts: list[Shift] = []

    for hour in hours:
        at = NOON + hour * HOUR
        assert taken(shifts, role, [at]) == [at]

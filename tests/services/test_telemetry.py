"""OpenTelemetry into the books, on both databases: each token of a session counts once."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import permutations

import pytest
from google.protobuf.message import Message

from bot.adapters import otlp
from bot.adapters.otlp import Encoding
from bot.domain.directory import UserId
from bot.domain.telemetry import Heard, Signal
from bot.schedule import tick
from bot.services import books, telemetry
from tests import otlp_bodies as bodies
from tests.company import Company
from tests.threads import at_once

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
NOW = NOON + timedelta(minutes=10)
MINUTE_NS = 60 * 10**9
FUNDS = 10_000_000
LOGS, METRICS, TRACES = Signal.LOGS, Signal.METRICS, Signal.TRACES


def send(
    company: Company,
    signal: Signal,
    message: Message,
    *,
    owner: UserId | None = None,
    now: datetime = NOW,
) -> Heard:
    """A request of a person's own key, or of a key that is nobody's."""
    body = bodies.encoded(message)
    reading = otlp.read(signal, Encoding.PROTOBUF, body, sender=owner or "key-1")
    return telemetry.take_in(
        company.database, company.workspace_id, reading, owner=owner, actor="key:key-1", now=now
    )


def sent_at_once(requests: Sequence[Callable[[], Heard]]) -> list[Heard]:
    return [running.result() for running in at_once(requests)]


def spent(company: Company, user: UserId) -> int:
    """What a member who had `FUNDS` used, once the books were found right."""
    assert [str(wrong) for wrong in books.check(company.database)] == []
    return FUNDS - company.available(user)


def metric(at: int = 0, session: str = "s-1", /, **classes: float) -> Message:
    """Claude Code's metric, `at` minutes after noon: what was used in the minute before."""
    at_ns = bodies.NOON_NS + at * MINUTE_NS
    points = bodies.claude_points(session, **classes)
    return bodies.sums("claude_code.token.usage", points, at_ns=at_ns, start_ns=at_ns - MINUTE_NS)


def growing(at: int, start: int = 0, session: str = "s-1", /, **classes: float) -> Message:
    """The same as what was used since its sender started."""
    return bodies.sums(
        "claude_code.token.usage",
        bodies.claude_points(session, **classes),
        at_ns=bodies.NOON_NS + at * MINUTE_NS,
        start_ns=bodies.NOON_NS + start * MINUTE_NS,
        temporality=bodies.CUMULATIVE,
    )


def test_calls_are_charged_once_however_often_they_are_sent(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)
    both = bodies.api_request(sequence=1)
    both.MergeFrom(bodies.api_request(sequence=2))

    first, again = (send(company, LOGS, both, owner=alice) for _ in range(2))

    assert first == Heard(accepted=2)
    assert again == Heard(duplicates=2)
    assert spent(company, alice) == 2 * 1_240


def test_the_event_keeps_counts_and_cost_and_nothing_of_the_person(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)

    send(company, LOGS, bodies.api_request(), owner=alice)

    (row,) = company.rows("SELECT * FROM usage_event WHERE workspace_id = :workspace_id")
    assert (row["source"], row["role"], row["identity_id"]) == ("claude-code", "telemetry", None)
    assert [row[n] for n in ("input_uncached", "cache_read", "cache_write", "output")] == [
        10,
        1_000,
        200,
        30,
    ]
    assert (row["cost_nano"], row["details"]) == (1_500_000, "")


def test_deltas_add_up_also_after_a_restart(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)
    exports = [metric(0, input=10, cacheRead=1_000), metric(1, input=20, output=7)]
    restarted = metric(3, input=5)

    for export in (*exports, restarted, *exports):
        send(company, METRICS, export, owner=alice)

    assert spent(company, alice) == 1_010 + 27 + 5


# Minutes, when the sender began, and what its counter says.
@pytest.mark.parametrize(
    ("exports", "expected"),
    [
        pytest.param([(1, 0, 10), (2, 0, 30), (3, 0, 30)], 30, id="grows and stands"),
        pytest.param([(1, 0, 10), (2, 0, 30), (2, 0, 30), (1, 0, 10)], 30, id="sent again"),
        pytest.param([(2, 0, 30), (1, 0, 10)], 30, id="the wrong way round"),
        pytest.param([(1, 0, 30), (3, 2, 5), (4, 2, 6)], 36, id="the sender restarts"),
        pytest.param([(1, 0, 30), (3, 2, 5), (4, 0, 31)], 36, id="and says its last late"),
        pytest.param([(1, 0, 30), (2, 0, 4), (3, 0, 9)], 39, id="it resets and doesn't say so"),
    ],
)
def test_growing_figures_are_charged_by_what_they_grew(
    company: Company, exports: list[tuple[int, int, int]], expected: int
) -> None:
    alice = company.member("alice", available=FUNDS)

    for at, start, total in exports:
        send(company, METRICS, growing(at, start, input=total), owner=alice)

    assert spent(company, alice) == expected


def test_a_growing_figure_counts_on_each_of_its_days(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)

    for at, total in ((1, 100), (24 * 60, 130)):
        export = growing(at, input=total)
        send(company, METRICS, export, owner=alice, now=NOON + timedelta(minutes=at))

    rows = company.rows(
        "SELECT day, tokens FROM rollup WHERE workspace_id = :workspace_id ORDER BY day"
    )
    assert [(row["day"], row["tokens"]) for row in rows] == [
        ("2026-11-29", 100),
        ("2026-11-30", 30),
    ]


def test_exports_of_one_series_at_once_are_charged_by_the_last(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)
    exports = [growing(1 + n, input=100 * (n + 1), output=10 * (n + 1)) for n in range(8)]

    heard = sent_at_once(
        [partial(send, company, METRICS, one, owner=alice) for one in [*exports, *exports]]
    )

    assert all(one.rejected == 0 for one in heard)
    assert spent(company, alice) == 880


def test_an_export_sent_by_two_at_once_is_charged_once(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)
    export = growing(1, input=100, output=10)

    heard = sent_at_once([partial(send, company, METRICS, export, owner=alice)] * 8)

    assert sum(one.accepted for one in heard) == 1
    assert spent(company, alice) == 110


def test_more_series_than_fit_a_commit_are_all_charged(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)
    sessions = 2 * telemetry.CHUNK + 1
    body = growing(1, 0, "s-0", input=3)
    for n in range(1, sessions):
        body.MergeFrom(growing(1, 0, f"s-{n}", input=3))

    heard = send(company, METRICS, body, owner=alice)

    assert heard == Heard(accepted=sessions)
    assert spent(company, alice) == 3 * sessions


# The same calls come by several signals. A session's first is counted, and no other.

CALL: bodies.Attributes = {"gen_ai.usage.input_tokens": 500, "gen_ai.usage.output_tokens": 20}


def claude_code_by(signal: Signal) -> list[Message]:
    """Two calls of 1,240 tokens, as logs or as a metric's two intervals."""
    if signal is LOGS:
        return [bodies.api_request(sequence=1), bodies.api_request(sequence=2)]
    one = {"input": 10, "cacheRead": 1_000, "cacheCreation": 200, "output": 30}
    return [metric(at, **one) for at in (0, 1)]


def growing_by(signal: Signal) -> list[Message]:
    if signal is LOGS:
        return claude_code_by(LOGS)
    one = {"input": 10, "cacheRead": 1_000, "cacheCreation": 200, "output": 30}
    return [growing(at, **{k: at * n for k, n in one.items()}) for at in (1, 2)]


def genai_by(signal: Signal) -> list[Message]:
    if signal is TRACES:
        return [bodies.span(CALL, number=1), bodies.span(CALL, number=2)]
    return [
        bodies.histogram(
            bodies.genai_points(input=500, output=20), at_ns=bodies.NOON_NS + at * MINUTE_NS
        )
        for at in (0, 1)
    ]


@pytest.mark.parametrize(
    ("told_by", "signals", "expected"),
    [
        pytest.param(claude_code_by, (LOGS, METRICS), 2 * 1_240, id="Claude Code"),
        pytest.param(growing_by, (LOGS, METRICS), 2 * 1_240, id="Claude Code, cumulative"),
        pytest.param(genai_by, (TRACES, METRICS), 2 * 520, id="GenAI conventions"),
    ],
)
def test_a_session_that_two_signals_tell_of_counts_once_in_any_order(
    company: Company,
    told_by: Callable[[Signal], list[Message]],
    signals: tuple[Signal, Signal],
    expected: int,
) -> None:
    one, other = signals
    # Each signal in its own order, both mixed in every way.
    for number, order in enumerate(sorted(set(permutations([one, one, other, other])))):
        name = company.member(f"m{number}", available=FUNDS)
        waiting = {signal: told_by(signal) for signal in signals}

        for signal in order:
            send(company, signal, waiting[signal].pop(0), owner=name)

        assert spent(company, name) == expected, order


def test_what_another_signal_is_counted_for_is_accepted_and_not_charged(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)
    send(company, LOGS, bodies.api_request(), owner=alice)

    heard = send(company, METRICS, metric(input=10), owner=alice)

    assert heard == Heard(elsewhere=1)


def test_another_session_and_another_persons_choose_anew(company: Company) -> None:
    alice, bob = company.member("alice", available=FUNDS), company.member("bob", available=FUNDS)
    send(company, LOGS, bodies.api_request(), owner=alice)

    send(company, METRICS, metric(0, "s-2", input=10), owner=alice)
    send(company, METRICS, metric(input=10), owner=bob)

    assert (spent(company, alice), spent(company, bob)) == (1_240 + 10, 10)


def test_a_signal_too_late_to_be_booked_keeps_no_other_from_counting(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)
    late = metric(-100 * 24 * 60, input=10, output=5)

    heard = send(company, METRICS, late, owner=alice)
    send(company, LOGS, bodies.api_request(), owner=alice)

    assert (heard.accepted, heard.rejected) == (0, 2)
    assert "90 days" in heard.errors[0]
    assert spent(company, alice) == 1_240


def test_a_session_keeps_its_signal_for_as_long_as_it_is_heard_of(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)
    send(company, LOGS, bodies.api_request(), owner=alice)

    much_later = NOW + timedelta(days=40)
    heard = send(company, METRICS, metric(40 * 24 * 60, input=10), owner=alice, now=much_later)

    assert heard == Heard(elsewhere=1)
    (row,) = company.rows("SELECT signal, seen_at FROM signal WHERE workspace_id = :workspace_id")
    assert row["signal"] == "logs"
    assert str(row["seen_at"]).startswith("2027-01-08")


def test_two_signals_that_tell_of_a_session_at_once_are_counted_as_one(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)
    one = {"input": 10, "cacheRead": 1_000, "cacheCreation": 200, "output": 30}

    sent_at_once(
        [
            *[partial(send, company, LOGS, bodies.api_request(), owner=alice)] * 4,
            *[partial(send, company, METRICS, metric(**one), owner=alice)] * 4,
        ]
    )

    assert spent(company, alice) == 1_240


# Whose it is.


def test_a_bound_key_charges_its_person_whatever_the_sender_says(company: Company) -> None:
    alice, bob = company.member("alice", available=FUNDS), company.member("bob", available=FUNDS)
    said = bodies.api_request(resource={**bodies.CLAUDE_CODE, "slack.user": bob})

    send(company, LOGS, said, owner=alice)

    assert (spent(company, alice), spent(company, bob)) == (1_240, 0)


def test_a_key_that_is_nobodys_charges_whom_the_sender_names(company: Company) -> None:
    bob = company.member("bob", available=FUNDS)
    said = bodies.api_request(resource={**bodies.CLAUDE_CODE, "slack.user": bob})

    send(company, LOGS, said)

    assert spent(company, bob) == 1_240


def test_what_is_counted_as_accepted_is_what_is_committed(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)
    body = bodies.api_request(sequence=1)
    for sequence, input_tokens in ((2, -1), (3, 20), (1, 10), (4, 10**11)):
        body.MergeFrom(bodies.api_request(sequence=sequence, input_tokens=input_tokens))

    heard = send(company, LOGS, body, owner=alice)

    assert (heard.accepted, heard.duplicates, heard.rejected) == (2, 1, 2)
    rows = company.rows("SELECT count(*) AS n FROM usage_event WHERE workspace_id = :workspace_id")
    assert rows[0]["n"] == heard.accepted
    assert spent(company, alice) == 1_240 + 1_250


def test_gains_that_no_call_can_have_are_rejected_and_later_ones_are_not(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)

    heard = [
        send(company, METRICS, growing(at, input=total), owner=alice)
        for at, total in ((1, 10**11), (2, 10**11 + 7))
    ]

    assert [(one.accepted, one.rejected) for one in heard] == [(0, 1), (1, 0)]
    assert spent(company, alice) == 7


def remembered(company: Company) -> tuple[int, int]:
    """How many series and sessions are known."""
    found = company.rows(
        "SELECT (SELECT COUNT(*) FROM series) AS series, (SELECT COUNT(*) FROM signal) AS signals"
    )
    return int(str(found[0]["series"])), int(str(found[0]["signals"]))


def test_what_ended_long_ago_is_forgotten_and_what_may_still_come_is_not(company: Company) -> None:
    alice = company.member("alice", available=FUNDS)
    send(company, METRICS, growing(1, input=10), owner=alice)

    tick(company.database, NOW + telemetry.HEARD_KEPT)
    kept = remembered(company)
    tick(company.database, NOW + telemetry.HEARD_KEPT + timedelta(minutes=1))

    assert (kept, remembered(company)) == ((1, 1), (0, 0))
    assert spent(company, alice) == 10

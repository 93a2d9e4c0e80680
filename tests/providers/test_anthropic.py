"""What Anthropic's two reports say becomes usage events, and nothing is in them twice."""

from datetime import UTC, date, datetime

import pytest

from bot.domain.counts import COUNT_MAX, Counts
from bot.domain.pulls import ProviderAway
from bot.domain.usage_events import UsageEvent
from bot.providers.anthropic import CLAUDE_CODE, Anthropic
from tests.providers.vendors import Fault, Row, Vendors, coding, message, used

DAY = date(2026, 3, 1)
REPORT = "/v1/organizations/usage_report/claude_code"


def only(events: tuple[UsageEvent, ...]) -> UsageEvent:
    (event,) = events
    return event


def by_id(event: UsageEvent) -> str:
    return event.external_id


def coded(provider: Anthropic) -> dict[tuple[str, str], UsageEvent]:
    events = provider.day(DAY, revision=1).events
    return {(one.user, one.model): one for one in events if one.source == CLAUDE_CODE}


def test_a_row_of_messages_is_an_event_with_disjoint_classes(
    vendors: Vendors, of_anthropic: Anthropic
) -> None:
    vendors.anthropic_users = {"user_ann": "ann@example.com"}
    vendors.messages[DAY] = [
        message(
            account_id="user_ann",
            workspace_id="wrkspc_1",
            uncached_input_tokens=1_000,
            cache_creation={"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 3},
            cache_read_input_tokens=400_000,
            output_tokens=5_000,
        )
    ]

    event = only(of_anthropic.day(DAY, revision=9).events)

    assert event.counts == Counts(
        input_uncached=1_000, cache_read=400_000, cache_write=23, output=5_000
    )
    assert (event.source, event.provider, event.user) == (
        "anthropic",
        "anthropic",
        "ann@example.com",
    )
    assert (event.project, event.metadata) == ("wrkspc_1", {"api_key_id": "apikey_1"})
    assert event.occurred_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert event.revision == 9


@pytest.mark.parametrize(
    ("fields", "user"),
    [
        ({"account_id": "user_gone"}, "user_gone"),
        ({"service_account_id": "svac_1"}, "svac_1"),
        ({}, "api_key:apikey_1"),
        ({"api_key_id": None}, ""),
        ({"api_key_id": None, "model": None, "cache_creation": None}, ""),
    ],
)
def test_a_caller_is_named_as_well_as_it_is_known(
    vendors: Vendors, of_anthropic: Anthropic, fields: Row, user: str
) -> None:
    vendors.messages[DAY] = [message(output_tokens=8, **fields)]

    event = only(of_anthropic.day(DAY, revision=1).events)

    assert (event.user, event.counts.total) == (user, 8)


def test_pages_that_come_twice_and_in_any_order_are_counted_once(
    vendors: Vendors, of_anthropic: Anthropic
) -> None:
    vendors.repeats_pages = True
    vendors.messages[DAY] = [
        message(api_key_id=f"apikey_{n}", output_tokens=10**n) for n in range(5)
    ]
    first = of_anthropic.day(DAY, revision=1).events
    vendors.messages[DAY].reverse()

    again = of_anthropic.day(DAY, revision=1).events

    assert sum(event.counts.total for event in first) == 11_111
    assert sorted(again, key=by_id) == sorted(first, key=by_id)


def test_what_a_subscriber_used_in_several_terminals_is_one_event_for_each_model(
    vendors: Vendors, of_anthropic: Anthropic
) -> None:
    opus = used(100, output=20, read=3_000, write=400, cents=186)
    vendors.claude_code[DAY] = [
        coding(DAY, "ann@example.com", terminal="vscode", opus=opus, haiku=used(output=5)),
        coding(DAY, "ann@example.com", terminal="tmux", opus=used(1, output=2, cents=14)),
        coding(DAY, "bob@example.com", terminal="tmux", opus=used(output=7)),
    ]

    events = coded(of_anthropic)

    ann = events["ann@example.com", "opus"]
    assert ann.counts == Counts(input_uncached=101, cache_read=3_000, cache_write=400, output=22)
    assert ann.cost_nano == 2_000_000_000
    assert events["ann@example.com", "haiku"].counts.total == 5
    assert events["bob@example.com", "opus"].counts.total == 7
    assert len(events) == 3


def test_lines_of_claude_code_that_come_twice_are_summed_once(
    vendors: Vendors, of_anthropic: Anthropic
) -> None:
    vendors.repeats_pages = True
    vendors.claude_code[DAY] = [
        coding(DAY, "ann@example.com", terminal=terminal, opus=used(output=tokens))
        for terminal, tokens in (("vscode", 1), ("tmux", 20), ("iTerm.app", 300))
    ]

    assert coded(of_anthropic)["ann@example.com", "opus"].counts.total == 321


def test_an_event_of_claude_code_keeps_its_id_when_a_terminal_is_added(
    vendors: Vendors, of_anthropic: Anthropic
) -> None:
    vendors.claude_code[DAY] = [coding(DAY, "ann@example.com", opus=used(output=1))]
    before = coded(of_anthropic)["ann@example.com", "opus"]
    vendors.claude_code[DAY].append(
        coding(DAY, "ann@example.com", terminal="tmux", opus=used(output=2))
    )

    after = coded(of_anthropic)["ann@example.com", "opus"]

    assert after.external_id == before.external_id
    assert after.counts.total == 3


def test_what_claude_code_used_by_the_api_is_told_by_the_messages_alone(
    vendors: Vendors, of_anthropic: Anthropic
) -> None:
    vendors.messages[DAY] = [message(model="opus", output_tokens=500)]
    vendors.claude_code[DAY] = [
        coding(DAY, "ann@example.com", customer="api", opus=used(output=500)),
        coding(DAY, "bob@example.com", opus=used(output=30)),
    ]

    report = of_anthropic.day(DAY, revision=1)

    assert sum(event.counts.total for event in report.events) == 530
    assert {event.source for event in report.events} == {"anthropic", CLAUDE_CODE}


@pytest.mark.parametrize(
    ("estimated", "nano"),
    [
        ({"amount": 186, "currency": "USD"}, 1_860_000_000),
        ({"amount": "12.345", "currency": "USD"}, 123_450_000),
        ({"amount": 0.1, "currency": "USD"}, 1_000_000),
        ({"amount": 186, "currency": "EUR"}, None),
        ({"amount": -1, "currency": "USD"}, None),
        ({"amount": "lots", "currency": "USD"}, None),
        ({"amount": "NaN", "currency": "USD"}, None),
        ({"amount": None, "currency": "USD"}, None),
        ({"amount": 10**30, "currency": "USD"}, None),
        (None, None),
    ],
)
def test_a_cost_is_in_cents_and_left_open_where_it_makes_no_sense(
    vendors: Vendors, of_anthropic: Anthropic, estimated: Row | None, nano: int | None
) -> None:
    opus = {**used(output=1), "estimated_cost": estimated}
    vendors.claude_code[DAY] = [coding(DAY, "ann@example.com", opus=opus)]

    assert coded(of_anthropic)["ann@example.com", "opus"].cost_nano == nano


def test_lines_that_make_no_sense_are_left_out_and_told(
    vendors: Vendors, of_anthropic: Anthropic
) -> None:
    most = used(output=COUNT_MAX)
    vendors.claude_code[DAY] = [
        coding(DAY, "ann@example.com", opus={"tokens": None}, haiku=used(output=-4)),
        coding(DAY, "bob@example.com", opus=most),
        coding(DAY, "bob@example.com", terminal="tmux", opus=most),
        coding(DAY, "eve@example.com"),
        {**coding(DAY, "eve@example.com"), "model_breakdown": None},
        {**coding(DAY, "", opus=used(output=9)), "actor": None, "terminal_type": None},
        coding(DAY, "eve@example.com", opus=used(output=1)),
    ]

    report = of_anthropic.day(DAY, revision=1)

    assert {(event.user, event.counts.total) for event in report.events} == {
        ("", 9),
        ("eve@example.com", 1),
    }
    assert len(report.remarks) == 3


def test_a_key_that_may_not_list_users_still_reads_the_figures(
    vendors: Vendors, of_anthropic: Anthropic
) -> None:
    vendors.faults_at["/v1/organizations/users"] = Fault(403)
    vendors.messages[DAY] = [message(account_id="user_ann", output_tokens=42)]

    report = of_anthropic.day(DAY, revision=1)

    assert (only(report.events).user, only(report.events).counts.total) == ("user_ann", 42)
    assert "people appear by their ids" in report.remarks[0]


def test_a_bucket_of_another_day_is_not_this_days(
    vendors: Vendors, of_anthropic: Anthropic
) -> None:
    stray = b'{"data": [{"starting_at": "2026-02-01T00:00:00Z", "results": [{}]}]}'
    vendors.faults.append(Fault(body=stray))

    assert of_anthropic.day(DAY, revision=1).events == ()


def test_an_organisation_without_claude_codes_report_still_has_its_messages(
    vendors: Vendors, of_anthropic: Anthropic
) -> None:
    vendors.faults_at[REPORT] = Fault(403)
    vendors.messages[DAY] = [message(output_tokens=8)]

    report = of_anthropic.day(DAY, revision=1)

    assert only(report.events).counts.total == 8
    assert "Claude Code's report was left out" in report.remarks[0]


def test_a_report_of_claude_code_that_fails_for_now_leaves_the_day_for_later(
    vendors: Vendors, of_anthropic: Anthropic
) -> None:
    vendors.faults_at[REPORT] = Fault(500)
    vendors.messages[DAY] = [message(output_tokens=8)]

    with pytest.raises(ProviderAway):
        of_anthropic.day(DAY, revision=1)

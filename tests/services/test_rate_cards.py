"""A workspace's rate cards: from when each counts, and what it would have meant last week."""

from datetime import datetime, timedelta, timezone

import pytest

from bot.domain import rates
from bot.domain.counts import Counts
from bot.domain.rates import (
    AHEAD_MAX,
    DOLLAR_NANO,
    RAW,
    SCALE,
    WORTH_MAX_NANO,
    WORTH_MIN_NANO,
    Draft,
    Preset,
    RateCard,
    RatesRefused,
    Row,
    Weights,
)
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.services import rate_cards, usage
from bot.services.rate_cards import CARDS_MAX
from bot.storage import rate_cards as stored
from tests.company import Company
from tests.threads import at_once

RAW_DRAFT = Draft(name="raw", preset=Preset.RAW)
COST = Draft(name="cost", preset=Preset.COST, usd_per_million_nano=2 * DOLLAR_NANO)
TENTH = Weights(input=SCALE, cached_input=SCALE // 10, cache_write=1_250_001, output=5 * SCALE)
TABLE = Draft(
    name="2026 – für alle",
    preset=Preset.TABLE,
    rows=(
        Row(model="gpt-4o*", weights=TENTH),
        Row(model="*", provider="azure*", weights=RAW),
    ),
    default=Weights(input=0, cached_input=0, cache_write=0, output=7),
)


def put(company: Company, draft: Draft) -> RateCard:
    return rate_cards.put(
        company.database,
        company.workspace_id,
        draft=draft,
        actor="command line",
        now=company.later(seconds=1),
    )


def from_then(draft: Draft, begins: datetime) -> Draft:
    return Draft(
        name=draft.name,
        preset=draft.preset,
        effective_from=begins,
        usd_per_million_nano=draft.usd_per_million_nano,
        rows=draft.rows,
        default=draft.default,
    )


def known(company: Company) -> rate_cards.Cards:
    return rate_cards.cards(company.database, company.workspace_id, company.now)


def test_out_of_the_box_there_is_no_card(company: Company) -> None:
    assert known(company) == rate_cards.Cards((), None)


@pytest.mark.parametrize("draft", [RAW_DRAFT, COST, TABLE])
def test_a_card_is_kept_as_it_was_drafted_and_counts_from_now_on(
    company: Company, draft: Draft
) -> None:
    made = put(company, draft)

    assert known(company) == rate_cards.Cards((made,), made)
    assert made.effective_from == company.now
    assert (made.name, made.preset, made.rows) == (draft.name, draft.preset, draft.rows)
    assert made.usd_per_million_nano == draft.usd_per_million_nano
    assert made.default == draft.default


def test_a_card_can_be_planned_and_counts_from_its_time_on(company: Company) -> None:
    first = put(company, COST)
    begins = company.now + timedelta(days=30)
    planned = put(company, from_then(TABLE, begins.astimezone(timezone(timedelta(hours=9)))))

    before = known(company)
    company.later(days=30)
    after = known(company)

    assert planned.effective_from == begins
    assert (before.current, before.cards) == (first, (first, planned))
    assert after.current == planned


def test_a_planned_card_is_replaced_by_another_from_the_same_time(company: Company) -> None:
    begins = company.now + timedelta(days=30)
    put(company, from_then(TABLE, begins))
    put(company, from_then(RAW_DRAFT, begins))

    company.later(days=31)

    current = known(company).current
    assert current is not None
    assert current.preset is Preset.RAW


def test_each_change_is_in_the_audit_table(company: Company) -> None:
    first, second = put(company, COST), put(company, TABLE)

    assert company.rows(
        "SELECT actor, what, subject, before, after FROM audit"
        " WHERE workspace_id = :workspace_id AND what = 'rates' ORDER BY audit_id"
    ) == [
        {
            "actor": "command line",
            "what": "rates",
            "subject": f"{first.short_id} from {first.effective_from.isoformat()}",
            "before": "raw",
            "after": "cost, 1M tokens = $2.00",
        },
        {
            "actor": "command line",
            "what": "rates",
            "subject": f"{second.short_id} from {second.effective_from.isoformat()}",
            "before": "cost, 1M tokens = $2.00",
            "after": "table 2026 – für alle",
        },
    ]


def test_another_workspace_has_cards_of_its_own(company: Company) -> None:
    other = Company(company.database, "T2")

    put(company, COST)

    assert known(other).cards == ()


# What is refused.


def test_what_is_past_keeps_its_rates(company: Company) -> None:
    with pytest.raises(RatesRefused, match="is past, and what was charged stays as it is"):
        put(company, from_then(RAW_DRAFT, company.now - timedelta(microseconds=1)))

    assert known(company).cards == ()


def test_a_card_for_another_decade_is_a_typing_error(company: Company) -> None:
    with pytest.raises(RatesRefused, match="more than five years ahead"):
        put(company, from_then(RAW_DRAFT, company.now + AHEAD_MAX + timedelta(hours=1)))
    far = timezone(timedelta(hours=-14))
    with pytest.raises(RatesRefused, match="more than five years ahead"):
        put(company, from_then(RAW_DRAFT, datetime.max.replace(tzinfo=far)))
    with pytest.raises(RatesRefused, match="is past"):
        put(
            company,
            from_then(RAW_DRAFT, datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))),
        )


@pytest.mark.parametrize("worth", [WORTH_MIN_NANO - 1, WORTH_MAX_NANO + 1, 0, -1])
def test_a_million_tokens_are_worth_something_sensible(worth: int) -> None:
    with pytest.raises(RatesRefused, match=r"can be worth \$0\.01 to \$1,000\.00"):
        Draft(name="cost", preset=Preset.COST, usd_per_million_nano=worth)


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\nb", "\x1b[31m"])
def test_a_card_has_a_name_that_can_be_printed(name: str) -> None:
    with pytest.raises(RatesRefused, match="name must be 1 to 60 characters"):
        Draft(name=name, preset=Preset.RAW)


def test_a_card_has_at_most_so_many_rows() -> None:
    with pytest.raises(RatesRefused, match="at most 500 rows, not 501"):
        Draft(name="x", preset=Preset.TABLE, rows=TABLE.rows[:1] * 501)


def test_a_workspace_has_at_most_so_many_cards(company: Company) -> None:
    with company.database.writing() as tx:
        made = put_many(company, CARDS_MAX)
        for card in made:
            stored.add(tx, company.workspace_id, card, actor="test", now=company.now)

    with pytest.raises(RatesRefused, match=f"{CARDS_MAX} is the most"):
        put(company, RAW_DRAFT)


def put_many(company: Company, count: int) -> list[RateCard]:
    return [
        RateCard(card_id=f"{number:036}", name="raw", effective_from=company.now, preset=Preset.RAW)
        for number in range(count)
    ]


def test_cards_that_are_put_at_once_are_all_kept(company: Company) -> None:
    now = company.now

    def put_one() -> RateCard:
        return rate_cards.put(
            company.database, company.workspace_id, draft=COST, actor="test", now=now
        )

    made = [each.result() for each in at_once([put_one] * 4)]

    assert set(known(company).cards) == set(made)
    assert known(company).current == max(made, key=lambda card: card.card_id)


def test_intake_reads_only_the_cards_that_count_for_its_events(company: Company) -> None:
    monday = company.now
    days = [monday + timedelta(days=day) for day in range(4)]
    made = [
        RateCard(card_id=f"{number:036}", name="raw", effective_from=day, preset=Preset.RAW)
        for number, day in enumerate([*days, days[1]])
    ]
    with company.database.writing() as tx:
        for card in made:
            stored.add(tx, company.workspace_id, card, actor="test", now=monday)
    second = timedelta(seconds=1)

    def counting(since: datetime, until: datetime) -> list[int]:
        with company.database.reading() as tx:
            found = stored.counting(tx, company.workspace_id, since=since, until=until)
        return [int(card.card_id) for card in found]

    assert counting(monday - second, monday - second) == []
    assert counting(monday - second, monday) == [0]
    assert counting(monday, monday + second) == [0]
    assert counting(monday + second, days[1] - second) == [0]
    assert counting(monday + second, days[2]) == [0, 1, 4, 2]
    assert counting(days[1] + second, days[1] + second) == [1, 4]
    assert counting(days[3], days[3] + timedelta(days=99)) == [3]


# What last week would have cost.


def use(
    company: Company,
    model: str,
    counts: Counts,
    *,
    provider: str = "openai",
    at: datetime | None = None,
    role: SourceRole = SourceRole.GATEWAY,
    is_free: bool = False,
) -> None:
    """A call of Ana's, taken in."""
    ana, now = company.member("ana"), company.later(seconds=1)
    event = UsageEvent(
        source=role.value,
        external_id=now.isoformat(),
        occurred_at=at or now - timedelta(minutes=1),
        user=ana,
        model=model,
        provider=provider,
        counts=counts,
        is_free=is_free,
    )
    taken = usage.take_in(
        company.database,
        company.workspace_id,
        [event],
        role=role,
        owner=ana,
        actor="key:test",
        now=now,
    )
    assert taken.accepted == 1


def preview(company: Company, draft: Draft | None = None) -> rate_cards.Preview:
    return rate_cards.preview(
        company.database,
        company.workspace_id,
        draft=draft,
        usd_per_million_nano=DOLLAR_NANO,
        now=company.now,
    )


def test_last_week_is_shown_raw_and_by_list_price_with_the_busiest_model_first(
    company: Company,
) -> None:
    use(company, "claude-opus-4-5", Counts(cache_read=2_000_000), provider="anthropic")
    for _ in range(2):
        use(company, "gpt-4o", Counts(input_uncached=176, cache_read=1_024, output=50))
    use(company, "made-up", Counts(output=9), provider="")

    found = preview(company)

    assert [card.name for card in found.cards] == ["raw", "cost"]
    assert found.until - found.since == timedelta(days=7)
    assert [(one.used.provider, one.used.model, one.used.calls) for one in found.models] == [
        ("openai", "gpt-4o", 2),
        ("", "made-up", 1),
        ("anthropic", "claude-opus-4-5", 1),
    ]
    assert [[cost.tokens for cost in one.costs] for one in found.models] == [
        [2_500, 4_440],
        [9, 9],
        [2_000_000, 1_000_000],
    ]
    assert [[cost.is_known for cost in one.costs] for one in found.models] == [
        [True, True],
        [True, False],
        [True, True],
    ]


def test_a_draft_is_tried_beside_them_whenever_it_is_to_begin(company: Company) -> None:
    use(company, "gpt-4o", Counts(input_uncached=100, cache_read=1_000, output=10))

    for begins in (None, company.now - timedelta(days=9), company.now + timedelta(days=9)):
        found = preview(
            company, Draft(name="x", preset=Preset.TABLE, effective_from=begins, rows=TABLE.rows)
        )

        assert [card.name for card in found.cards] == ["raw", "cost", "x"]
        assert [cost.tokens for cost in found.models[0].costs] == [1_110, 1_600, 250]


def test_without_a_draft_the_table_that_counts_now_is_shown_too(company: Company) -> None:
    use(company, "gpt-4o", Counts(output=10))
    put(company, TABLE)

    assert [card.name for card in preview(company).cards] == ["raw", "cost", TABLE.name]
    assert [card.name for card in preview(company, TABLE).cards] == ["raw", "cost", TABLE.name]


def test_last_week_is_seven_days_and_what_nobody_was_charged_is_left_out(company: Company) -> None:
    monday = company.now
    week = timedelta(days=7)
    use(company, "gpt-4o", Counts(output=1), at=monday - week)
    use(company, "gpt-4o", Counts(output=20), at=monday - week - timedelta(microseconds=1))
    use(company, "gpt-4o", Counts(output=300), is_free=True)
    use(company, "gpt-4o", Counts(output=4_000), at=monday)
    use(company, "gpt-4o", Counts(output=50_000), role=SourceRole.TELEMETRY)  # the same once more
    use(Company(company.database, "T2"), "gpt-4o", Counts(output=600_000))

    found = rate_cards.preview(
        company.database,
        company.workspace_id,
        draft=None,
        usd_per_million_nano=DOLLAR_NANO,
        now=monday,
    )

    assert [one.costs[0].tokens for one in found.models] == [1]


def test_what_is_charged_is_what_the_card_of_that_time_says(company: Company) -> None:
    call = Counts(input_uncached=100, cache_read=1_000, output=10)
    ana = company.member("ana", available=10_000)
    put(company, TABLE)
    tomorrow = company.now + timedelta(days=1)
    put(company, from_then(COST, tomorrow))

    use(company, "gpt-4o", call, at=company.now - timedelta(days=3))
    use(company, "gpt-4o", call, at=company.now)
    company.later(days=1)
    use(company, "gpt-4o", call, at=company.now)

    # Raw, by the table, and at two dollars a million: 250, 1,250 and 100 millionths of a dollar.
    assert company.available(ana) == 10_000 - 1_110 - 250 - 800
    charged = company.rows(
        "SELECT tokens, rate, cost_nano, cost_is_estimate FROM usage_event"
        " WHERE workspace_id = :workspace_id ORDER BY occurred_at"
    )
    assert [row["tokens"] for row in charged] == [1_110, 250, 800]
    assert [rates.tokens(call, rates.read(str(row["rate"])).weights) for row in charged] == [
        1_110,
        250,
        800,
    ]
    assert {row["cost_nano"] for row in charged} == {1_600_000}
    assert all(row["cost_is_estimate"] for row in charged)


def test_sums_beyond_what_one_event_can_have_are_exact(company: Company) -> None:
    for _ in range(3):
        use(company, "gpt-4o", Counts(output=10**10))

    assert [cost.tokens for cost in preview(company).models[0].costs] == [3 * 10**10, 3 * 10**11]


def test_without_usage_there_is_nothing_to_show(company: Company) -> None:
    assert preview(company).models == ()

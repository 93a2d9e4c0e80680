"""`/tokens usage` over the wire: who sees what of whom, in which days, down to the call."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.counts import Counts
from bot.domain.directory import Role, UserId
from bot.domain.usage_events import SourceRole, Taken, UsageEvent
from bot.playground.blocks.surfaces import problems
from bot.playground.people import ANA, BEN, CAST, LEO, MIA, Person
from bot.services import approvers, retention, usage
from tests.databases import Databases
from tests.slack.town import TEAM, Town, people, town_on

FAY, NIA, EVE = people("fay", "nia", "eve")


def call(town: Town, external_id: str, who: Person | str, **facts: Any) -> UsageEvent:
    """A call of 10,845 tokens a minute ago, unless `facts` say otherwise."""
    plain: dict[str, Any] = {
        "source": "litellm",
        "external_id": external_id,
        "occurred_at": town.clock() - timedelta(minutes=1),
        "user": who if isinstance(who, str) else who.id,
        "model": "opus",
        "provider": "anthropic",
        "counts": Counts(input_uncached=8_000, cache_read=2_000, cache_write=500, output=345),
        "cost_nano": 40_000_000,
        "project": "ranking",
    }
    return UsageEvent(**(plain | facts))


def take(town: Town, *events: UsageEvent, role: SourceRole = SourceRole.GATEWAY) -> Taken:
    taken = usage.take_in(
        town.bot.database,
        TEAM,
        events,
        role=role,
        owner=None,
        actor="key:k1",
        now=town.clock(),
    )
    assert not taken.rejected
    return taken


def ago(town: Town, **span: float) -> datetime:
    return town.clock() - timedelta(**span)


@pytest.fixture(scope="module")
def office(databases: Databases) -> Iterator[Town]:
    """A town in which Ana and Ben, of Nia's team *search*, used tokens; Fay is in finance."""
    with databases.migrated("sqlite") as url, town_on(url, cast=(*CAST, FAY, NIA, EVE)) as made:
        approvers.add(
            made.bot.database,
            TEAM,
            user_id=UserId(FAY.id),
            role=Role.FINANCE,
            actor="command line",
            now=made.clock(),
        )
        take(made, call(made, "before-joining", ANA, counts=Counts(output=1_000), model="early"))
        made.team("search", ANA, BEN, managers=(NIA,))
        take(
            made,
            call(made, "chat-a1b2c3d4", ANA),
            call(made, "chat-e5f6a7b8", ANA, model="mini", counts=Counts(output=155)),
            call(made, "chat-last-week", ANA, occurred_at=ago(made, days=9)),
            call(made, "chat-of-ben", BEN, counts=Counts(output=70_000), cost_nano=None),
            call(made, "nobodys", "ghost@example.net", counts=Counts(output=33_000)),
        )
        yield made


def test_ones_own_usage_says_the_number_first_then_what_it_was_made_of(office: Town) -> None:
    shown = office.say(ANA, "usage")

    assert shown.startswith("12k (12,000) tokens used in the last 7 days, 10.8k in the 7 days")
    assert "24 February – 2 March 2026, today so far included" in shown
    assert "Calls\n3" in shown
    assert "19 % of 10.5k" in shown  # 2,000 of 8,000 + 2,000 + 500
    assert "$0.12" in shown
    assert "only you see this" in shown
    assert "opus" in shown
    assert "ranking" in shown
    assert "Mon 2 Mar" in shown


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("usage 30d", "22.8k (22,845) tokens used in the last 30 days, none in the 30 days before"),
        ("usage month", "12k (12,000) tokens used this month, none in the same days of the month"),
        ("usage 7D", "12k (12,000) tokens used in the last 7 days"),
        ("usage week", "12k (12,000) tokens used in the last 7 days"),
        ("usage last 30 days", "22.8k (22,845) tokens used in the last 30 days"),
        ("usage this month", "12k (12,000) tokens used this month"),
        ("usage today", "12k (12,000) tokens used today, none the day before"),
        ("usage Last Week", "0 tokens used last week, 10.8k in the week before"),
    ],
)
def test_other_days_are_asked_for_by_name(office: Town, typed: str, words: str) -> None:
    assert office.say(ANA, typed).startswith(words)


@pytest.mark.parametrize(
    ("typed", "when"),
    [
        ("usage most", "in the last 7 days"),
        ("usage most 7d", "in the last 7 days"),
        ("usage 30d most", "in the last 30 days"),
        ("usage TOP today", "today"),
        ("usage @ana most this month", "this month"),
    ],
)
def test_what_used_most_is_asked_for_by_words(office: Town, typed: str, when: str) -> None:
    shown = office.say(ANA, typed)

    assert shown.startswith(f"What used most {when}: the largest calls, most tokens first.")
    assert "10,845 tokens" in shown


def test_last_week_is_over_and_has_its_own_days(office: Town) -> None:
    shown = office.say(ANA, "usage last week")

    assert "23 February – 1 March 2026; before: 16–22 February 2026" in shown
    assert office.say(ANA, "usage most last week").startswith("No call was metered last week.")


def test_a_team_that_is_called_like_a_period_is_meant_by_whoever_sees_it(office: Town) -> None:
    office.team("Last week", EVE, managers=(NIA,))
    office.team("most", MIA, managers=(NIA,))

    assert "used in Last week in the last 7 days" in office.say(NIA, "usage last week")
    assert "used in Last week last week" in office.say(NIA, "usage last week most last week")
    assert "used in most today" in office.say(NIA, "usage most today")
    assert "used in search today" in office.say(NIA, "usage search most today")
    assert office.say(ANA, "usage most").startswith("What used most")


def test_a_button_shows_other_days_in_the_same_place(office: Town) -> None:
    office.say(ANA, "usage")

    office.slack.click(ANA, "ephemeral", "30 days")
    office.settle()

    shown = office.read(office.slack.ephemerals(ANA)[-1], ANA)
    assert shown.startswith("22.8k (22,845) tokens used in the last 30 days")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (
            "usage 90d",
            "90d is no period that I know: I can show today, 7d, last week, 30d or month. Did",
        ),
        ("usage 1d", "Did you mean 7d?"),
        ("usage last month", "last month is no period that I know"),
        ("usage @ana bananas most", "bananas is no period that I know"),
        ("usage @ana most @ben", "is no period that I know"),
        ("usage most most", "A team's use is for its managers"),
        ("usage week week", "Did you mean 7d?"),
        ("usage <b>most</b>", "A team's use is for its managers"),
        ("usage <script>alert(1)</script> most", "A team's use is for its managers"),
        ("usage 2 weeks", "Did you mean"),
        ("usage 2w", "Did you mean 7d?"),
        ("usage -7d", "Did you mean 7d?"),
        ("usage 999999d", "Did you mean 30d?"),
        ("usage weekly", "Did you mean 7d?"),
        ("usage mnth", "Did you mean month?"),
        ("usage quarter", "Did you mean 30d?"),
        ("usage 12 7d 30", "Did you mean 30d?"),
        ("usage search 90d", "90d is no period that I know"),
        (
            "usage @ana 14",
            "14 is no period that I know: I can show today, 7d, last week, 30d or month. Did",
        ),
        (
            "usage @ana bananas",
            "bananas is no period that I know: I can show today, 7d, last week, 30d or month.",
        ),
        ("usage @ana @ben", "is no period that I know"),
        ("usage @nobody", "@nobody is nobody I can find. Type @ and choose the person"),
        ("usage <!channel>", "A team's use is for its managers"),
        ("usage " + "9" * 500 + "d", "A team's use is for its managers"),
        ("usage \u0661\u0664d", "A team's use is for its managers"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_was_probably_meant(
    office: Town, typed: str, words: str
) -> None:
    assert words in office.say(ANA, typed)


@pytest.mark.parametrize("who", [ANA, MIA], ids=lambda who: who.name)
def test_somebody_elses_usage_is_private(office: Town, who: Person) -> None:
    """Mia looks after those in no team, and Ben is in one."""
    shown = office.say(who, "usage @ben")

    assert shown == (
        "The usage of @Ben Okafor is private: they and their approvers see it. "
        "/tokens usage shows yours."
    )


@pytest.mark.parametrize("who", [FAY, LEO], ids=lambda who: who.name)
def test_finance_and_admins_see_everyones(office: Town, who: Person) -> None:
    shown = office.say(who, "usage @ana 30d")

    assert shown.startswith("22.8k (22,845) tokens used by @Ana Silva in the last 30 days")
    assert "only you see this" not in shown


def test_a_manager_sees_of_a_member_what_the_team_paid(office: Town) -> None:
    shown = office.say(NIA, "usage @ana")

    assert shown.startswith("11k (11,000) tokens used by @Ana Silva in the last 7 days")
    assert "Only what your team paid" in shown
    assert "early" not in shown
    most = most_used(office, NIA)
    assert "early" not in most
    assert "10,845 tokens" in most


def test_a_team_is_shown_to_its_managers_finance_and_admins_with_its_members(office: Town) -> None:
    for who in (NIA, FAY, LEO):
        shown = office.say(who, "usage Search 7d")

        assert shown.startswith("81k (81,000) tokens used in search in the last 7 days")
        assert "By member: @Ben Okafor 70k, @Ana Silva 11k." in shown
        assert "1 call of unknown models not priced" in shown
        assert "What used most" not in shown


@pytest.mark.parametrize("typed", ["usage search", "usage no such team", "usage everyone month"])
def test_a_team_is_not_shown_to_a_member(office: Town, typed: str) -> None:
    shown = office.say(ANA, typed)

    assert shown == (
        "A team's use is for its managers, finance and admins to see. /tokens usage shows yours."
    )


def test_a_manager_is_told_which_teams_there_are_to_look_at(office: Town) -> None:
    assert "search" in office.say(NIA, "usage no such team")
    assert "Everyone" not in office.say(NIA, "usage no such team")


def test_what_belongs_to_nobody_is_said_to_admins_alone(office: Town) -> None:
    assert "33k tokens belong to nobody yet: /tokens link says whose" in office.say(LEO, "usage")
    for who in (ANA, NIA, FAY):
        assert "nobody" not in office.say(who, "usage @ana")


def test_who_used_nothing_reads_how_usage_gets_here(office: Town) -> None:
    shown = office.say(EVE, "usage")

    assert shown.startswith("0 tokens used in the last 7 days, none in the 7 days before.")
    assert "Use shows up here by itself once a tool tells of it" in shown
    assert "30 days" in shown
    assert "Show chart" not in shown


PASSED_ON = [
    *(
        pair
        for subject in (f"member:{BEN.id}", "team:search", "pool:search", "team:nowhere")
        for pair in (
            ("usage_month", subject),
            ("team_usage", subject),
            ("usage_most", f"7d:{subject}"),
            ("usage_chart", f"7d:{subject}"),
        )
    ),
    ("usage_call", '{"source":"litellm","id":"chat-of-ben"}'),
    ("usage_call", '{"source":"nowhere","id":"' + "x" * 500 + '"}'),
]


@pytest.mark.parametrize(("action", "value"), PASSED_ON)
def test_a_button_that_was_passed_on_shows_nobody_elses_figures(
    office: Town, action: str, value: str
) -> None:
    shown = office.slack.command(ANA, "usage").message
    assert shown is not None
    label = {"type": "plain_text", "text": "Peek"}
    peek = {"type": "button", "action_id": action, "text": label, "value": value}
    shown.blocks.append({"type": "actions", "block_id": "forged", "elements": [peek]})

    office.slack.click(ANA, shown, "Peek")
    office.settle()

    said = office.read(office.slack.ephemerals(ANA)[-1], ANA)
    assert said.startswith(("The usage of @Ben", "A team's use is for its managers", "I know no"))
    assert not office.slack.dm(ANA)


def test_the_panel_of_a_team_leads_to_its_usage_and_its_other_days(office: Town) -> None:
    office.say(NIA, "team search")

    office.slack.click(NIA, "modal", "Usage")
    week = office.slack.as_text(office.slack.modal(NIA))
    office.slack.click(NIA, "modal", "30 days")
    office.settle()
    month = office.slack.as_text(office.slack.modal(NIA))
    office.slack.close_modal(NIA)
    below = office.slack.as_text(office.slack.modal(NIA))
    office.slack.close_modal(NIA, everything=True)

    assert "tokens used in search in the last 7 days" in week
    assert "tokens used in search in the last 30 days" in month
    assert "Managers" in below


def test_finance_sees_the_usage_of_a_team_that_it_may_not_change(office: Town) -> None:
    office.say(FAY, "team search")
    panel = office.slack.as_text(office.slack.modal(FAY))

    office.slack.click(FAY, "modal", "Usage")
    shown = office.slack.as_text(office.slack.modal(FAY))
    office.slack.close_modal(FAY, everything=True)

    assert "Settings…" not in panel
    assert "tokens used in search in the last 7 days" in shown


def test_home_leads_to_what_used_most(office: Town) -> None:
    office.slack.open_home(ANA)
    office.home(ANA, containing="What used most")

    office.slack.click(ANA, "home", "What used most")
    shown = office.slack.as_text(office.slack.modal(ANA))
    office.slack.close_modal(ANA)

    assert "the largest calls, most tokens first" in shown


def most_used(town: Town, who: Person, typed: str = "usage @ana") -> str:
    town.say(who, typed)
    town.slack.click(who, "ephemeral", "What used most")
    town.settle()
    return town.read(town.slack.ephemerals(who)[-1], who)


def test_what_used_most_shows_the_largest_calls_with_counts_rate_and_receipt(office: Town) -> None:
    shown = most_used(office, ANA)

    assert shown.startswith("What used most in the last 7 days")
    assert "10,845 tokens · opus · ranking" in shown
    assert "8,000 new · 2,000 from cache · 500 into cache · 345 output" in shown
    assert "litellm · call chat-a1b2c3d4 · receipt" in shown
    assert "Rate of all these: one token is one token" in shown
    assert shown.index("10,845") < shown.index("1,000 tokens") < shown.index("155 tokens")
    assert "last-week" not in shown


def test_details_show_a_call_whole(office: Town) -> None:
    most_used(office, ANA)

    office.slack.click(ANA, "ephemeral", "Details")
    office.settle()

    shown = office.read(office.slack.ephemerals(ANA)[-1], ANA)
    assert "charged for this call." in shown
    assert "Id in litellm: " in shown
    assert "Happened" in shown
    assert "Arrived" in shown


@pytest.mark.parametrize("typed", ["chat-a1b2c3d4", "a1b2c3d4", "…a1b2c3d4", "c3d4"])
def test_what_a_call_cost_is_asked_by_its_id_or_the_end_of_it(office: Town, typed: str) -> None:
    shown = office.say(ANA, f"usage call {typed}")

    assert shown.startswith("10.8k (10,845) tokens charged for this call.")
    assert "8,000" in shown
    assert "opus of anthropic" in shown
    assert "$0.04" in shown
    assert "litellm, the gateway" in shown
    assert "Id in litellm: chat-a1b2c3d4" in shown


@pytest.mark.parametrize(
    ("who", "typed"),
    [
        (ANA, "chat-of-ben"),
        (ANA, "nobodys"),
        (ANA, "of-ben"),
        (ANA, "%"),
        (ANA, "____"),
        (ANA, "%%%%%%"),
        (ANA, "3d4"),
        (ANA, "A1B2C3D4"),
        (ANA, "'; DROP TABLE entry; --"),
        (MIA, "chat-a1b2c3d4"),
        (NIA, "before-joining"),
        (ANA, "\u202e" * 50),
        (LEO, "x" * 3_000),
    ],
)
def test_a_call_that_one_may_not_see_is_as_if_there_were_none(
    office: Town, who: Person, typed: str
) -> None:
    shown = office.say(who, f"usage call {typed}")

    assert shown.startswith("I know no call ")
    assert "of yours, or of anybody whose usage you may see" in shown


def test_a_call_of_long_ago_is_no_longer_kept_and_the_answer_says_so(sqlite_town: Town) -> None:
    town = sqlite_town
    take(town, call(town, "chat-a1b2c3d4", ANA))
    retention.forget_old(town.bot.database, town.clock() + timedelta(days=400))

    shown = town.say(ANA, "usage call a1b2c3d4")

    assert shown.startswith("I know no call a1b2c3d4 of yours")
    assert shown.endswith(
        "Single calls from before 6 March 2026 are no longer kept, only what they were charged."
    )
    assert town.say(ANA, "usage").startswith("10.8k (10,845) tokens used in the last 7 days")


def test_approvers_see_a_members_call_by_its_id_or_by_its_end_and_the_member(office: Town) -> None:
    for who in (NIA, FAY, LEO):
        for typed in ("chat-a1b2c3d4", "a1b2c3d4 @ana"):
            assert "10,845" in office.say(who, f"usage call {typed}")
    assert "private" in office.say(BEN, "usage call a1b2c3d4 @ana")
    assert "33k (33,000)" in office.say(LEO, "usage call nobodys")


def test_an_end_that_several_calls_have_asks_for_more_of_it(office: Town) -> None:
    take(office, call(office, "x-twin", EVE), call(office, "y-twin", EVE))

    shown = office.say(EVE, "usage call twin")

    assert shown == "More than one call ends in twin. Type more of its id."


def test_a_chart_comes_as_a_message_with_a_table_and_charts(sqlite_town: Town) -> None:
    town = sqlite_town
    take(town, call(town, "a", ANA), call(town, "b", ANA, model="mini"))

    town.say(ANA, "usage 30d")
    town.slack.click(ANA, "ephemeral", "Show chart")
    message = town.dm(ANA, containing="in the last 30 days")

    kinds = [block["type"] for block in message.blocks]
    assert kinds.count("table") == 1
    assert kinds.count("data_visualization") == 2
    assert problems("message", message.blocks) == []
    assert message.text.startswith("21.6k (21,690) tokens used in the last 30 days")
    assert "The chart is on its way to you" in town.read(town.slack.ephemerals(ANA)[-1], ANA)


def test_a_slack_without_charts_or_tables_gets_bars_of_text(sqlite_town: Town) -> None:
    town = sqlite_town
    take(town, call(town, "a", ANA), call(town, "b", ANA, model="mini"))
    town.say(ANA, "usage")

    town.slack.faults.fail_next(2, "error:invalid_blocks", "chat.postMessage")
    town.slack.click(ANA, "ephemeral", "Show chart")
    message = town.dm(ANA, containing="in the last 7 days")

    kinds = {block["type"] for block in message.blocks}
    assert kinds.isdisjoint({"table", "data_visualization"})
    assert "█" in town.read(message, ANA)


def test_names_that_a_source_sends_stay_letters(sqlite_town: Town) -> None:
    town = sqlite_town
    nasty = "<!channel> *bold* `code` <https://evil.example|x>"
    sent = {"model": nasty, "project": nasty, "source": "<@U04LEO>", "provider": "```"}
    take(town, call(town, "<!here>-1234", ANA, **sent))

    for shown in (
        town.say(ANA, "usage"),
        most_used(town, ANA, "usage"),
        town.say(ANA, "usage call 1234"),
        town.say(ANA, "history"),
    ):
        assert "<!channel> *bold*" in shown or "<@U04LEO>" in shown
        assert "@Leo" not in shown
    said = [block for one in town.slack.ephemerals(ANA) for block in one.blocks]
    assert "<!channel>" not in str([b.get("text") or b.get("fields") for b in said])


def test_an_event_kept_for_comparison_says_what_is_charged_instead(sqlite_town: Town) -> None:
    town = sqlite_town
    take(town, call(town, "by-gateway", ANA))
    take(
        town,
        call(town, "by-telemetry", ANA, source="claude-code"),
        role=SourceRole.TELEMETRY,
    )

    shown = town.say(ANA, "usage call by-telemetry")

    assert shown.startswith("Nothing was charged for this call: it is kept for comparison only.")
    assert "For anthropic in this team, what the gateway tells is charged instead." in shown
    assert town.say(ANA, "usage").startswith("10.8k (10,845) tokens used")


def test_a_row_of_a_report_says_whose_its_name_is_since(sqlite_town: Town) -> None:
    town = sqlite_town
    row = call(town, "row-of-a-key", "api_key:key_1", source="openai")
    take(town, row, role=SourceRole.REPORT)
    before = town.say(LEO, "usage call row-of-a-key")
    town.say(LEO, "link @mia api_key:key_1")

    after = town.say(LEO, "usage call row-of-a-key")

    assert "It belongs to nobody yet" in before
    assert "It belongs to nobody yet" not in after
    assert "Its name was linked since and is @Mia Chen’s." in after


def test_later_figures_of_a_call_are_shown_with_their_difference(town: Town) -> None:
    first = call(town, "stream-0001", ANA, counts=Counts(output=300))
    take(town, first)
    take(
        town,
        call(
            town,
            "stream-0001",
            ANA,
            counts=Counts(output=500),
            revision=2,
            occurred_at=first.occurred_at,
        ),
    )

    shown = town.say(ANA, "usage call 0001")

    assert shown.startswith("500 tokens charged for this call.")
    assert "+200 by later figures: revision 2" in shown


def test_a_cost_of_ours_is_marked_as_an_estimate(sqlite_town: Town) -> None:
    town = sqlite_town
    priced = {"model": "gpt-4o", "provider": "openai", "cost_nano": None}
    take(town, call(town, "estimated", ANA, **priced), call(town, "told", ANA))

    shown = town.say(ANA, "usage")

    assert "about $0." in shown
    assert "Part of the cost is estimated by list price" in shown
    assert "estimated by list price" in town.say(ANA, "usage call estimated")
    assert "estimated" not in town.say(ANA, "usage call told")


def test_a_history_shows_ones_own_part_of_what_was_taken_in_at_once(town: Town) -> None:
    town.fund(ANA)
    take(town, call(town, "a", ANA), call(town, "b", BEN, counts=Counts(output=77_777)))

    shown = town.say(ANA, "history")

    assert "−10.8k (10,845) used: litellm" in shown
    assert "77.7k" not in shown
    assert "77,777" not in shown
    assert "key:" not in shown
    assert "@Ben" not in shown


def test_figures_that_fell_come_back_in_the_history(sqlite_town: Town) -> None:
    town = sqlite_town
    first = call(town, "a", ANA)
    take(town, first)
    lower = call(town, "a", ANA, counts=Counts(output=5), revision=1, occurred_at=first.occurred_at)
    take(town, lower)

    shown = town.say(ANA, "history")

    assert "+10.8k (10,840) given back, as a source corrected its figures: litellm" in shown


def test_usage_is_not_taken_back(sqlite_town: Town) -> None:
    town = sqlite_town
    take(town, call(town, "a", ANA))
    (row,) = town.rows("SELECT entry_id FROM entry WHERE kind = 'usage'")
    short = str(row["entry_id"])[-8:]

    shown = town.say(LEO, f"reverse {short}")

    assert shown.startswith(f"Entry {short} is usage: it happened, so it isn't taken back.")
    assert town.entries() == ["usage"]


def test_a_balance_says_what_was_used_and_how_long_the_rest_lasts(town: Town) -> None:
    town.fund(ANA)
    assert "Used since" not in town.say(ANA, "balance")

    for n in range(1, 8):
        at = ago(town, days=n)
        take(town, call(town, f"c{n}", ANA, occurred_at=at, counts=Counts(output=10_000)))
    shown = town.say(ANA, "balance")

    assert "930k (930,000) tokens available to you." in shown
    assert "Used since Sun 1 Mar 2026: 10k (10,000)" in shown
    assert "about 10k a day, which lasts 93 days, until about 3 June" in shown
    assert "about 10k a day" in town.say(LEO, "balance @ana")


def test_a_balance_after_one_day_of_use_says_no_pace(sqlite_town: Town) -> None:
    town = sqlite_town
    town.fund(ANA)
    take(town, call(town, "a", ANA))

    assert "Not enough days yet to say how long it lasts" in town.say(ANA, "balance")


def test_use_counts_since_the_period_of_ones_allowance_began(sqlite_town: Town) -> None:
    town = sqlite_town
    town.say(LEO, "allowance @ana 1M quarterly")
    take(town, call(town, "january", ANA, occurred_at=ago(town, days=50)))

    shown = town.say(ANA, "balance")

    assert "Used since Thu 1 Jan 2026: 10.8k (10,845)" in shown
    assert "None in the last 14 full days" in shown

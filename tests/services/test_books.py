"""`check` finds nothing in sound books, and names the row of each planted corruption."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

import pytest
from sqlalchemy.engine import Connection

from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.budgets import Budget
from bot.domain.counts import Counts
from bot.domain.directory import UserId
from bot.domain.ledger import IdempotencyKey, member_account
from bot.domain.periods import Period
from bot.domain.policies import Policy
from bot.domain.rates import SCALE, Draft, Preset, Weights
from bot.domain.teams import pool_account
from bot.domain.usage_events import SourceRole
from bot.services import advances, allowances, books, dues, pools, rate_cards, true_ups
from bot.services.team_choice import Asked
from bot.storage.database import Database
from tests import held
from tests.company import MORNING, Company
from tests.metered import again, take, used

#: Rule and row that `check` must name, and the statements, each of which breaks that rule there.
CORRUPTIONS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("balance_is_sum_of_postings", "account member:UALICE"): (
            "UPDATE account SET balance = balance + 1 WHERE account_id = 'member:UALICE'",
        ),
        ("balance_is_sum_of_postings", "account member:UBOB"): (
            "UPDATE posting SET tokens = tokens + 1 WHERE entry_id = '{transfer}'",
            "UPDATE posting SET tokens = 9000000000000000000 WHERE workspace_id = 'T-OURS'",
        ),
        ("held_is_sum_of_holds", "account member:UBOB"): (
            "UPDATE account SET held = 5 WHERE account_id = 'member:UBOB'",
        ),
        ("account_counts_its_holds", "account member:UBOB"): (
            "UPDATE account SET open_holds = 1 WHERE account_id = 'member:UBOB'",
        ),
        ("balance_is_cached_where_due", "account treasury"): (
            "UPDATE account SET balance = 0 WHERE account_id = 'treasury'",
        ),
        ("balance_is_cached_where_due", "account member:UBOB"): (
            "UPDATE account SET balance = NULL WHERE account_id = 'member:UBOB'",
            "UPDATE account SET balance = 4000000000000000001 WHERE account_id = 'member:UBOB'",
            "UPDATE account SET kind = 'pool' WHERE account_id = 'member:UBOB'",
        ),
        ("account_was_opened_by_a_credit", "account member:UALICE"): (
            "UPDATE account SET opened_by = '{transfer}' WHERE account_id = 'member:UALICE'",
        ),
        ("account_was_opened_by_a_credit", "account member:UBOB"): (
            "UPDATE account SET opened_by = NULL WHERE account_id = 'member:UBOB'",
        ),
        ("below_zero_has_a_reason", "account member:UALICE"): (
            "UPDATE account SET balance = -1 WHERE account_id = 'member:UALICE'",
        ),
        ("posting_names_accounts", "posting {transfer} 0"): (
            "DELETE FROM account WHERE account_id = 'member:UBOB'",
        ),
        ("posting_moves_tokens", "posting {transfer} 0"): (
            "UPDATE posting SET tokens = 0 WHERE entry_id = '{transfer}'",
            "UPDATE posting SET tokens = 1000000000000001 WHERE entry_id = '{transfer}'",
            "UPDATE posting SET destination = source WHERE entry_id = '{transfer}'",
        ),
        ("posting_has_its_entry", "posting {transfer} 0"): (
            "DELETE FROM entry WHERE entry_id = '{transfer}'",
        ),
        ("entry_has_its_postings", "entry {transfer}"): (
            "DELETE FROM posting WHERE entry_id = '{transfer}'",
            "UPDATE posting SET position = 1 WHERE entry_id = '{transfer}'",
        ),
        ("entry_has_its_postings", "entry {grant}"): (
            "UPDATE posting SET position = 2 WHERE entry_id = '{grant}' AND position = 1",
        ),
        ("reversal_swaps_its_original", "entry {reversal}"): (
            "UPDATE posting SET tokens = tokens - 1 WHERE entry_id = '{reversal}'",
            "INSERT INTO posting (workspace_id, entry_id, position, source, destination, "
            "tokens) SELECT workspace_id, entry_id, 1, source, destination, tokens FROM "
            "posting WHERE entry_id = '{reversed}'",
            "INSERT INTO posting (workspace_id, entry_id, position, source, destination, "
            "tokens) SELECT workspace_id, entry_id, 1, source, destination, tokens FROM "
            "posting WHERE entry_id = '{reversal}'",
        ),
        ("reversal_has_an_original", "entry {reversal}"): (
            "UPDATE entry SET kind = 'usage' WHERE entry_id = '{reversed}'",
            "UPDATE entry SET reverses = 'gone' WHERE entry_id = '{reversal}'",
            "UPDATE entry SET reverses = NULL WHERE entry_id = '{reversal}'",
        ),
        ("reversal_has_an_original", "entry {transfer}"): (
            "UPDATE entry SET reverses = '{grant}' WHERE entry_id = '{transfer}'",
        ),
        ("entry_is_reversed_once", "entry {reversed}"): (
            "UPDATE entry SET kind = 'reversal', reverses = '{reversed}' WHERE entry_id = "
            "'{transfer}'",
        ),
        ("entry_key_is_unique", "entry {transfer}"): (
            "UPDATE entry SET idempotency_key = (SELECT idempotency_key FROM entry WHERE "
            "entry_id = '{grant}') WHERE entry_id = '{transfer}'",
        ),
        ("self_grant_says_so", "entry {grant}"): (
            "UPDATE entry SET actor = 'UALICE' WHERE entry_id = '{grant}'",
            "UPDATE entry SET is_self_approved = NOT is_self_approved WHERE entry_id = '{grant}'",
        ),
        ("entry_is_as_recorded", "entry {transfer}"): (
            "UPDATE posting SET tokens = 7 WHERE entry_id = '{transfer}'",
            "UPDATE posting SET destination = 'member:UBOSS' WHERE entry_id = '{transfer}'",
            "UPDATE entry SET actor = 'UBOB' WHERE entry_id = '{transfer}'",
            "UPDATE entry SET note = 'for nothing' WHERE entry_id = '{transfer}'",
            "UPDATE entry SET kind = 'grant' WHERE entry_id = '{transfer}'",
            "UPDATE entry SET fingerprint = 'x' WHERE entry_id = '{transfer}'",
        ),
        ("entry_id_tells_its_time", "entry {transfer}"): (
            "UPDATE entry SET recorded_at = '2026-03-02T08:30:00.000000+00:00' WHERE "
            "entry_id = '{transfer}'",
        ),
        ("approved_request_has_its_grant", "topup {approved}"): (
            "UPDATE topup SET entry_id = NULL WHERE topup_id = '{approved}'",
            "UPDATE topup SET entry_id = '{transfer}' WHERE topup_id = '{approved}'",
            "UPDATE topup SET decided_tokens = 300001 WHERE topup_id = '{approved}'",
            "UPDATE topup SET decided_by = 'UBOB' WHERE topup_id = '{approved}'",
            "UPDATE topup SET requester = 'UALICE' WHERE topup_id = '{approved}'",
            "UPDATE entry SET idempotency_key = 'k' WHERE idempotency_key = 'topup:{approved}'",
            "UPDATE entry SET kind = 'issue' WHERE idempotency_key = 'topup:{approved}'",
            "INSERT INTO posting (workspace_id, entry_id, position, source, destination, "
            "tokens) SELECT workspace_id, entry_id, 1, 'treasury', 'member:UALICE', 9 FROM "
            "entry WHERE idempotency_key = 'topup:{approved}'",
        ),
        ("grant_has_its_approved_request", "entry {approval}"): (
            "DELETE FROM topup WHERE topup_id = '{approved}'",
            "UPDATE topup SET state = 'denied' WHERE topup_id = '{approved}'",
            "UPDATE topup SET entry_id = '{grant}' WHERE topup_id = '{approved}'",
            "UPDATE topup SET entry_id = NULL WHERE topup_id = '{approved}'",
        ),
        ("request_is_decided_or_open", "topup {denied}"): (
            "UPDATE topup SET state = 'open' WHERE topup_id = '{denied}'",
            "UPDATE topup SET state = 'approved' WHERE topup_id = '{denied}'",
            "UPDATE topup SET decided_at = NULL WHERE topup_id = '{denied}'",
            "UPDATE topup SET decided_by = NULL WHERE topup_id = '{denied}'",
            "UPDATE topup SET state = 'expired' WHERE topup_id = '{denied}'",
            "UPDATE topup SET decided_tokens = 5 WHERE topup_id = '{denied}'",
            "UPDATE topup SET entry_id = '{grant}' WHERE topup_id = '{denied}'",
            "UPDATE topup SET tokens = 0 WHERE topup_id = '{denied}'",
            "UPDATE topup SET state = 'approved', entry_id = '{grant}', decided_tokens = "
            "1000000000000001 WHERE topup_id = '{denied}'",
        ),
        ("request_key_is_unique", "topup {denied}"): (
            "UPDATE topup SET idempotency_key = 'k' WHERE topup_id IN ('{denied}', '{approved}')",
        ),
        ("lot_remains_as_used", "lot {lot}"): (
            "UPDATE lot SET remaining = remaining - 1 WHERE lot_id = '{lot}'",
            "UPDATE lot SET tokens = tokens + 1 WHERE lot_id = '{lot}'",
            "DELETE FROM lot_use WHERE lot_id = '{lot}'",
        ),
        ("expiring_is_sum_of_lots", "account member:UCARLA"): (
            "UPDATE account SET expiring = expiring + 1 WHERE account_id = 'member:UCARLA'",
            "DELETE FROM lot WHERE lot_id = '{lot}'",
            "UPDATE account SET balance = 1 WHERE account_id = 'member:UCARLA'",
        ),
        ("lot_was_credited", "lot {lot}"): (
            "UPDATE lot SET entry_id = '{grant}' WHERE lot_id = '{lot}'",
            "UPDATE lot SET tokens = tokens * 2, remaining = remaining * 2 WHERE lot_id = '{lot}'",
        ),
        ("lot_use_left_the_account", "entry {spent}"): (
            "UPDATE lot_use SET tokens = tokens + 1 WHERE lot_id = '{lot}'",
        ),
        ("account_knows_what_is_due", "account member:UCARLA"): (
            "UPDATE account SET next_due_at = NULL WHERE account_id = 'member:UCARLA'",
        ),
        ("allowance_credits_by_its_rule", "entry {allowance}"): (
            "DELETE FROM allowance WHERE workspace_id = 'T-OURS'",
            "UPDATE entry SET idempotency_key = 'allowance:' || entry_id WHERE entry_id = "
            "'{allowance}'",
        ),
        ("advance_is_owed_as_taken", "advance {advance}"): (
            "UPDATE advance SET tokens = tokens + 1",
            "UPDATE advance SET owed_to = 'member:UBOB'",
            "UPDATE advance SET account_id = 'member:UBOB'",
            "UPDATE entry SET kind = 'grant' WHERE entry_id = '{advance}'",
            "DELETE FROM advance",
        ),
        ("advance_is_repaid_by_allowances", "account member:UERIN"): (
            "UPDATE advance SET repaid = repaid - 1",
            "UPDATE advance SET tokens = 1",
            "UPDATE posting SET tokens = tokens + 1 WHERE source = 'member:UERIN'",
            "UPDATE entry SET kind = 'grant' WHERE kind = 'allowance'",
            "DELETE FROM advance",
        ),
        ("held_is_sum_of_holds", "account member:UHANA"): (
            "UPDATE account SET held = held + 1 WHERE account_id = 'member:UHANA'",
            "UPDATE account SET held = 0 WHERE account_id = 'member:UHANA'",
            "UPDATE hold SET held = held - 1 WHERE hold_id = '{open}'",
            "UPDATE hold SET state = 'expired', held = 0, promised = 0 WHERE hold_id = '{open}'",
            "UPDATE hold SET account_id = 'member:UBOB' WHERE hold_id = '{open}'",
            "DELETE FROM hold WHERE hold_id = '{open}'",
        ),
        ("account_counts_its_holds", "account member:UHANA"): (
            "UPDATE account SET open_holds = 0 WHERE account_id = 'member:UHANA'",
            "UPDATE hold SET state = 'open' WHERE hold_id = '{voided}'",
            "DELETE FROM hold WHERE hold_id = '{open}'",
        ),
        ("hold_keeps_what_it_may", "hold {voided}"): (
            "UPDATE hold SET held = 1, promised = 1 WHERE hold_id = '{voided}'",
            "UPDATE hold SET promised = 1 WHERE hold_id = '{voided}'",
        ),
        ("hold_keeps_what_it_may", "hold {open}"): (
            "UPDATE hold SET state = 'expired' WHERE hold_id = '{open}'",
            "UPDATE hold SET held = promised + 1 WHERE hold_id = '{open}'",
            "UPDATE hold SET promised = tokens + 1 WHERE hold_id = '{open}'",
            "UPDATE hold SET held = -1 WHERE hold_id = '{open}'",
            "UPDATE hold SET tokens = 0 WHERE hold_id = '{open}'",
        ),
        ("settled_hold_has_its_event", "hold {settled}"): (
            "UPDATE hold SET settled_source = NULL, settled_id = NULL WHERE hold_id = '{settled}'",
            "UPDATE hold SET settled_id = 'another' WHERE hold_id = '{settled}'",
            "UPDATE hold SET state = 'voided' WHERE hold_id = '{settled}'",
            "DELETE FROM usage_event WHERE external_id = '{settled}'",
            "DELETE FROM entry WHERE kind = 'settlement'",
        ),
        ("hold_ends_in_time", "hold {open}"): (
            "UPDATE hold SET expires_at = '2026-03-04T09:30:00.000000+00:00' "
            "WHERE hold_id = '{open}'",
            "UPDATE hold SET first_end_at = '2026-03-04T09:30:00.000000+00:00' "
            "WHERE hold_id = '{open}'",
        ),
        ("account_knows_what_is_due", "account member:UHANA"): (
            "UPDATE account SET next_due_at = NULL WHERE account_id = 'member:UHANA'",
        ),
        ("usage_is_what_its_events_were_charged", "entry {settlement}"): (
            "DELETE FROM usage_event WHERE external_id = '{settled}'",
            "UPDATE posting SET tokens = tokens - 1 WHERE entry_id = '{settlement}'",
        ),
        ("budget_counts_what_left", "budget {budget}"): (
            "UPDATE budget SET spent = spent + 1 WHERE workspace_id = 'T-OURS'",
            "UPDATE posting SET tokens = tokens - 1 WHERE entry_id = '{pooled}'",
            "UPDATE entry SET kind = 'transfer' WHERE entry_id = '{pooled}'",
            "UPDATE budget SET ends_at = begins_at WHERE workspace_id = 'T-OURS'",
        ),
        ("budget_is_of_its_rule", "budget {budget}"): (
            "UPDATE budget SET tokens = tokens + 1 WHERE workspace_id = 'T-OURS'",
            "DELETE FROM budget_rule WHERE workspace_id = 'T-OURS'",
            "INSERT INTO budget (workspace_id, account_id, period_on, begins_at, ends_at, tokens, "
            "spent) SELECT workspace_id, account_id, '2026-03-02', begins_at, ends_at, tokens, 0 "
            "FROM budget",
        ),
        ("usage_is_what_its_events_were_charged", "entry {metered}"): (
            "UPDATE usage_event SET tokens = tokens + 1 WHERE external_id = 'call'",
            "DELETE FROM usage_event WHERE external_id = 'call'",
            "UPDATE posting SET tokens = tokens + 1 WHERE entry_id = '{metered}'",
            "UPDATE usage_revision SET tokens = tokens + 1",
        ),
        ("unattributed_is_what_waits", "account unattributed"): (
            "UPDATE usage_event SET account_id = 'member:UBOB' WHERE external_id = 'nobodys'",
            "DELETE FROM usage_event WHERE external_id = 'nobodys'",
            "UPDATE posting SET source = 'member:UBOB' WHERE source = 'unattributed'",
        ),
        ("day_is_the_sum_of_its_events", "rollup everyone 2026-03-02 UCARLA"): (
            "UPDATE rollup SET tokens = tokens - 1 WHERE user_id = 'UCARLA'",
            "DELETE FROM rollup WHERE user_id = 'UCARLA'",
            "UPDATE rollup SET tokens = 9000000000000000000",
            "UPDATE usage_event SET day = '2026-03-01' WHERE external_id = 'call'",
            "UPDATE true_up SET tokens = tokens + 1",
        ),
        ("day_is_the_sum_of_its_events", "rollup everyone 2026-03-02 UCARLA gpt-4o"): (
            "UPDATE rollup SET calls = calls + 1 WHERE user_id = 'UCARLA' AND calls = 1",
            "UPDATE rollup SET model = 'gpt-4o-mini' WHERE user_id = 'UCARLA' AND calls = 1",
            "DELETE FROM rollup WHERE user_id = 'UCARLA'",
            "UPDATE usage_event SET day = '2026-03-01' WHERE external_id = 'call'",
            "UPDATE usage_event SET model = 'gpt-4o-mini' WHERE external_id = 'call'",
            "UPDATE usage_event SET rate = 'seen' WHERE external_id = 'call'",
        ),
        ("day_is_the_sum_of_its_events", "rollup everyone 2026-03-02 UBOB claude-sonnet-4-5"): (
            "UPDATE rollup SET tokens = tokens + 1 WHERE user_id = 'UBOB'",
            "UPDATE rollup SET calls = calls + 1 WHERE user_id = 'UBOB'",
            "UPDATE rollup SET input_uncached = input_uncached + 1 WHERE user_id = 'UBOB'",
            "UPDATE rollup SET cache_read = cache_read + 1 WHERE user_id = 'UBOB'",
            "UPDATE rollup SET cache_write = cache_write - 1 WHERE user_id = 'UBOB'",
            "UPDATE rollup SET output = 0 WHERE user_id = 'UBOB'",
            "UPDATE rollup SET output = 9000000000000000000",
            "UPDATE rollup SET cost_nano = cost_nano + 1 WHERE user_id = 'UBOB'",
            "UPDATE rollup SET unpriced = unpriced + 1 WHERE user_id = 'UBOB'",
            "UPDATE rollup SET model = 'gpt-4o' WHERE user_id = 'UBOB'",
            "UPDATE rollup SET team_id = 'search' WHERE user_id = 'UBOB'",
            "UPDATE usage_event SET cost_nano = NULL WHERE external_id = 'weighed'",
            "UPDATE usage_event SET cost_nano = cost_nano - 1 WHERE external_id = 'weighed'",
            "UPDATE usage_event SET tokens = 9000000000000000000",
        ),
        ("charge_is_its_counts_at_its_rate", "usage_event litellm call"): (
            "UPDATE usage_event SET input_uncached = input_uncached + 1",
            "UPDATE usage_event SET cache_write = 1 WHERE external_id = 'call'",
            "UPDATE usage_event SET tokens = tokens - 1 WHERE external_id = 'call'",
            "UPDATE usage_event SET rate = 'free' WHERE external_id = 'call'",
            "UPDATE usage_event SET rate = 'seen' WHERE external_id = 'call'",
        ),
        ("charge_is_its_counts_at_its_rate", "usage_event litellm weighed"): (
            "UPDATE usage_event SET output = output + 1 WHERE external_id = 'weighed'",
            "UPDATE usage_event SET cache_read = 0, input_uncached = input_uncached + cache_read",
            "UPDATE usage_event SET tokens = tokens + 1 WHERE external_id = 'weighed'",
            "UPDATE usage_event SET rate = 'raw' WHERE external_id = 'weighed'",
            "UPDATE usage_event SET rate = 'half price' WHERE external_id = 'weighed'",
            "UPDATE usage_event SET output = -output",
            "UPDATE usage_event SET input_uncached = 9000000000000000000",
        ),
        ("source_day_is_the_sum_of_its_events", "source_day litellm anthropic 2026-03-02"): (
            "UPDATE source_day SET events = events + 1",
            "UPDATE source_day SET counted = counted - 1",
            "UPDATE source_day SET counted = 9000000000000000000",
            "UPDATE source_day SET tokens = tokens + 1",
            "UPDATE source_day SET provider = 'google' WHERE provider = 'anthropic'",
            "DELETE FROM source_day",
            "UPDATE usage_event SET provider = 'openai' WHERE external_id = 'weighed'",
            "DELETE FROM usage_event WHERE external_id = 'weighed'",
        ),
        ("source_day_is_the_sum_of_its_events", "source_day openai openai 2026-03-02"): (
            "UPDATE source_day SET counted = counted - 1",
            "DELETE FROM usage_event WHERE external_id = 'row'",
        ),
        ("true_ups_are_what_they_moved", "account member:UCARLA"): (
            "UPDATE true_up SET tokens = tokens + 1",
            "DELETE FROM true_up",
            "UPDATE posting SET tokens = tokens + 1 WHERE entry_id = '{trued}'",
            "UPDATE posting SET source = 'consumed', destination = 'member:UCARLA' WHERE "
            "entry_id = '{trued}'",
        ),
        ("true_up_names_its_entry", "true_up openai 2026-03-02 member:UCARLA gpt-4o"): (
            "UPDATE true_up SET entry_id = '{transfer}'",
            "UPDATE entry SET kind = 'usage' WHERE entry_id = '{trued}'",
        ),
    }
)
_PLANTED = [(rule, row, sql) for (rule, row), every in CORRUPTIONS.items() for sql in every]


def test_check_finds_nothing_after_a_normal_story(database: Database) -> None:
    tell_story(Company(database, "T-OURS"))
    tell_story(Company(database, "T-THEIRS"))

    assert books.check(database) == []


def test_check_finds_nothing_in_an_empty_database(database: Database) -> None:
    assert books.check(database) == []


def test_a_confirmed_reversal_may_leave_a_member_below_zero(company: Company) -> None:
    story = tell_story(company)

    company.reverse(UserId("UBOSS"), story["grant"], is_confirmed=True)

    assert company.available(UserId("UALICE")) == -250_000
    assert books.check(company.database) == []


@pytest.mark.parametrize(
    ("rule", "row", "sql"), _PLANTED, ids=[f"{rule}-{n}" for n, (rule, _, _) in enumerate(_PLANTED)]
)
def test_check_names_the_row_of_a_corruption(
    database: Database, rule: str, row: str, sql: str
) -> None:
    story = tell_story(Company(database, "T-OURS"))

    plant(database, sql.format_map(story))

    found = {
        (wrong.rule, f"{wrong.row.table} {wrong.row.row_id}") for wrong in books.check(database)
    }
    assert (rule, row.format_map(story)) in found


def test_a_discrepancy_reads_as_one_line(database: Database) -> None:
    tell_story(Company(database, "T-OURS"))

    plant(database, "UPDATE account SET held = 5 WHERE account_id = 'member:UBOB'")

    assert [str(wrong) for wrong in books.check(database)] == [
        "T-OURS account member:UBOB [held_is_sum_of_holds]: expected 0, found 5"
    ]


def test_every_rule_has_a_planted_corruption() -> None:
    assert len({rule for rule, _ in CORRUPTIONS}) == len(books.RULES) + 2


def tell_story(company: Company) -> Mapping[str, str]:
    """A grant to two, transfers, an undo, and requests of every end; the ids by their parts."""
    boss, alice, bob = company.admin("boss"), company.member("alice"), company.member("bob")
    grant = company.grant(boss, alice, bob, tokens=1_000_000, note="for March")
    transfer = company.transfer(alice, bob, 250_000, note="for the démo 🎉")
    wrong = company.transfer(alice, bob, 250_000)
    reversal = company.undo(alice, wrong.entry_id)
    approved, denied, withdrawn = (company.ask(bob, 500_000, note="evals") for _ in range(3))
    decision = company.approve(boss, approved.topup_id, tokens=300_000)
    assert decision.receipt is not None
    company.deny(boss, denied.topup_id, note="next month")
    company.withdraw(bob, withdrawn.topup_id)
    company.ask(bob, 100_000)  # stays open
    carla = company.member("carla")
    weekly = AllowanceWish(
        subject=Subject(SubjectKind.MEMBER, carla), tokens=1_000_000, period=Period.WEEK
    )
    allowances.start(
        company.database,
        company.workspace_id,
        actor=boss,
        wish=weekly,
        key=IdempotencyKey("command:carla"),
        now=company.now,
    )
    (credited,) = [entry for entry in company.entries() if entry.kind == "allowance"]
    (lot,) = company.rows(
        "SELECT lot_id FROM lot WHERE workspace_id = :w AND entry_id = :e",
        w=company.workspace_id,
        e=credited.entry_id,
    )
    spent = company.transfer(carla, bob, 400_000)
    pooled, budget = tell_of_a_pool(company, boss)
    call = used(carla, 700, MORNING, external_id="call")
    take(company, call, used("nobody", 30, MORNING, external_id="nobodys"))
    (metered,) = [entry for entry in company.entries() if entry.kind == "usage"]
    take(company, again(call, tokens=900, revision=1))
    tell_of_a_rate_card(company, boss, bob)
    return {
        "trued": tell_of_a_report(company, carla),
        "advance": tell_of_an_advance(company, boss),
        **tell_of_holds(company),
        "metered": metered.entry_id,
        "pooled": pooled,
        "budget": budget,
        "lot": str(lot["lot_id"]),
        "allowance": credited.entry_id,
        "spent": spent.entry_id,
        "grant": grant.entry_id,
        "transfer": transfer.entry_id,
        "reversed": wrong.entry_id,
        "reversal": reversal.entry_id,
        "approved": approved.topup_id,
        "approval": decision.receipt.entry_id,
        "denied": denied.topup_id,
    }


def tell_of_a_pool(company: Company, boss: UserId) -> tuple[str, str]:
    """A team whose manager grants from its pool, within a budget; two grants, one undone."""
    dave, mia = company.member("dave"), company.member("mia")
    team_id = company.team("search", dave, managers=(mia,))
    asked = Asked(actor=boss, team_id=team_id)
    pools.fill(
        company.database,
        company.workspace_id,
        asked=asked,
        tokens=2_000_000,
        note="",
        key=IdempotencyKey("command:fill"),
        now=company.now,
    )
    budget = Budget(tokens=1_000_000, period=Period.MONTH)
    pools.set_budget(company.database, company.workspace_id, asked, budget=budget, now=company.now)
    pooled, wrong = (company.grant(mia, dave, tokens=tokens) for tokens in (600_000, 300_000))
    company.undo(mia, wrong.entry_id)
    return pooled.entry_id, f"{pool_account(team_id)} 2026-03-01"


def tell_of_an_advance(company: Company, boss: UserId) -> str:
    """Erin takes some of her next week, which then repays it; the entry of the advance."""
    erin = company.member("erin")
    held.set_policy(company, boss, Policy(advance=40_000))
    subject = Subject(SubjectKind.MEMBER, erin)
    wish = AllowanceWish(subject=subject, tokens=100_000, period=Period.WEEK, carry_max=None)
    database, workspace_id = company.database, company.workspace_id
    key = IdempotencyKey("command:erin")
    allowances.start(database, workspace_id, actor=boss, wish=wish, key=key, now=company.now)
    monday = date(2026, 3, 9)
    advances.take(database, workspace_id, actor=erin, repaid_on=monday, now=company.now)
    with database.writing() as tx:
        dues.settle(tx, workspace_id, [member_account(erin)], company.now + timedelta(days=7))
    (taken,) = [entry for entry in company.entries() if entry.kind == "advance"]
    return taken.entry_id


def tell_of_a_rate_card(company: Company, boss: UserId, user: UserId) -> None:
    """From now on tokens are charged by their kind, in parts of a token; a call of each kind."""
    weights = Weights(input=SCALE, cached_input=100_000, cache_write=1_250_000, output=5 * SCALE)
    rate_cards.put(
        company.database,
        company.workspace_id,
        draft=Draft(name="by kind", preset=Preset.TABLE, default=weights),
        actor=boss,
        now=company.now,
    )
    counts = Counts(input_uncached=1_000, cache_read=2_003, cache_write=331, output=71)
    call = used(user, 0, company.now, external_id="weighed", counts=counts)
    take(company, replace(call, model="claude-sonnet-4-5", provider="anthropic"))


def tell_of_a_report(company: Company, user: UserId) -> str:
    """The next day the provider reports more than was charged; the entry that makes it good."""
    tomorrow = MORNING + timedelta(days=1)
    row = used(user, 1_500, MORNING, source="openai", external_id="row")
    take(company, row, role=SourceRole.REPORT)
    true_ups.true_up(company.database, company.workspace_id, tomorrow)
    (trued,) = [entry for entry in company.entries() if entry.kind == "true_up"]
    return trued.entry_id


def tell_of_holds(company: Company) -> dict[str, str]:
    """One that is open and was extended, one that was settled, one that was voided."""
    hana = company.member("hana", available=1_000)
    still, settled, voided = (held.hold(company, hana, tokens) for tokens in (300, 200, 100))
    held.settle(company, settled, 150)
    held.void(company, voided)
    held.extend(company, still, timedelta(hours=2))
    (entry,) = [one for one in company.entries() if one.kind == "settlement"]
    return {
        "open": still.hold.hold_id,
        "settled": settled.hold.hold_id,
        "voided": voided.hold.hold_id,
        "settlement": entry.entry_id,
    }


def plant(database: Database, statement: str) -> None:
    """Write what the schema would refuse: no triggers, constraints or unique indexes stand."""
    with database.reading() as tx:  # each statement is its own database transaction here
        guards = _sqlite_guards if database.dialect == "sqlite" else _postgresql_guards
        for sql in [*guards(tx.connection), statement]:
            tx.connection.exec_driver_sql(sql)
        if database.dialect == "sqlite":
            tx.connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            tx.connection.exec_driver_sql("PRAGMA ignore_check_constraints=OFF")


def _sqlite_guards(connection: Connection) -> list[str]:
    triggers = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    drop = [f"DROP TRIGGER {name}" for name in triggers.scalars()]
    return [*drop, *_UNIQUE, "PRAGMA foreign_keys=OFF", "PRAGMA ignore_check_constraints=ON"]


def _postgresql_guards(connection: Connection) -> list[str]:
    checks = connection.exec_driver_sql(
        "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype IN ('c', 'f')"
        " AND connamespace = 'public'::regnamespace"
    )
    drop = [f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name in checks]
    tables = ("entry", "posting", "lot_use")
    return [*drop, *_UNIQUE, *(f"ALTER TABLE {name} DISABLE TRIGGER ALL" for name in tables)]


_UNIQUE = ("DROP INDEX entry_key", "DROP INDEX entry_reversed_once", "DROP INDEX topup_key")

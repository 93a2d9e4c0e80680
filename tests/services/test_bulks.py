"""Several requests decided at once: the same as one after the other, and what can't be is named."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.bulks import Kind, Verdict
from bot.domain.directory import Role, UserId
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import TopUpDecided
from bot.domain.periods import Period
from bot.domain.refusals import DecisionRefused, KeyReused, NoteTooLong
from bot.domain.refusals.topups import DecisionFault
from bot.domain.topups import TopUpId, TopUpState
from bot.services import allowances, approvers, bulks, deadlines, decisions
from tests.company import Company
from tests.services.bulk_company import MILLION, Floor, verdicts

NOWHERE = TopUpId("00000000-0000-7000-8000-000000000000")
DECIDED = Verdict.DECIDED


@pytest.fixture
def floor(company: Company) -> Floor:
    return Floor(company)


def test_what_is_approved_together_is_granted_to_each(floor: Floor) -> None:
    topup_ids = floor.ask(500_000, 300_000, 250_000)

    bulk = floor.approve(floor.mia, topup_ids)

    assert verdicts(bulk.items) == [DECIDED] * 3
    assert floor.states(topup_ids) == ["approved"] * 3
    assert floor.company.available(floor.ana) == 750_000
    assert floor.company.available(floor.ben) == 300_000
    assert floor.has() == 10 * MILLION - 1_050_000
    assert floor.is_sound()


def test_each_asker_hears_as_after_a_single_decision(floor: Floor) -> None:
    topup_ids = floor.ask(500_000, 300_000)
    floor.company.approve(floor.mia, topup_ids[0])
    alone = [one for one in floor.company.notices() if isinstance(one, TopUpDecided)]

    floor.approve(floor.mia, topup_ids[1:])

    told = [one for one in floor.company.notices() if isinstance(one, TopUpDecided)]
    assert alone == [TopUpDecided(recipient=floor.ana, topup_id=topup_ids[0], is_first=True)]
    assert told[1:] == [TopUpDecided(recipient=floor.ben, topup_id=topup_ids[1], is_first=True)]


def test_entries_are_those_of_single_approvals(company: Company, floor: Floor) -> None:
    one, other = floor.ask(500_000, 300_000)
    company.approve(floor.mia, one)

    floor.approve(floor.mia, [other])

    first, second = (entry for entry in company.entries() if entry.key.startswith("topup:"))
    assert (second.kind, second.actor, second.note) == (first.kind, first.actor, "need 1")
    assert second.key == f"topup:{other}"
    assert second.postings == ((floor.pool, f"member:{floor.ben}", 300_000),)


def test_a_pool_pays_the_oldest_first_and_whatever_else_still_fits(company: Company) -> None:
    floor = Floor(company, filled=1_000_000)
    topup_ids = floor.ask(600_000, 500_000, 400_000)

    bulk = floor.approve(floor.mia, topup_ids)

    assert verdicts(bulk.items) == [DECIDED, Verdict.POOL_SHORT, DECIDED]
    assert floor.states(topup_ids) == ["approved", "open", "approved"]
    assert floor.has() == 0
    assert floor.is_sound()


def test_a_budget_is_kept_to_the_token(floor: Floor) -> None:
    floor.budget(700_000)
    topup_ids = floor.ask(600_000, 100_001, 100_000)

    bulk = floor.approve(floor.mia, topup_ids)

    assert verdicts(bulk.items) == [DECIDED, Verdict.BUDGET_SHORT, DECIDED]
    assert floor.has() == 9_300_000
    assert floor.is_sound()


def test_an_admins_approvals_come_from_the_treasury(floor: Floor) -> None:
    topup_ids = floor.ask(500_000, 300_000)

    bulk = floor.approve(floor.leo, topup_ids)

    assert verdicts(bulk.items) == [DECIDED] * 2
    assert floor.has() == 10 * MILLION
    assert floor.is_sound()


def test_what_cannot_be_decided_is_named_and_stops_nothing(company: Company, floor: Floor) -> None:
    own = company.ask(floor.mia, 100_000).topup_id
    stranger = company.ask(company.member("zoe"), 100_000).topup_id
    decided, withdrawn, fine = floor.ask(100_000, 200_000, 300_000)
    company.deny(floor.leo, decided, note="no")
    company.withdraw(floor.ben, withdrawn)

    bulk = floor.approve(floor.mia, [own, stranger, decided, withdrawn, fine, NOWHERE, fine])

    said = {one.topup_id: one for one in bulk.items}
    assert len(bulk.items) == 6
    assert said[own].verdict is Verdict.OWN
    assert said[stranger].verdict is Verdict.NOT_ALLOWED
    assert (said[stranger].requester, said[stranger].tokens) == ("", 0)
    assert (said[decided].verdict, said[decided].by) == (Verdict.CLOSED, floor.leo)
    assert said[decided].state is TopUpState.DENIED
    assert said[withdrawn].state is TopUpState.WITHDRAWN
    assert said[NOWHERE].verdict is Verdict.UNKNOWN
    assert said[fine].verdict is DECIDED
    assert floor.states([own, stranger, fine]) == ["open", "open", "approved"]
    assert floor.is_sound()


def test_a_request_of_another_workspace_is_not_to_be_found(floor: Floor) -> None:
    other = Company(floor.company.database, "T2")
    other.admin("leo")
    theirs = other.ask(other.member("ana"), 500_000).topup_id

    bulk = floor.approve(floor.leo, [theirs])

    assert verdicts(bulk.items) == [Verdict.UNKNOWN]
    assert other.topup(theirs)["state"] == "open"
    assert other.available(UserId("UANA")) == 0


def test_who_lost_their_role_meanwhile_decides_nothing(company: Company) -> None:
    mia = company.approver("mia")
    topup_id = company.ask(company.member("alice"), 500_000).topup_id
    company.admin("leo")
    approvers.remove(
        company.database,
        company.workspace_id,
        user_id=mia,
        role=Role.MANAGER,
        actor="command line",
        now=company.now,
    )

    bulk = bulks.decide(
        company.database,
        company.workspace_id,
        actor=mia,
        topup_ids=[topup_id],
        kind=Kind.APPROVE,
        note="",
        key=IdempotencyKey("modal:V1"),
        now=company.now,
    )

    assert verdicts(bulk.items) == [Verdict.NOT_ALLOWED]
    assert company.topup(topup_id)["state"] == "open"


def test_who_has_left_gets_nothing_but_can_be_denied(company: Company, floor: Floor) -> None:
    topup_ids = floor.ask(500_000, 300_000)
    company.deactivate(floor.ana)

    approved = floor.approve(floor.mia, topup_ids)
    denied = floor.deny(floor.mia, topup_ids)

    assert verdicts(approved.items) == [Verdict.ABSENT, DECIDED]
    assert verdicts(denied.items) == [DECIDED, Verdict.CLOSED]
    assert floor.states(topup_ids) == ["denied", "approved"]


def test_an_expired_request_stays_expired(company: Company, floor: Floor) -> None:
    topup_ids = floor.ask(500_000)
    deadlines.do_due(company.database, company.later(days=15))

    bulk = floor.approve(floor.mia, topup_ids)

    assert (bulk.items[0].verdict, bulk.items[0].state) == (Verdict.CLOSED, TopUpState.EXPIRED)


def test_denied_together_they_have_one_reason(floor: Floor) -> None:
    topup_ids = floor.ask(500_000, 300_000)

    bulk = floor.deny(floor.mia, topup_ids, note="  after the\nmove ")

    rows = [floor.company.topup(one) for one in topup_ids]
    assert verdicts(bulk.items) == [DECIDED] * 2
    assert [(row["state"], row["decision_note"]) for row in rows] == [
        ("denied", "after the move")
    ] * 2
    assert floor.has() == 10 * MILLION
    assert floor.is_sound()


def test_a_reason_too_long_decides_nothing(floor: Floor) -> None:
    topup_ids = floor.ask(500_000)

    with pytest.raises(NoteTooLong):
        floor.deny(floor.mia, topup_ids, note="x" * 10_000)

    assert floor.states(topup_ids) == ["open"]


def test_nothing_selected_is_refused(floor: Floor) -> None:
    with pytest.raises(DecisionRefused) as refused:
        floor.approve(floor.mia, [])

    assert refused.value.fault is DecisionFault.NOTHING_SELECTED


def test_the_same_submission_again_gives_the_same_outcome(company: Company) -> None:
    floor = Floor(company, filled=500_000)
    topup_ids = floor.ask(400_000, 300_000)
    first = floor.approve(floor.mia, topup_ids)
    floor.fill(MILLION)  # now the second would fit

    again = floor.approve(floor.mia, topup_ids)

    assert again == first
    assert floor.states(topup_ids) == ["approved", "open"]
    assert len([one for one in company.notices() if isinstance(one, TopUpDecided)]) == 1


@pytest.mark.parametrize("changed", ["requests", "actor", "kind"])
def test_the_same_key_for_another_decision_is_refused(floor: Floor, changed: str) -> None:
    topup_ids = floor.ask(400_000, 300_000)
    floor.approve(floor.mia, topup_ids[:1])

    actor = floor.leo if changed == "actor" else floor.mia
    decide = floor.deny if changed == "kind" else floor.approve

    with pytest.raises(KeyReused):
        decide(actor, topup_ids if changed == "requests" else topup_ids[:1], key="modal:V1")

    assert floor.states(topup_ids) == ["approved", "open"]


def test_a_preview_foretells_what_the_decision_does(company: Company) -> None:
    floor = Floor(company, filled=1_000_000)
    floor.budget(900_000)
    topup_ids = floor.ask(600_000, 350_000, 300_000)

    preview = floor.preview(floor.mia, topup_ids)
    bulk = floor.approve(floor.mia, topup_ids)

    (payment,) = preview.payments
    assert verdicts(preview.items) == verdicts(bulk.items)
    assert verdicts(bulk.items) == [DECIDED, Verdict.BUDGET_SHORT, DECIDED]
    assert payment.tokens == 900_000
    assert payment.purse is not None
    assert payment.purse.less(payment.tokens).available == floor.has() == 100_000


def test_a_preview_changes_nothing(floor: Floor) -> None:
    topup_ids = floor.ask(600_000)
    owed = floor.company.told()

    floor.preview(floor.mia, topup_ids)
    floor.preview(floor.mia, topup_ids, Kind.DENY)

    assert floor.states(topup_ids) == ["open"]
    assert floor.company.told() == owed


def test_the_only_approver_decides_their_own_and_the_entry_says_so(company: Company) -> None:
    leo = company.admin("leo")
    topup_id = company.ask(leo, 500_000).topup_id

    bulks.decide(
        company.database,
        company.workspace_id,
        actor=leo,
        topup_ids=[topup_id],
        kind=Kind.APPROVE,
        note="",
        key=IdempotencyKey("modal:V1"),
        now=company.now,
    )

    (entry,) = company.entries()
    assert entry.is_self_approved
    assert company.available(leo) == 500_000


def expiring_pool(floor: Floor) -> None:
    """Four million of the pool expire on Monday, six don't; something of them is gone already."""
    company = floor.company
    allowances.start(
        company.database,
        company.workspace_id,
        actor=floor.leo,
        wish=AllowanceWish(
            subject=Subject(SubjectKind.POOL, floor.team_id), tokens=4 * MILLION, period=Period.WEEK
        ),
        key=IdempotencyKey(f"rule:{company.workspace_id}"),
        now=company.later(seconds=1),
    )


def one_by_one(floor: Floor, topup_ids: list[TopUpId]) -> None:
    for topup_id in topup_ids:
        decisions.approve(
            floor.company.database,
            floor.company.workspace_id,
            actor=floor.mia,
            topup_id=topup_id,
            tokens=None,
            note="",
            clicked=None,
            now=floor.company.later(seconds=1),
        )


def together(floor: Floor, topup_ids: list[TopUpId]) -> None:
    floor.approve(floor.mia, topup_ids)


def as_it_stands(floor: Floor) -> list[tuple[object, ...]]:
    """Balances, what of them expires when, and what each grant took of a lot."""
    rows = floor.company.rows(
        "SELECT account_id, balance, held, expiring FROM account"
        " WHERE workspace_id = :workspace_id ORDER BY account_id"
    )
    lots = floor.company.rows(
        "SELECT account_id, remaining, tokens FROM lot WHERE workspace_id = :workspace_id"
        " ORDER BY account_id, expires_at, tokens, remaining"
    )
    uses = floor.company.rows(
        "SELECT tokens FROM lot_use WHERE workspace_id = :workspace_id ORDER BY tokens"
    )
    found = [*rows, *lots, *uses]
    return [
        tuple(str(value).replace(floor.team_id, "T") for value in row.values()) for row in found
    ]


def in_debt(floor: Floor) -> None:
    """Ben has 400,000 less than nothing: what comes repays that first."""
    company = floor.company
    granted = company.grant(floor.leo, floor.ben, tokens=400_000)
    company.transfer(floor.ben, floor.ana, 400_000)
    company.reverse(floor.leo, granted.entry_id, is_confirmed=True)


@pytest.mark.parametrize("pool", ["expires", "lasts"])
def test_together_leaves_accounts_and_lots_as_one_after_the_other(
    company: Company, pool: str
) -> None:
    stands: list[list[tuple[object, ...]]] = []
    for way in (one_by_one, together):
        floor = Floor(company if not stands else Company(company.database, "T2"))
        if pool == "expires":
            expiring_pool(floor)
        in_debt(floor)
        way(floor, floor.ask(1_500_000, 900_000, 2_000_000, 800_000, 700_000, 300_000))
        assert floor.is_sound()
        stands.append(as_it_stands(floor))

    assert stands[0] == stands[1]


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How many statements of each kind are asked of the database, but for the hot ones.

    Those go in one round trip, however many they are.
    """
    found: Counter[str] = Counter()

    def note(*given: object) -> None:
        found[str(given[2]).split()[0]] += 1

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_forty_take_as_many_statements_as_four(company: Company) -> None:
    asked = []
    for workspace, people in (("T1", 4), ("T2", 40)):
        floor = Floor(company if workspace == "T1" else Company(company.database, workspace))
        floor.budget(9 * MILLION)
        crowd = [floor.company.member(f"m{n:02}") for n in range(people)]
        floor.take_in(*crowd)
        topup_ids = [floor.company.ask(one, 100_000).topup_id for one in crowd]
        with counted() as statements:
            floor.preview(floor.mia, topup_ids)
            bulk = floor.approve(floor.mia, topup_ids)
            floor.undo_all(floor.mia, bulk)
            floor.deny(floor.mia, topup_ids)
        assert set(floor.states(topup_ids)) == {"denied"}
        asked.append(statements)

    assert asked[0] == asked[1]
    assert asked[1].total() < 80

"""Several processes that decide the same requests at once: each is decided once, to the token."""

from collections import Counter

from bot.domain.bulks import Kind, Verdict
from bot.domain.topups import TopUpId, TopUpState
from bot.services import books
from bot.storage import topups
from tests.company import Company
from tests.services.bulk_company import Floor
from tests.services.test_clock_races import waits
from tests.spending import Approval, Decisions, Reversal, Transfer, Undoing, each, run
from tests.threads import Running
from tests.waiting import until


def sound(company: Company) -> bool:
    assert [str(wrong) for wrong in books.check(company.database)] == []
    keys = [entry.key for entry in company.entries()]
    return len(keys) == len(set(keys))


def forty(company: Company, floor: Floor, *, tokens: int = 100_001) -> tuple[TopUpId, ...]:
    """A request of each of forty people in the team."""
    askers = [company.member(f"m{n:02}") for n in range(40)]
    floor.take_in(*askers)
    return tuple(company.ask(one, tokens).topup_id for one in askers)


def test_forty_requests_approved_by_four_managers_at_once_are_decided_once_each(
    company: Company, database_url: str
) -> None:
    floor = Floor(company, filled=2_500_000)  # for 24 of them, and 99,976 are left
    topup_ids = forty(company, floor)
    managers = [floor.mia, *floor.managers("noa", "nik", "ned")]

    outcomes = run(
        database_url, each(4, 3, lambda p, n: Decisions(managers[p], topup_ids, f"modal:{p}:{n}"))
    )

    assert sum(map(int, outcomes)) == 24
    assert floor.has() == 99_976
    assert Counter(floor.states(topup_ids)) == {"approved": 24, "open": 16}
    assert sound(company)


def test_singles_bulks_and_withdrawals_at_once_leave_sound_books(
    company: Company, database_url: str
) -> None:
    floor = Floor(company)
    topup_ids = forty(company, floor)

    outcomes = run(
        database_url,
        [
            [Decisions(floor.mia, topup_ids, "modal:1")],
            [Approval(floor.mia, one) for one in reversed(topup_ids)],
            [Decisions(floor.leo, topup_ids[::-1], "modal:2", Kind.DENY)],
            [Approval(floor.leo, one) for one in topup_ids],
        ],
    )

    assert "OperationalError" not in outcomes
    assert set(floor.states(topup_ids)) <= {"approved", "denied"}
    assert len([one for one in company.told() if one[0] == "topup_decided"]) == 40
    assert sound(company)


def test_one_submission_sent_by_many_at_once_decides_once(
    company: Company, database_url: str
) -> None:
    floor = Floor(company)
    topup_ids = forty(company, floor)

    outcomes = run(
        database_url, each(4, 3, lambda _p, _n: Decisions(floor.mia, topup_ids, "modal:V1"))
    )

    assert outcomes == ["40"] * 12
    assert floor.has() == 10_000_000 - 40 * 100_001
    assert sound(company)


def test_undone_by_many_while_tokens_are_spent_and_reversed_ends_exact(
    company: Company, database_url: str
) -> None:
    floor = Floor(company)
    topup_ids = forty(company, floor)
    bulk = floor.approve(floor.mia, topup_ids)
    entries = [str(one.entry_id) for one in bulk.decided]

    outcomes = run(
        database_url,
        [
            [Undoing(floor.mia, bulk.key) for _ in range(2)],
            [Reversal(floor.leo, one, f"reverse:{one}") for one in entries[::-1]],
            [
                Transfer(one.requester, floor.leo, 1, f"transfer:{one.topup_id}")
                for one in bulk.decided
            ],
            [Undoing(floor.mia, bulk.key)],
        ],
    )

    undone = Counter(floor.states(topup_ids))["open"]
    again = [one for one in outcomes if one.isdigit()]
    assert again == [str(undone)] * 3
    back = company.rows("SELECT reverses FROM entry WHERE kind = 'reversal'")
    assert len({row["reverses"] for row in back}) == len(back)
    assert floor.has() == 10_000_000 - (40 - len(back)) * 100_001
    assert sound(company)


def test_a_request_that_another_has_in_hand_is_waited_for(company: Company) -> None:
    floor = Floor(company)
    first, second = floor.ask(500_000, 300_000)

    with company.database.writing() as tx:
        topup = topups.locked(tx, company.workspace_id, first)
        assert topup is not None
        several = Running(lambda: floor.approve(floor.mia, [first, second]))
        until(lambda: waits(company.database) or several.is_done)
        denied = {"state": TopUpState.DENIED, "decided_by": floor.leo, "now": company.now}
        assert topups.close(tx, company.workspace_id, first, **denied)  # type: ignore[arg-type]

    items = several.result().items
    assert [one.verdict for one in items] == [Verdict.CLOSED, Verdict.DECIDED]
    assert items[0].by == floor.leo
    assert floor.states([first, second]) == ["denied", "approved"]
    assert sound(company)

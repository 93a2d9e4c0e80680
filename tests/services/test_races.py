"""Several processes and threads at once, on both databases: no token is spent twice or lost."""

from collections import Counter

import pytest

from bot.services import books
from tests.company import Company
from tests.spending import Approval, Request, Reversal, Transfer, Workers, each, run
from tests.threads import at_once

PROCESSES = 8


def is_made(outcome: str) -> bool:
    return len(outcome) == 36


def sound(company: Company) -> bool:
    """Nothing is off: balances are the sums of their postings, and no entry came twice."""
    assert [str(wrong) for wrong in books.check(company.database)] == []
    keys = [entry.key for entry in company.entries()]
    return len(keys) == len(set(keys))


def test_eight_processes_that_spend_one_account_spend_what_it_has(
    company: Company, database_url: str
) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")
    tokens = 30_001  # 33 times, and 9,967 are left

    outcomes = run(
        database_url,
        each(PROCESSES, 8, lambda p, n: Transfer(alice, bob, tokens, f"transfer:{p}:{n}")),
    )

    made = [outcome for outcome in outcomes if is_made(outcome)]
    assert Counter("made" if is_made(o) else o for o in outcomes) == {
        "made": 33,
        "NotEnoughTokens": 31,
    }
    assert (company.available(alice), company.available(bob)) == (9_967, 990_033)
    assert {entry.entry_id for entry in company.entries()} == set(made)
    assert company.told() == [("tokens_received", bob)] * 33
    assert sound(company)


def test_opposite_transfers_come_to_an_end_and_to_the_right_sums(
    company: Company, database_url: str
) -> None:
    alice, bob, carla = (company.member(n, available=1_000_000) for n in ("alice", "bob", "carla"))
    ways = [(alice, bob), (bob, alice), (bob, carla), (carla, bob)]

    outcomes = run(
        database_url,
        each(4, 25, lambda p, n: Transfer(*ways[p], 1_000 * (p + 1), f"transfer:{p}:{n}")),
    )

    assert all(map(is_made, outcomes))
    assert [company.available(one) for one in (alice, bob, carla)] == [
        1_025_000,
        1_000_000,
        975_000,
    ]
    assert sound(company)


def test_one_key_sent_by_many_at_once_makes_one_entry(company: Company, database_url: str) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")

    outcomes = run(
        database_url,
        each(4, 10, lambda _, n: Transfer(alice, bob, 30_000, f"command:{n}")),
    )

    assert len(outcomes) == 40
    assert set(outcomes) == {entry.entry_id for entry in company.entries()}
    assert len(set(outcomes)) == 10
    assert company.available(alice) == 700_000
    assert company.told() == [("tokens_received", bob)] * 10
    assert sound(company)


def test_of_two_approvers_on_two_processes_one_decides(company: Company, database_url: str) -> None:
    approvers = [company.approver("mia"), company.approver("ben")]
    people = [company.member(f"m{n}") for n in range(25)]
    requests = [company.ask(one, 300_000).topup_id for one in people]

    outcomes = run(
        database_url, each(2, len(requests), lambda p, n: Approval(approvers[p], requests[n]))
    )

    assert Counter("made" if is_made(o) else o for o in outcomes) == {
        "made": 25,
        "TopUpClosed": 25,
    }
    assert {company.available(one) for one in people} == {300_000}
    assert Counter(kind for kind, _ in company.told())["topup_decided"] == 25
    assert sound(company)


def test_of_several_reversals_on_several_processes_one_is_made(
    company: Company, database_url: str
) -> None:
    approvers = [company.approver(f"mia{n}") for n in range(4)]
    alice = company.member("alice")
    granted = [company.grant(approvers[0], alice, tokens=100_000).entry_id for _ in range(10)]

    outcomes = run(
        database_url,
        each(4, len(granted), lambda p, n: Reversal(approvers[p], granted[n], f"modal:{p}:{n}")),
    )

    assert Counter("made" if is_made(o) else o for o in outcomes) == {
        "made": 10,
        "AlreadyReversed": 30,
    }
    assert company.available(alice) == 0
    assert sound(company)


def test_three_requests_are_open_when_several_processes_ask(
    company: Company, database_url: str
) -> None:
    company.admin("leo")
    alice = company.member("alice")

    outcomes = run(database_url, each(4, 3, lambda p, n: Request(alice, 500_000, f"modal:{p}:{n}")))

    assert Counter("made" if is_made(o) else o for o in outcomes) == {"made": 3, "TooManyOpen": 9}
    rows = company.rows("SELECT state FROM topup")
    assert [row["state"] for row in rows] == ["open"] * 3


def test_one_request_is_heard_once_from_several_processes(
    company: Company, database_url: str
) -> None:
    leo, alice = company.admin("leo"), company.member("alice")

    outcomes = run(database_url, each(4, 1, lambda _p, _n: Request(alice, 500_000, "modal:V1")))

    assert len(set(outcomes)) == 1
    assert company.told() == [("topup_asked", leo)]


@pytest.mark.parametrize("killed", [1, 3])
def test_books_are_right_after_processes_were_killed_in_mid_stream(
    company: Company, database_url: str, killed: int
) -> None:
    alice, bob = company.member("alice", available=10_000_000), company.member("bob")
    workers = Workers(
        database_url,
        each(4, 120, lambda p, n: Transfer(alice, bob, 1_000, f"transfer:{p}:{n}")),
    )

    first = workers.first_answer()
    for process in workers.processes[:killed]:
        process.kill()
    answered = [first, *workers.outcomes()]

    recorded = {entry.entry_id for entry in company.entries()}
    assert set(answered) <= recorded  # whoever was answered finds their entry
    assert len(answered) <= len(recorded) <= len(answered) + killed
    assert company.available(bob) == 1_000 * len(recorded)
    assert company.told() == [("tokens_received", bob)] * len(recorded)
    assert sound(company)


def test_sixteen_threads_of_one_process_spend_what_there_is(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")

    running = at_once([lambda: company.transfer(alice, bob, 90_000) for _ in range(16)])

    assert Counter(type(one.error).__name__ for one in running) == {
        "NoneType": 11,
        "NotEnoughTokens": 5,
    }
    assert (company.available(alice), company.available(bob)) == (10_000, 990_000)
    assert sound(company)


def test_a_grant_to_many_and_transfers_among_them_do_not_lock_each_other_out(
    company: Company,
) -> None:
    mia = company.approver("mia")
    people = [company.member(f"m{n}", available=1_000_000) for n in range(6)]

    running = at_once(
        [lambda: company.grant(mia, *people, tokens=1_000)] * 4
        + [lambda: company.grant(mia, *reversed(people), tokens=1_000)] * 4
        + [
            lambda a=a, b=b: company.transfer(a, b, 500)  # type: ignore[misc]  # mypy infers no lambda with a default
            for a, b in zip(people, reversed(people), strict=True)
        ]
    )

    assert [one.error for one in running] == [None] * 14
    assert sum(company.available(one) for one in people) == 6 * 1_008_000
    assert sound(company)

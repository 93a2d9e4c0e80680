"""What a credit takes back of advances, and what a week makes of it."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain import advances, movements
from bot.domain.advances import OpenAdvance
from bot.domain.directory import TeamId
from bot.domain.ledger import TREASURY, AccountKind, EntryId, EntryKind
from bot.domain.movements import Flow

SEARCH = TeamId("search")


def owing(*owed: int) -> list[OpenAdvance]:
    return [
        OpenAdvance(entry_id=EntryId(f"entry-{nth}"), owed_to=TREASURY, owed=tokens)
        for nth, tokens in enumerate(owed)
    ]


@given(st.lists(st.integers(1, 10**15), max_size=4), st.integers(1, 10**15))
def test_a_credit_repays_what_it_can_and_the_rest_stays_owed(owed: list[int], credit: int) -> None:
    before = owing(*owed)

    made = advances.repayments(before, credit)
    left = advances.after(before, made)

    repaid = sum(one.tokens for one in made)
    assert repaid == min(credit, sum(owed))
    assert sum(one.owed for one in left) == sum(owed) - repaid
    assert all(one.tokens > 0 for one in made)


def test_the_oldest_is_repaid_first() -> None:
    before = owing(40, 30, 20)

    made = advances.repayments(before, 60)

    assert [one.tokens for one in made] == [40, 20]
    assert [one.owed for one in advances.after(before, made)] == [10, 20]


def test_a_week_counts_an_advance_as_the_part_of_an_allowance_that_it_is() -> None:
    def flow(kind: EntryKind, source: AccountKind, destination: AccountKind, tokens: int) -> Flow:
        member = AccountKind.MEMBER
        return Flow(
            kind=kind,
            source=source,
            source_team=SEARCH if source is member else None,
            destination=destination,
            destination_team=SEARCH if destination is member else None,
            tokens=tokens,
            entries=1,
        )

    treasury, member = AccountKind.TREASURY, AccountKind.MEMBER
    found = movements.moves(
        SEARCH,
        [
            flow(EntryKind.ADVANCE, treasury, member, 40),
            flow(EntryKind.ALLOWANCE, treasury, member, 100),
            flow(EntryKind.ALLOWANCE, member, treasury, 40),
        ],
    )

    assert found.allowances == 100

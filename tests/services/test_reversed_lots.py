"""What is taken back is what was given: tokens that expire where those did, lasting ones else."""

import pytest

from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import UserId
from bot.domain.ledger import IdempotencyKey
from bot.domain.periods import Period
from bot.services import allowances, books
from tests.company import Company

MILLION = 1_000_000


class Story:
    """Alice has a million that expires on Monday; Bob has nothing that does."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.leo = company.admin("leo")
        self.alice = company.member("alice")
        self.bob = company.member("bob", available=400_000)
        allowances.start(
            company.database,
            company.workspace_id,
            actor=self.leo,
            wish=AllowanceWish(
                subject=Subject(SubjectKind.MEMBER, self.alice), tokens=MILLION, period=Period.WEEK
            ),
            key=IdempotencyKey("rule"),
            now=company.later(seconds=1),
        )

    def expiring(self, user: UserId) -> int:
        """What of a balance expires, by its lots; the account's row must say the same."""
        assert [str(wrong) for wrong in books.check(self.company.database)] == []
        rows = self.company.rows(
            "SELECT remaining FROM lot WHERE account_id = :account", account=f"member:{user}"
        )
        return sum(int(str(row["remaining"])) for row in rows)

    def has(self, user: UserId) -> tuple[int, int]:
        """What is available, and what of it expires."""
        return self.company.available(user), self.expiring(user)


@pytest.fixture
def story(company: Company) -> Story:
    return Story(company)


def test_an_undone_grant_leaves_what_expires_as_it_was(story: Story) -> None:
    grant = story.company.grant(story.leo, story.alice, tokens=300_000)

    story.company.undo(story.leo, grant.entry_id)

    assert story.has(story.alice) == (MILLION, MILLION)


def test_an_undone_transfer_of_lasting_tokens_gives_lasting_ones_back(story: Story) -> None:
    sent = story.company.transfer(story.bob, story.alice, 300_000)

    story.company.undo(story.bob, sent.entry_id)

    assert story.has(story.alice) == (MILLION, MILLION)
    assert story.has(story.bob) == (400_000, 0)


def test_an_undone_transfer_of_expiring_tokens_gives_expiring_ones_back(story: Story) -> None:
    sent = story.company.transfer(story.alice, story.bob, 300_000)
    before = story.has(story.bob)

    story.company.undo(story.alice, sent.entry_id)

    assert before == (700_000, 300_000)
    assert story.has(story.alice) == (MILLION, MILLION)
    assert story.has(story.bob) == (400_000, 0)


def test_a_transfer_of_both_kinds_gives_both_back(story: Story) -> None:
    story.company.grant(story.leo, story.alice, tokens=200_000)
    sent = story.company.transfer(story.alice, story.bob, 1_100_000)
    before = story.has(story.bob)

    story.company.undo(story.alice, sent.entry_id)

    assert before == (1_500_000, MILLION)
    assert story.has(story.alice) == (1_200_000, MILLION)
    assert story.has(story.bob) == (400_000, 0)


def test_of_a_grant_whose_tokens_are_partly_gone_the_rest_comes_from_what_expires(
    story: Story,
) -> None:
    """Alice spends 1.2M of 1.3M: all that expires, and 200k of the grant."""
    grant = story.company.grant(story.leo, story.alice, tokens=300_000)
    story.company.transfer(story.alice, story.bob, 1_200_000)
    story.company.transfer(story.bob, story.alice, MILLION)
    before = story.has(story.alice)

    story.company.reverse(story.leo, grant.entry_id)

    assert before == (1_100_000, MILLION)
    assert story.has(story.alice) == (800_000, 800_000)


def test_a_confirmed_reversal_below_zero_leaves_nothing_that_expires(story: Story) -> None:
    grant = story.company.grant(story.leo, story.alice, tokens=300_000)
    story.company.transfer(story.alice, story.bob, 1_200_000)

    story.company.reverse(story.leo, grant.entry_id, is_confirmed=True)

    assert story.has(story.alice) == (-200_000, 0)

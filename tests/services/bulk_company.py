"""A team with a pool and requests of its people, for tests of what is decided several at once."""

from collections.abc import Sequence

from bot.domain.bulks import Bulk, Item, Kind, Preview, Verdict
from bot.domain.directory import UserId
from bot.domain.ledger import IdempotencyKey
from bot.domain.topups import TopUp, TopUpId
from bot.services import books, bulks, team_managers, undoing
from bot.services.team_choice import Asked
from bot.services.undoing import Undone
from tests.company import Company
from tests.services.budget_company import MILLION, Search

__all__ = ["MILLION", "Floor", "verdicts"]


class Floor(Search):
    """Mia looks after Ana, Ben and as many more as there are; their pool has ten million."""

    def __init__(self, company: Company, *, filled: int = 10 * MILLION) -> None:
        super().__init__(company, filled=filled)

    def managers(self, *names: str) -> list[UserId]:
        """More of them for the team."""
        people = [self.company.member(name) for name in names]
        asked = Asked(actor=self.leo, team_id=self.team_id)
        team_managers.name(
            self.company.database,
            self.company.workspace_id,
            asked,
            people=people,
            now=self.company.later(seconds=1),
        )
        return people

    def ask(self, *tokens: int, of: UserId | None = None) -> list[TopUpId]:
        """A request of each amount, by Ana and Ben in turn."""
        askers = [of] if of else [self.ana, self.ben]
        return [
            self.company.ask(askers[n % len(askers)], some, note=f"need {n}").topup_id
            for n, some in enumerate(tokens)
        ]

    def approve(
        self, actor: UserId, topup_ids: Sequence[TopUpId], *, key: str = "modal:V1"
    ) -> Bulk:
        return self._decide(actor, topup_ids, Kind.APPROVE, "", key)

    def deny(
        self,
        actor: UserId,
        topup_ids: Sequence[TopUpId],
        *,
        note: str = "not now",
        key: str = "modal:V2",
    ) -> Bulk:
        return self._decide(actor, topup_ids, Kind.DENY, note, key)

    def preview(
        self, actor: UserId, topup_ids: Sequence[TopUpId], kind: Kind = Kind.APPROVE
    ) -> Preview:
        return bulks.preview(
            self.company.database,
            self.company.workspace_id,
            actor=actor,
            topup_ids=topup_ids,
            kind=kind,
            now=self.company.now,
        )

    def undo_all(self, actor: UserId, bulk: Bulk, *, seconds: float = 1) -> Undone:
        return undoing.undo_all(
            self.company.database,
            self.company.workspace_id,
            actor=actor,
            key=bulk.key,
            now=self.company.later(seconds=seconds),
        )

    def undo(
        self, actor: UserId, topup_id: TopUpId, *, reopened: int = 0, seconds: float = 1
    ) -> TopUp:
        return undoing.undo(
            self.company.database,
            self.company.workspace_id,
            actor=actor,
            topup_id=topup_id,
            reopened=reopened,
            clicked=None,
            now=self.company.later(seconds=seconds),
        )

    def has(self) -> int:
        """What the pool's row has."""
        (row,) = self.company.rows(
            "SELECT balance FROM account WHERE workspace_id = :workspace_id AND account_id = :pool",
            pool=self.pool,
        )
        return int(str(row["balance"]))

    def states(self, topup_ids: Sequence[TopUpId]) -> list[str]:
        return [str(self.company.topup(one)["state"]) for one in topup_ids]

    def is_sound(self) -> bool:
        """Nothing is off in the books."""
        assert [str(wrong) for wrong in books.check(self.company.database)] == []
        return True

    def _decide(
        self, actor: UserId, topup_ids: Sequence[TopUpId], kind: Kind, note: str, key: str
    ) -> Bulk:
        return bulks.decide(
            self.company.database,
            self.company.workspace_id,
            actor=actor,
            topup_ids=topup_ids,
            kind=kind,
            note=note,
            key=IdempotencyKey(key),
            now=self.company.later(seconds=1),
        )


def verdicts(items: Sequence[Item]) -> list[Verdict]:
    return [one.verdict for one in items]

"""A team with a pool, for tests of budgets. The company's day is Monday 2 March 2026."""

from datetime import datetime
from typing import Any

from bot import schedule
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import Subject, SubjectKind, Vesting
from bot.domain.budgets import Budget, BudgetState
from bot.domain.directory import TeamId, UserId
from bot.domain.ledger import IdempotencyKey
from bot.domain.periods import Period
from bot.domain.teams import pool_account
from bot.services import allowances, books, pools, team_ends, team_managers, team_members, teams
from bot.services.team_choice import Asked
from bot.storage import budgets
from tests.company import Company
from tests.services.test_teams import make

MILLION = 1_000_000


class Search:
    """A team *search* with Ana and Ben, whom Mia looks after, and 10M in its pool."""

    def __init__(self, company: Company, *, filled: int = 10 * MILLION) -> None:
        self.company = company
        self.leo = company.admin("leo")
        self.ana, self.ben = company.member("ana"), company.member("ben")
        self.mia = company.member("mia")
        self.team_id: TeamId = make(company, self.leo, "search", self.ana, self.ben)
        self.pool = pool_account(self.team_id)
        asked = Asked(actor=self.leo, team_id=self.team_id)
        team_managers.name(
            company.database, company.workspace_id, asked, people=[self.mia], now=company.now
        )
        self.fill(filled)

    def fill(self, tokens: int) -> None:
        now = self.company.later(seconds=1)
        pools.fill(
            self.company.database,
            self.company.workspace_id,
            asked=Asked(actor=self.leo, team_id=self.team_id),
            tokens=tokens,
            note="",
            key=IdempotencyKey(f"fill:{now}"),
            now=now,
        )

    def budget(self, tokens: int | None, period: Period = Period.MONTH) -> None:
        self.put(self.leo, tokens, period)

    def put(self, actor: UserId, tokens: int | None, period: Period = Period.MONTH) -> None:
        pools.set_budget(
            self.company.database,
            self.company.workspace_id,
            Asked(actor=actor, team_id=self.team_id),
            budget=Budget(tokens=tokens, period=period) if tokens else None,
            now=self.company.later(seconds=1),
        )

    def state(self) -> BudgetState:
        with self.company.database.reading() as tx:
            found = budgets.state(tx, self.company.workspace_id, self.pool, self.company.now)
        assert found is not None
        return found

    def grant(self, tokens: int, *people: UserId, key: str = "") -> None:
        self.company.later(seconds=1)
        self.company.grant(self.mia, *(people or (self.ana,)), tokens=tokens, key=key)

    def weekly(self, tokens: int, period: Period = Period.WEEK, **terms: Any) -> None:
        """A manager's rule, which the pool pays."""
        self.rule(self.mia, Subject(SubjectKind.TEAM, self.team_id), tokens, period, **terms)

    def package(self, tokens: int, *, parts: int) -> None:
        """A package for each of the team, which the pool pays in monthly parts."""
        self.weekly(tokens, Period.MONTH, vesting=Vesting(parts=parts))

    def rule(
        self, actor: UserId, subject: Subject, tokens: int, period: Period, **terms: Any
    ) -> None:
        now = self.company.later(seconds=1)
        allowances.start(
            self.company.database,
            self.company.workspace_id,
            actor=actor,
            wish=AllowanceWish(subject=subject, tokens=tokens, period=period, **terms),
            key=IdempotencyKey(f"rule:{now}"),
            now=now,
        )

    def tick(self, at: datetime) -> None:
        """Let the clock do what is due at that moment."""
        self.company.later(seconds=(at - self.company.now).total_seconds())
        schedule.tick(self.company.database, at)

    def zone(self, zone: str) -> None:
        teams.set_zone(
            self.company.database,
            self.company.workspace_id,
            Asked(actor=self.leo, team_id=self.team_id),
            zone=zone,
            now=self.company.later(seconds=1),
        )

    def take_in(self, *people: UserId, leaving: tuple[UserId, ...] = ()) -> None:
        team_members.move(
            self.company.database,
            self.company.workspace_id,
            Asked(actor=self.leo, team_id=self.team_id),
            joining=people,
            leaving=leaving,
            now=self.company.later(seconds=1),
        )

    def end(self) -> None:
        team_ends.end(
            self.company.database,
            self.company.workspace_id,
            asked=Asked(actor=self.leo, team_id=self.team_id),
            now=self.company.later(seconds=1),
        )

    def pool_has(self) -> tuple[int, int]:
        """Its balance, and what of it is held."""
        (row,) = self.company.rows(
            "SELECT balance, held FROM account"
            " WHERE workspace_id = :workspace_id AND account_id = :pool",
            pool=self.pool,
        )
        return int(str(row["balance"])), int(str(row["held"]))

    def reverse(self, kind: str = "grant") -> None:
        """Take back the latest entry of that kind."""
        found = [one for one in self.company.entries() if one.kind == kind]
        self.company.reverse(self.leo, found[-1].entry_id, is_confirmed=True)

    def sound(self) -> bool:
        return [str(wrong) for wrong in books.check(self.company.database)] == []

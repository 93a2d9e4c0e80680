"""A company whose people use AI tools: events come in under the names that sources give them."""

from collections import Counter
from datetime import datetime
from itertools import count

from bot.domain.counts import Counts
from bot.domain.directory import TeamId, UserId
from bot.domain.identities import IdentityId
from bot.domain.ledger import AccountId, member_account
from bot.domain.teams import pool_account
from bot.domain.usage_events import SourceRole, Taken, UsageEvent
from bot.services import attributions, usage
from tests.company import Company

#: A day of usage: account, team, day and user, and what is summed there.
Sums = dict[tuple[str, str, str, str, str], tuple[int, int]]


class Metered:
    """The sources of a company, and what they were told."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self._ids = count(1)

    def event(
        self,
        user: str,
        tokens: int,
        *,
        source: str = "litellm",
        external_id: str = "",
        at: datetime | None = None,
        model: str = "gpt-4o",
        project: str = "search",
        provider: str = "openai",
        revision: int = 0,
    ) -> UsageEvent:
        return UsageEvent(
            source=source,
            external_id=external_id or f"call-{next(self._ids)}",
            occurred_at=at or self.company.now,
            user=user,
            model=model,
            provider=provider,
            counts=Counts(input_uncached=tokens),
            project=project,
            revision=revision,
        )

    def take_in(
        self,
        *events: UsageEvent,
        role: SourceRole = SourceRole.GATEWAY,
        owner: UserId | None = None,
    ) -> Taken:
        return usage.take_in(
            self.company.database,
            self.company.workspace_id,
            events,
            role=role,
            owner=owner,
            actor="key:test",
            now=self.company.later(seconds=1),
        )

    def used(self, user: str, tokens: int, *, source: str = "litellm") -> None:
        """Somebody used tokens, as the source says."""
        self.take_in(self.event(user, tokens, source=source))

    def identity(self, name: str, source: str = "litellm") -> IdentityId:
        (row,) = self.company.rows(
            "SELECT identity_id FROM identity WHERE workspace_id = :workspace_id"
            " AND name = :name AND source = :source",
            name=name,
            source=source,
        )
        return IdentityId(str(row["identity_id"]))

    def link(self, name: str, to: UserId | AccountId, *, source: str = "litellm") -> int:
        account = AccountId(to) if ":" in to else member_account(UserId(to))
        moved = attributions.link(
            self.company.database,
            self.company.workspace_id,
            self.identity(name, source),
            account,
            actor="UADMIN",
            now=self.company.later(seconds=1),
        )
        return moved.tokens

    def unlink(self, name: str, *, source: str = "litellm") -> int:
        moved = attributions.unlink(
            self.company.database,
            self.company.workspace_id,
            self.identity(name, source),
            actor="UADMIN",
            now=self.company.later(seconds=1),
        )
        return moved.tokens

    def tidy(self) -> None:
        """The clock looks at what was left behind."""
        attributions.do_due(self.company.database, self.company.later(seconds=1))

    # What the tables say.

    def charged(self) -> dict[str, int]:
        """By account, the tokens that it gave away for usage, less what it was given back."""
        spent: Counter[str] = Counter()
        for entry in self.company.entries():
            if entry.kind in {"usage", "attribution"}:
                for source, destination, tokens in entry.postings:
                    spent[source] += tokens
                    spent[destination] -= tokens
        return {account: tokens for account, tokens in sorted(spent.items()) if tokens}

    def events_by_account(self) -> dict[str, int]:
        rows = self.company.rows(
            "SELECT account_id, SUM(tokens) AS tokens FROM usage_event"
            " WHERE workspace_id = :workspace_id GROUP BY account_id"
        )
        return {str(row["account_id"]): int(str(row["tokens"])) for row in rows if row["tokens"]}

    def sums(self) -> Sums:
        """The rollup: team, day, user, model and project, with tokens and calls."""
        rows = self.company.rows(
            "SELECT * FROM rollup WHERE workspace_id = :workspace_id AND calls > 0"
        )
        return {
            tuple(str(row[name]) for name in ("team_id", "day", "user_id", "model", "project")): (  # type: ignore[misc]  # five of them
                int(str(row["tokens"])),
                int(str(row["calls"])),
            )
            for row in rows
        }


def pool(team: TeamId) -> AccountId:
    return pool_account(team)

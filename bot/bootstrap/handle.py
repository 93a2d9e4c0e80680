"""A running bot in the hands of the playground, or of tests."""

import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from bot.bootstrap.bot import Bot
from bot.bootstrap.clock import Clock
from bot.domain.directory import Role, UserId, WorkspaceId
from bot.domain.ledger import IdempotencyKey
from bot.services import approvers, books, directory, members, usage
from bot.slack.render.help import Usage, usages


@dataclass(frozen=True, slots=True)
class Handle:
    """A running bot, for the playground and for tests."""

    url: str
    bot: Bot
    clock: Clock

    def add_approver(self, workspace_id: str, user_id: str) -> None:
        """Name a manager of *Everyone*."""
        directory.open_workspace(self.bot.database, WorkspaceId(workspace_id), self.clock())
        approvers.add(
            self.bot.database,
            WorkspaceId(workspace_id),
            user_id=UserId(user_id),
            role=Role.MANAGER,
            actor="command line",
            now=self.clock(),
        )

    def use(
        self,
        workspace_id: str,
        user_id: str,
        tokens: int,
        model: str = "claude-sonnet",
        project: str = "",
        *,
        at: datetime | None = None,
    ) -> None:
        """Have somebody use tokens, at a time in the past or now."""
        now = self.clock()
        usage.record(
            self.bot.database,
            WorkspaceId(workspace_id),
            user_id=UserId(user_id),
            tokens=tokens,
            model=model,
            project=project,
            at=at or now,
            key=IdempotencyKey(f"handle:{secrets.token_hex(8)}"),
            now=now,
        )

    def usages(self, workspace_id: str, user_id: str) -> tuple[Usage, ...]:
        """What somebody can type after the command, as its help says it."""
        return usages(members.member(self.bot.database, WorkspaceId(workspace_id), UserId(user_id)))

    def tick(self, at: datetime) -> None:
        """Do and deliver all that is due as of then."""
        self.bot.tick(at)

    def at_rest(self) -> AbstractContextManager[None]:
        """Nothing is being sent meanwhile, so that the clock may jump."""
        return self.bot.at_rest()

    def check(self) -> list[str]:
        """A line for each thing in the books that doesn't add up."""
        return [str(found) for found in books.check(self.bot.database)]

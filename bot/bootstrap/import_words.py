"""What an import says when it is done."""

from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.ledger import AccountId, AccountKind, account_kind, account_owner
from bot.services.usage_imports import Foreseen, Imported, Rejected, Use

#: Errors that are shown; all are in the file.
_SHOWN_MAX = 5
_USERS_MAX = 1_000


@dataclass(slots=True)
class Told:
    """What became of a file, summed as it is read."""

    name: str
    rejected_in: Path
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    shown: list[Rejected] = field(default_factory=list)

    def add(self, done: Imported) -> None:
        """Count what one commit took, or what was rejected."""
        self.accepted += done.accepted
        self.duplicates += done.duplicates
        self.rejected += len(done.rejected)
        self.shown += done.rejected[: _SHOWN_MAX - len(self.shown)]

    def lines(self) -> list[str]:
        """The sums, the first errors, and where all of them are."""
        said = [f"{self.name}: {self._sums()}"]
        if self.rejected:
            said += _errors(self.shown, self.rejected)
            said.append(
                f"All that was rejected is in {self.rejected_in}: mend it there, and import that "
                "file with the same options"
            )
        return said

    def so_far(self) -> str:
        """Where it ended early."""
        return f"until there {self._sums()}; the same command again goes on"

    def _sums(self) -> str:
        return (
            f"{self.accepted:,} accepted, {self.duplicates:,} known before, "
            f"{self.rejected:,} rejected"
        )


@dataclass(slots=True)
class Foretold:
    """What would become of it."""

    name: str
    duplicates: int = 0
    rejected: int = 0
    shown: list[Rejected] = field(default_factory=list)
    users: dict[tuple[str, str], tuple[AccountId, Use]] = field(default_factory=dict)
    others: Use = field(default_factory=Use)

    def add(self, foreseen: Foreseen) -> None:
        """Count a batch."""
        self.duplicates += foreseen.duplicates
        self.rejected += len(foreseen.rejected)
        self.shown += foreseen.rejected[: _SHOWN_MAX - len(self.shown)]
        for user, (account, more) in foreseen.users.items():
            use = self.others
            if user in self.users or len(self.users) < _USERS_MAX:
                _, use = self.users.setdefault(user, (account, Use()))
            use.events += more.events
            use.counted += more.counted

    def lines(self) -> list[str]:
        """The sums, and a line for each user."""
        uses = [use for _, use in self.users.values()] + [self.others]
        said = [
            f"{self.name}: nothing is written. {sum(use.events for use in uses):,} would be "
            f"accepted, {self.duplicates:,} are known before, {self.rejected:,} would be rejected"
        ]
        ordered = sorted(self.users.items(), key=lambda one: (-one[1][1].counted, one[0]))
        for (source, user), (account, use) in ordered:
            said.append(f"  {user or 'no user'} ({source}) → {_whose(account)}: {_used(use)}")
        if self.others.events:
            said.append(f"  further users: {_used(self.others)}")
        return said + (_errors(self.shown, self.rejected) if self.rejected else [])


def _used(use: Use) -> str:
    return f"{use.events:,} {'event' if use.events == 1 else 'events'}, {use.counted:,} tokens"


def _whose(account: AccountId) -> str:
    match account_kind(account):
        case AccountKind.MEMBER:
            return account_owner(account)
        case AccountKind.POOL:
            return f"the pool of {account_owner(account)}"
        case _:
            return "nobody yet, until linked"


def _errors(shown: list[Rejected], count: int) -> list[str]:
    said = [f"  line {one.record.line:,}: {one.error}" for one in shown]
    return said + ([f"  and {count - len(shown):,} more"] if count > len(shown) else [])

"""Accounts, postings and entries: double entry without signs.

A posting moves a positive number of tokens from one account to another, so every entry balances by
its shape. `docs/ledger.md` draws it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from bot.domain.directory import UserId

AccountId = NewType("AccountId", str)
EntryId = NewType("EntryId", str)
IdempotencyKey = NewType("IdempotencyKey", str)

#: The most tokens that one posting moves.
TOKENS_MAX = 10**15
#: The most tokens that an account may hold; BIGINT ends at 9.2 × 10^18.
BALANCE_MAX = 4 * 10**18
#: The most people whom one grant reaches; they are listed one by one in its receipt.
RECIPIENTS_MAX = 50
#: How long a receipt offers *Undo*.
UNDO_WINDOW = timedelta(seconds=60)


class AccountKind(StrEnum):
    """What an account is for. The first part of its id."""

    TREASURY = "treasury"
    POOL = "pool"
    MEMBER = "member"
    CONSUMED = "consumed"
    EXPIRED = "expired"
    UNATTRIBUTED = "unattributed"


TREASURY = AccountId("treasury")
CONSUMED = AccountId("consumed")
EXPIRED = AccountId("expired")
UNATTRIBUTED = AccountId("unattributed")

#: Too many entries meet here for one row to keep their balance; it is computed from postings.
UNCACHED = frozenset({TREASURY, CONSUMED, EXPIRED, UNATTRIBUTED})


def member_account(user_id: UserId) -> AccountId:
    return AccountId(f"{AccountKind.MEMBER}:{user_id}")


def account_kind(account: AccountId) -> AccountKind:
    return AccountKind(account.partition(":")[0])


def account_owner(account: AccountId) -> str:
    """The user or team whose account this is; empty for treasury and sinks."""
    return account.partition(":")[2]


class EntryKind(StrEnum):
    """Why tokens moved."""

    ISSUE = "issue"
    GRANT = "grant"
    ALLOWANCE = "allowance"
    TRANSFER = "transfer"
    USAGE = "usage"
    SETTLEMENT = "settlement"
    EXPIRY = "expiry"
    RETURN = "return"
    ADVANCE = "advance"
    TRUE_UP = "true_up"
    ATTRIBUTION = "attribution"
    REVERSAL = "reversal"


#: What a reversal undoes; usage is corrected by `true_up` alone.
REVERSIBLE = frozenset({EntryKind.ISSUE, EntryKind.GRANT, EntryKind.ALLOWANCE, EntryKind.TRANSFER})


@dataclass(frozen=True, slots=True)
class Posting:
    """`tokens` go from `source` to `destination`."""

    source: AccountId
    destination: AccountId
    tokens: int

    def __post_init__(self) -> None:
        if not 0 < self.tokens <= TOKENS_MAX:
            raise ValueError(f"a posting moves 1 to {TOKENS_MAX} tokens, not {self.tokens}")
        if self.source == self.destination:
            raise ValueError(f"a posting needs two accounts, not {self.source} twice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Postings that happen together, before they are recorded."""

    kind: EntryKind
    actor: UserId
    postings: tuple[Posting, ...]
    note: str
    key: IdempotencyKey
    now: datetime
    reverses: EntryId | None = None
    #: The actor credited themselves, which only the only approver may.
    is_self_approved: bool = False
    #: Accounts of members may go below zero: usage, an overrun, a confirmed reversal.
    may_overdraw: bool = False
    #: The rule whose lots it takes before others, where it takes back what that credited.
    takes_lots_of: str | None = None

    def __post_init__(self) -> None:
        if not self.postings:
            raise ValueError("an entry has at least one posting")

    @property
    def fingerprint(self) -> str:
        """Same key and same fingerprint is the same wish; the time of the wish doesn't count."""
        postings = sorted((p.source, p.destination, p.tokens) for p in self.postings)
        content = repr((self.kind.value, self.actor, postings, self.note, self.reverses))
        return hashlib.blake2s(content.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEntry:
    """An entry as it stands in the books."""

    entry_id: EntryId
    kind: EntryKind
    actor: UserId
    postings: tuple[Posting, ...]
    note: str
    recorded_at: datetime
    reverses: EntryId | None = None
    reversed_by: EntryId | None = None
    #: The key it was recorded with; by the clock's own keys, what it was for.
    key: str = ""
    is_self_approved: bool = False


@dataclass(frozen=True, slots=True)
class Expiring:
    """Tokens that arrive somewhere and are good until a moment."""

    expires_at: datetime
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was recorded; `is_new` is false when the key had been used for the same wish before."""

    entry_id: EntryId
    kind: EntryKind
    actor: UserId
    postings: tuple[Posting, ...]
    note: str
    recorded_at: datetime
    is_new: bool
    is_self_approved: bool = False
    #: Available tokens of each member account after the entry.
    available: Mapping[AccountId, int] = field(default_factory=dict)
    #: Accounts that this entry was the first to reach.
    opened: frozenset[AccountId] = frozenset()
    #: What of the tokens that arrived expires when, by account; known when it is new.
    expiring: Mapping[AccountId, tuple[Expiring, ...]] = field(default_factory=dict)
    #: What the teams are called whose pools it touched; known of what was taken back.
    teams: Mapping[AccountId, str] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """All tokens moved."""
        return sum(posting.tokens for posting in self.postings)

    @property
    def recipients(self) -> tuple[UserId, ...]:
        return tuple(members_credited(self.postings))


def members_of(postings: Iterable[Posting]) -> list[UserId]:
    """Everyone whose account the postings touch, once, sources first."""
    ends = [end for posting in postings for end in (posting.source, posting.destination)]
    members = (UserId(account_owner(a)) for a in ends if account_kind(a) is AccountKind.MEMBER)
    return list(dict.fromkeys(members))


def members_credited(postings: Iterable[Posting]) -> list[UserId]:
    return [
        UserId(account_owner(posting.destination))
        for posting in postings
        if account_kind(posting.destination) is AccountKind.MEMBER
    ]


def net_changes(postings: Iterable[Posting]) -> list[tuple[AccountId, int]]:
    """What each account gains or loses, in the one order in which accounts are touched."""
    change: Counter[AccountId] = Counter()
    for posting in postings:
        change[posting.source] -= posting.tokens
        change[posting.destination] += posting.tokens
    return sorted((account, tokens) for account, tokens in change.items() if tokens)


def swapped(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """The postings that take these back."""
    return tuple(Posting(p.destination, p.source, p.tokens) for p in postings)


def short_id(identifier: str) -> str:
    """The form of an id that people see and type: its last eight characters, which are random."""
    return identifier[-8:]

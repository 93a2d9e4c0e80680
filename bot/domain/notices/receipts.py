"""Tokens that came or went."""

from dataclasses import dataclass

from bot.domain.directory import UserId
from bot.domain.ledger import EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensReceived:
    """A grant or a transfer arrived."""

    recipient: UserId
    giver: UserId
    tokens: int
    note: str
    entry_id: EntryId
    is_transfer: bool
    #: Their first tokens ever: the message adds how to see them.
    is_first: bool
    #: What of it expires: each moment, as in 2026-11-30T00:00:00+00:00, with its tokens.
    expiring: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReversed:
    """An entry that touched the recipient's account was taken back."""

    recipient: UserId
    actor: UserId
    entry_id: EntryId
    reversal_id: EntryId
    #: Positive: tokens came back to them; negative: tokens were taken from them.
    change: int
    note: str

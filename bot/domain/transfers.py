"""The rule of a transfer: a member's own tokens, to somebody else."""

from datetime import datetime

from bot.domain import permission
from bot.domain.directory import Member
from bot.domain.ledger import Entry, EntryKind, IdempotencyKey, Posting, member_account
from bot.domain.refusals import ToOneself
from bot.domain.roles import Deed


def transfer(
    giver: Member,
    taker: Member,
    tokens: int,
    *,
    note: str,
    key: IdempotencyKey,
    now: datetime,
) -> Entry:
    """Raises `ToOneself`."""
    permission.require(giver, Deed.TRANSFER, giver)
    if giver.user_id == taker.user_id:
        raise ToOneself
    posting = Posting(member_account(giver.user_id), member_account(taker.user_id), tokens)
    return Entry(
        kind=EntryKind.TRANSFER,
        actor=giver.user_id,
        postings=(posting,),
        note=note,
        key=key,
        now=now,
    )

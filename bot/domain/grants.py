"""The rule of a grant: from the treasury or a team's pool, by an approver, to others."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import permission
from bot.domain.directory import EVERYONE, Member
from bot.domain.ledger import (
    RECIPIENTS_MAX,
    TREASURY,
    AccountId,
    Entry,
    EntryKind,
    IdempotencyKey,
    Posting,
    member_account,
)
from bot.domain.refusals import SelfGrant, TooManyRecipients
from bot.domain.roles import Deed
from bot.domain.teams import pool_account


def grant(
    giver: Member,
    takers: Sequence[Member],
    tokens: int,
    *,
    is_only_approver: bool,
    note: str,
    key: IdempotencyKey,
    now: datetime,
) -> Entry:
    """The same amount for each, as one entry. Whoever is named twice still gets it once.

    Raises `NotAllowed`, `SelfGrant` (but not where there is nobody else to ask), and
    `TooManyRecipients`.
    """
    permission.require_for_someone(giver, Deed.GRANT)
    people = {taker.user_id: taker for taker in takers}
    if len(people) > RECIPIENTS_MAX:
        raise TooManyRecipients(len(people), RECIPIENTS_MAX)
    for taker in people.values():
        permission.require(giver, Deed.GRANT, taker)
    is_to_self = giver.user_id in people
    if is_to_self and not is_only_approver:
        raise SelfGrant(Deed.GRANT)
    return Entry(
        kind=EntryKind.GRANT,
        actor=giver.user_id,
        postings=tuple(
            Posting(source(giver, taker), member_account(user), tokens)
            for user, taker in people.items()
        ),
        note=note,
        key=key,
        now=now,
        is_self_approved=is_to_self,
    )


def source(giver: Member, taker: Member) -> AccountId:
    """Where a grant comes from: an admin's from the treasury, a manager's from the team's pool.

    *Everyone* has no pool (docs/decisions/0005), so what its managers give is the treasury's.
    """
    if giver.is_admin or taker.team_id == EVERYONE:
        return TREASURY
    return pool_account(taker.team_id)

"""Stand-ins: who decides for an approver who is away, and what that lends them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.directory import Member, Standing, UserId


class Phase(StrEnum):
    """What a stand-in is told of."""

    NAMED = "named"
    BEGUN = "begun"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """An approver is away from one moment up to another, and who decides meanwhile."""

    absent: UserId
    stand_in: UserId
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A stand-in's time that runs now, with both people as the directory knows them."""

    absent: Member
    stand_in: Member
    ends_at: datetime

    @property
    def lends(self) -> bool:
        """Only who may decide lends it, and only to somebody active here."""
        return self.absent.is_approver and self.stand_in.standing is Standing.ACTIVE


def acting(actor: Member, absences: Iterable[Absence], *subjects: Member) -> Member:
    """The actor with what those who are away lend them, to grant to or decide for the subjects.

    What was lent isn't lent on, and nobody lends what they may not do themselves: credit their own
    account.
    """
    touched = {subject.user_id for subject in subjects}
    lenders = [
        one.absent
        for one in absences
        if one.lends and one.stand_in.user_id == actor.user_id and one.absent.user_id not in touched
    ]
    if not lenders:
        return actor
    return replace(
        actor,
        is_admin=actor.is_admin or any(lender.is_admin for lender in lenders),
        manages=actor.manages.union(*(lender.manages for lender in lenders)),
    )


def present(
    approvers: Sequence[Member], requester: Member, absences: Sequence[Absence]
) -> list[Member]:
    """These approvers, with a stand-in in the place of each who is away.

    A place stays empty whose stand-in left, is away too, or is the one who asks: stand-ins of
    stand-ins are not followed, and nobody decides their own request.
    """
    away = {one.absent.user_id: one for one in absences}
    found: dict[UserId, Member] = {}
    for approver in approvers:
        absence = away.get(approver.user_id)
        here = absence.stand_in if absence else approver
        is_free = absence is None or (
            absence.lends and here.user_id not in away and here.user_id != requester.user_id
        )
        if is_free:
            found.setdefault(here.user_id, here)
    return list(found.values())

"""Who takes part: whom tokens may come from and go to."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bot.domain.directory import Member, Standing, UserId
from bot.domain.refusals import (
    MemberDeactivated,
    MemberIsBot,
    MemberIsForeign,
    MemberIsGuest,
    MemberMissing,
    MemberUnknown,
    Refusal,
)

_REFUSED: Mapping[Standing, Callable[[UserId], Refusal]] = MappingProxyType(
    {
        Standing.UNSEEN: MemberUnknown,
        Standing.MISSING: MemberMissing,
        Standing.DEACTIVATED: MemberDeactivated,
        Standing.BOT: MemberIsBot,
        Standing.GUEST: MemberIsGuest,
        Standing.FOREIGN: MemberIsForeign,
    }
)


def is_outsider(member: Member) -> bool:
    """A guest or someone from another organisation, whom a setting may let in."""
    return member.standing in {Standing.GUEST, Standing.FOREIGN}


def refuse_absent(member: Member, *, outsiders_take_part: bool) -> None:
    """Raises the refusal that says why this person can neither send nor receive."""
    refused = _REFUSED.get(member.standing)
    if refused is not None and not (outsiders_take_part and is_outsider(member)):
        raise refused(member.user_id)

"""Asking the table of roles, and refusing in the words of what is missing."""

from bot.domain import roles
from bot.domain.directory import Member, Standing
from bot.domain.refusals import MemberUnknown, NotAllowed
from bot.domain.roles import Deed


def require(actor: Member, deed: Deed, subject: Member) -> None:
    """Raises `NotAllowed`, or `MemberUnknown` where the actor's roles have yet to be learnt."""
    if not roles.may(actor, deed, subject):
        raise _refusal(actor, NotAllowed(deed, subject.user_id))


def require_for_someone(actor: Member, deed: Deed) -> None:
    """The same, where nobody has been named yet."""
    if not roles.may_for_someone(actor, deed):
        raise _refusal(actor, NotAllowed(deed))


def _refusal(actor: Member, refusal: NotAllowed) -> NotAllowed | MemberUnknown:
    return MemberUnknown(actor.user_id) if actor.standing is Standing.UNSEEN else refusal

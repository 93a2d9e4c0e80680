"""Every refusal and fault in words: what happened, why, and what to do next."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.domain.directory import UserId
from bot.domain.refusals import (
    AdvanceRefused,
    AllowanceEndsTooSoon,
    AllowanceInPast,
    AmountRefused,
    AnyRefusal,
    AwayFault,
    AwayRefused,
    BalanceOutOfRange,
    CallAmbiguous,
    CallUnknown,
    DecisionRefused,
    DigestTimeUnclear,
    GroupDecides,
    InAnotherTeam,
    KeyReused,
    MemberDeactivated,
    MemberIsBot,
    MemberIsForeign,
    MemberIsGuest,
    MemberMissing,
    MemberUnknown,
    NoApprover,
    NoChannelYet,
    NoPool,
    NotAChannel,
    NotAllowed,
    NotAPerson,
    NotEnoughTokens,
    NoteTooLong,
    NotInTeam,
    OwnRequest,
    PeriodUnclear,
    PolicyRefused,
    PoolShort,
    SelfGrant,
    SubjectUnknown,
    TeamNameRefused,
    TeamNameTaken,
    TooManyOpen,
    TooManyRecipients,
    ToOneself,
    TopUpClosed,
    TopUpUnknown,
    WhichTeam,
    ZoneUnknown,
)
from bot.domain.roles import Deed
from bot.slack.ids import COMMAND, Field
from bot.slack.render import (
    advances,
    allowance_refusals,
    bulks,
    digest_setup,
    identities,
    policies,
    pools,
    refusals,
    reversals,
    team_refusals,
    topups,
    usage_views,
)
from bot.slack.render.allowance_refusals import AllowanceRefusal
from bot.slack.render.identities import IdentityRefusal
from bot.slack.render.policies import PolicyRefusal
from bot.slack.render.refusals import PersonRefusal, TypedRefusal
from bot.slack.render.reversals import ReversalRefusal
from bot.slack.render.team_refusals import TeamRefusal
from bot.slack.render.text import as_plain

#: A button of an earlier version, or of a message that another app made.
OLD_BUTTON = f"This button is from an older message and does nothing now. Try `{COMMAND} help`."
#: The same for a form.
OLD_FORM = f"This form is from an older version. Close it and type `{COMMAND} help`."

_AWAY_FIELDS: Mapping[AwayFault, Field] = MappingProxyType(
    {
        **dict.fromkeys(AwayFault, Field.LAST_DAY),
        AwayFault.ONESELF: Field.RECIPIENT,
        AwayFault.STARTS_IN_THE_PAST: Field.FIRST_DAY,
        AwayFault.TOO_FAR_AHEAD: Field.FIRST_DAY,
    }
)
_POLICY_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "grace_tokens": Field.GRACE,
        "grace_percent": Field.GRACE,
        "request_max": Field.REQUEST_MAX,
        "day_tokens": Field.A_DAY,
        "day_percent": Field.A_DAY,
        "fallback_model": Field.FALLBACK,
        "advance": Field.ADVANCE,
        "tokens": Field.AMOUNT,
        "name": Field.NAME,
        "cap": Field.NAME,
    }
)
#: Refusals that are about one field, whoever is meant by them.
_ITS_FIELD: Mapping[type[AnyRefusal], Field] = MappingProxyType(
    {
        AllowanceInPast: Field.STARTS_ON,
        AllowanceEndsTooSoon: Field.UNTIL,
        TeamNameRefused: Field.NAME,
        TeamNameTaken: Field.NAME,
        ZoneUnknown: Field.ZONE,
        InAnotherTeam: Field.RECIPIENTS,
        GroupDecides: Field.RECIPIENTS,
        NotInTeam: Field.LEAVING,
    }
)


def words_for(  # noqa: C901, PLR0911 (a case and a return for each family)
    refusal: AnyRefusal, viewer: UserId | None = None
) -> str:
    """Sentences in mrkdwn for `viewer`, with what was typed in them already escaped."""
    if isinstance(refusal, AllowanceRefusal):
        return allowance_refusals.refused(refusal)
    if isinstance(refusal, TeamRefusal):
        return team_refusals.refused(refusal)
    if isinstance(refusal, TypedRefusal):
        return refusals.what_was_typed(refusal)
    if isinstance(refusal, PersonRefusal):
        return refusals.who(refusal, is_viewer=refusal.user_id == viewer)
    match refusal:
        case NotAllowed() | ToOneself() | SelfGrant() | OwnRequest():
            return refusals.whose(refusal)
        case NotEnoughTokens() | BalanceOutOfRange() | KeyReused():
            return refusals.books(refusal)
        case TopUpUnknown() | TopUpClosed() | TooManyOpen() | NoApprover():
            return topups.refused(refusal)
        case WhichTeam() | NotAChannel() | NoChannelYet() | DigestTimeUnclear():
            return digest_setup.refused(refusal)
        case PoolShort() | NoPool():
            return pools.refused(refusal)
        case PeriodUnclear() | CallUnknown() | CallAmbiguous():
            return usage_views.refused(refusal)
        case _:
            return _of_others(refusal)


def _of_others(
    refusal: AdvanceRefused | DecisionRefused | IdentityRefusal | PolicyRefusal | ReversalRefusal,
) -> str:
    """What is left is all of these, or mypy complains."""
    if isinstance(refusal, AdvanceRefused):
        return advances.refused(refusal)
    if isinstance(refusal, DecisionRefused):
        return bulks.refused(refusal)
    if isinstance(refusal, PolicyRefusal):
        return policies.refused(refusal)
    if isinstance(refusal, IdentityRefusal):
        return identities.refused(refusal)
    return reversals.refused(refusal)


def plain_words_for(refusal: AnyRefusal) -> str:
    """The same for under a form's field, where Slack draws neither marks nor names."""
    return as_plain(words_for(refusal))


def field_of(  # noqa: PLR0911 (a case and a return for each field)
    refusal: AnyRefusal, viewer: UserId | None = None
) -> Field | None:
    """The field of a form that the refusal is about; a form need not have it."""
    match refusal:
        case AmountRefused() | NotEnoughTokens() | BalanceOutOfRange() | PoolShort():
            return Field.AMOUNT
        case NoteTooLong():
            return Field.REASON
        case NotAPerson() | TooManyRecipients() | ToOneself() | SelfGrant() | SubjectUnknown():
            return Field.RECIPIENTS
        case (
            MemberUnknown(user_id)
            | MemberMissing(user_id)
            | MemberDeactivated(user_id)
            | MemberIsBot(user_id)
            | MemberIsGuest(user_id)
            | MemberIsForeign(user_id)
        ):
            return None if user_id == viewer else Field.RECIPIENTS
        case NotAllowed(Deed.GRANT | Deed.ALLOW, subject):
            return Field.RECIPIENTS if subject else None
        case _:
            if isinstance(refusal, AwayRefused):
                return _AWAY_FIELDS[refusal.fault]
            if isinstance(refusal, PolicyRefused):
                return _POLICY_FIELDS.get(refusal.field)
            return _ITS_FIELD.get(type(refusal))


def words_for_fault(*, is_busy: bool, is_outcome_unknown: bool, reference: str) -> str:
    """When the database doesn't answer; what is said of the tokens is true."""
    if is_outcome_unknown:
        return (
            f"I couldn't confirm whether that went through. Look at `{COMMAND} history` before "
            f"you try again (reference `{reference}`)."
        )
    if is_busy:
        return "Busy: nothing was moved. Try again in a moment."
    return (
        "The books can't be reached: nothing was moved. Try again in a few minutes; if it stays "
        f"so, tell whoever looks after tokenbot (reference `{reference}`)."
    )


def unexpected(reference: str) -> str:
    """A bug of ours, which may have come before or after the books were written."""
    return (
        f"Something broke on my side. Look at `{COMMAND} history` before you try again, and tell "
        f"whoever looks after tokenbot (reference `{reference}`)."
    )


def form_failed(instead: str) -> str:
    """`instead` is the command to type, or what else there is to do."""
    way = f"`{instead}`" if instead.startswith(COMMAND) else instead
    return f"Slack didn't open the form, so nothing was moved. Use this instead: {way}"

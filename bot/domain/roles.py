"""Who may do and see what: the one table, shown in docs/roles.md and checked by a test."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType

from bot.domain.directory import Member, Role, Standing, TeamId


class Deed(StrEnum):
    """A thing that a person can ask for."""

    SEE_BALANCE = "see a balance"
    SEE_HISTORY = "see a history"
    SEE_USAGE = "see usage"
    TRANSFER = "transfer tokens"
    REQUEST = "ask for tokens"
    WITHDRAW = "withdraw a request"
    GRANT = "grant tokens"
    ADVANCE = "take an advance"
    DECIDE = "decide a request"
    REVERSE = "reverse an entry"
    ALLOW = "set an allowance"
    NAME_STAND_IN = "name a stand-in"
    SET_ALERTS = "set a team's alerts"
    DIGEST = "set up a digest"
    SEE_TEAM = "see a team"
    RUN_TEAM = "change a team and its people"
    MAKE_TEAM = "make a team and name its managers"
    FILL_POOL = "fill a team's pool"
    LINK = "link who is who in a source"
    LIFT = "lift a block"
    SEE_SETTINGS = "see the settings"
    SET_UP = "set the workspace up"


class Reach(IntEnum):
    """For whom: nobody, oneself, the present members of one's team, everyone in the workspace."""

    NOBODY = 0
    SELF = 1
    TEAM = 2
    ALL = 3


_N, _S, _T, _A = Reach.NOBODY, Reach.SELF, Reach.TEAM, Reach.ALL
_COLUMNS = (Role.MEMBER, Role.MANAGER, Role.FINANCE, Role.ADMIN)


def _row(*reaches: Reach) -> Mapping[Role, Reach]:
    return MappingProxyType(dict(zip(_COLUMNS, reaches, strict=True)))


#: SELF in a row of GRANT, DECIDE, REVERSE or ALLOW would mean to credit oneself: nobody has it (but
#: see `services.approvers.is_only_one`).
TABLE: Mapping[Deed, Mapping[Role, Reach]] = MappingProxyType(
    {
        #                     member manager finance admin
        Deed.SEE_BALANCE: _row(_S, _T, _A, _A),
        Deed.SEE_HISTORY: _row(_S, _T, _A, _A),
        Deed.SEE_USAGE: _row(_S, _T, _A, _A),
        Deed.TRANSFER: _row(_S, _S, _S, _S),
        Deed.REQUEST: _row(_S, _S, _S, _S),
        Deed.WITHDRAW: _row(_S, _S, _S, _S),
        Deed.ADVANCE: _row(_S, _S, _S, _S),
        Deed.GRANT: _row(_N, _T, _N, _A),
        Deed.DECIDE: _row(_N, _T, _N, _A),
        Deed.REVERSE: _row(_N, _T, _N, _A),
        Deed.ALLOW: _row(_N, _T, _N, _A),
        Deed.NAME_STAND_IN: _row(_N, _S, _N, _S),
        Deed.SET_ALERTS: _row(_N, _T, _N, _A),
        Deed.DIGEST: _row(_N, _T, _N, _A),
        Deed.SEE_TEAM: _row(_N, _T, _A, _A),
        Deed.RUN_TEAM: _row(_N, _T, _N, _A),
        Deed.MAKE_TEAM: _row(_N, _N, _N, _A),
        Deed.FILL_POOL: _row(_N, _N, _N, _A),
        Deed.LINK: _row(_N, _T, _N, _A),
        Deed.LIFT: _row(_N, _T, _N, _A),
        Deed.SEE_SETTINGS: _row(_N, _N, _A, _A),
        Deed.SET_UP: _row(_N, _N, _N, _A),
    }
)


def roles(actor: Member) -> frozenset[Role]:
    """Every role the actor has; whoever is not active here keeps that of a member only."""
    held = {Role.MEMBER}
    if actor.standing in {Standing.ACTIVE, Standing.GUEST}:
        held |= {Role.ADMIN} if actor.is_admin else set()
        held |= {Role.FINANCE} if actor.is_finance else set()
        held |= {Role.MANAGER} if actor.manages else set()
    return frozenset(held)


def may(actor: Member, deed: Deed, subject: Member) -> bool:
    """Whether the table lets the actor do the deed for the subject."""
    return any(_reaches(actor, TABLE[deed][role], subject) for role in roles(actor))


def may_for_someone(actor: Member, deed: Deed) -> bool:
    """Whether there is anyone but themselves for whom the actor may do the deed."""
    return any(TABLE[deed][role] >= Reach.TEAM for role in roles(actor))


def may_for_all(actor: Member, deed: Deed) -> bool:
    """Whether the actor may do the deed for everyone."""
    return any(TABLE[deed][role] is Reach.ALL for role in roles(actor))


def may_for_team(actor: Member, deed: Deed, team_id: TeamId) -> bool:
    """Whether the actor may do the deed for a team as a whole."""
    reaches = [TABLE[deed][role] for role in roles(actor)]
    return Reach.ALL in reaches or (Reach.TEAM in reaches and team_id in actor.manages)


def _reaches(actor: Member, reach: Reach, subject: Member) -> bool:
    match reach:
        case Reach.NOBODY:
            return False
        case Reach.SELF:
            return actor.user_id == subject.user_id
        case Reach.TEAM:
            return actor.user_id == subject.user_id or subject.team_id in actor.manages
        case Reach.ALL:
            return True

"""Why somebody is not linked to how a source calls them."""

from dataclasses import dataclass

from bot.domain.ledger import AccountId
from bot.domain.refusals.refusal import Refusal


@dataclass(eq=False)
class IdentityUnknown(Refusal):
    """No source has called anybody so; `nearest` are names that look like it."""

    name: str
    nearest: tuple[str, ...] = ()


@dataclass(eq=False)
class IdentityAmbiguous(Refusal):
    """Several sources call somebody so."""

    name: str
    sources: tuple[str, ...]


@dataclass(eq=False)
class IdentityTaken(Refusal):
    """It belongs to a person or a team already; whoever links it elsewhere unlinks it first."""

    name: str
    source: str
    #: A member's account or a team's pool.
    account: AccountId
    #: What the team is called, where it is one's.
    team: str = ""


@dataclass(eq=False)
class IdentityFree(Refusal):
    """It is nobody's, so there is nothing to unlink."""

    name: str
    source: str

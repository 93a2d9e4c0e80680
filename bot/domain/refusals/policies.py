"""Why a policy, or a cap of it, can't be so."""

from dataclasses import dataclass

from bot.domain.refusals.refusal import Refusal


@dataclass(eq=False)
class PolicyRefused(Refusal):
    """A policy that can't be so; `field` is by its name in `Policy` or `Cap`."""

    field: str
    why: str


@dataclass(eq=False)
class PolicyUnclear(Refusal):
    """A word that says nothing of a policy, or one too few; `typed` is empty then."""

    typed: str
    #: What could stand there, in words to type.
    expected: str
    #: The word that was probably meant.
    nearest: str | None = None


@dataclass(eq=False)
class CapUnknown(Refusal):
    """No cap of the team is called so, or several are and none of their periods was named."""

    typed: str
    #: The caps that there are, or of which one is meant, in words to type.
    known: tuple[str, ...]

"""Whose call it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """Who makes a call, and for which project; None leaves it to the client's own setting."""

    user: str | None = None
    project: str | None = None


_CALLER: ContextVar[Caller] = ContextVar("tokenbot_caller")
_NOBODY_SAID = Caller()


@contextmanager
def acting_for(user: str, *, project: str | None = None) -> Iterator[None]:
    """Calls made inside are this person's: `with acting_for("ana@example.com"): …`.

    A project that is left out stays the one around it. Follows asyncio tasks; threads start without
    it, unless they run in a copied context.
    """
    inherited = current().project if project is None else project
    token = _CALLER.set(Caller(user, inherited))
    try:
        yield
    finally:
        _CALLER.reset(token)


def current() -> Caller:
    """Whom the innermost `acting_for` names."""
    return _CALLER.get(_NOBODY_SAID)

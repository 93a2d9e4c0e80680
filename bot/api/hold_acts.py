"""What callers do with holds, each as a body says; one alone or many in a request."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from bot.adapters import holds as reading
from bot.api import hold_problems, problems
from bot.api.hold_problems import AnyHoldRefusal
from bot.api.holding import Desk
from bot.api.refusals import NotReadable, TooManyEvents
from bot.domain.api_keys import Caller
from bot.services import authorizing, holds
from bot.services.authorizing import Answered
from bot.storage.database import Database

#: Of a request; whoever else writes on SQLite waits for all of them.
MANY_MAX = 100
_REFUSALS: tuple[type[AnyHoldRefusal], ...] = get_args(AnyHoldRefusal)


def hold(
    desk: Desk, database: Database, caller: Caller, body: object, key: str | None = None
) -> Answered:
    """Hold for the call that the body tells of."""
    intent = reading.intent_of(body, key)
    return authorizing.hold(database, caller, intent, desk.sizes, now=desk.clock())


def settle(desk: Desk, database: Database, caller: Caller, hold_id: str, body: object) -> Answered:
    """Charge what the body says that a hold's call used; one that used nothing is voided."""
    now = desk.clock()
    kept = authorizing.found(database, caller, hold_id)
    event, is_final = reading.settlement_of(
        body,
        hold_id,
        at=now.isoformat(),
        user=kept.user_label,
        source=kept.source,
        model=kept.model,
        project=kept.project,
    )
    workspace_id = caller.workspace_id
    if event is None:
        return authorizing.answered(holds.void(database, workspace_id, hold_id, now=now))
    done = holds.settle(
        database, workspace_id, hold_id, event, is_final=is_final, actor=caller.actor, now=now
    )
    return authorizing.answered(done)


def each(bodies: Sequence[object], act: Callable[[object], Answered]) -> list[dict[str, Any]]:
    """What became of each body; one that is refused takes no other with it."""
    if len(bodies) > MANY_MAX:
        raise TooManyEvents(len(bodies), MANY_MAX)
    return [_outcome(body, act) for body in bodies]


def listed(body: object, name: str) -> list[Any] | None:
    """The list of this name, where the body has one. Raises `NotReadable` for what is no list."""
    if not isinstance(body, Mapping) or name not in body:
        return None
    found = body[name]
    if not isinstance(found, list):
        raise NotReadable(f"{name} must be a JSON array.")
    return found


def told(found: Answered) -> dict[str, Any]:
    """A hold as its caller is told of it."""
    hold = found.hold
    said: dict[str, Any] = {
        "id": hold.hold_id,
        "user": found.user_id,
        "state": hold.state.value,
        "amount": hold.tokens,
        "held": hold.held,
        "settled": hold.settled,
        "late": hold.is_late,
        "available": found.available,
        "expires_at": hold.expires_at.isoformat(),
    }
    return said | warning(found)


def warning(found: Answered) -> dict[str, Any]:
    """What its policy let pass although it did not fit."""
    return {"warning": hold_problems.told(found.passed)} if found.passed is not None else {}


def _outcome(body: object, act: Callable[[object], Answered]) -> dict[str, Any]:
    try:
        return {"hold": told(act(body))}
    except _REFUSALS as refusal:
        return {"problem": problems.told(hold_problems.problem_for(refusal))}

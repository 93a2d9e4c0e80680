"""What callers do with holds, as their bodies say: all who come at once, in as few steps as one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypeVar, get_args

from bot.adapters import holds as reading
from bot.api import hold_problems, problems
from bot.api.hold_problems import AnyHoldRefusal
from bot.api.holding import Desk, Wanted
from bot.api.refusals import NotReadable, TooManyEvents
from bot.domain import holds as rules
from bot.domain.api_keys import Caller
from bot.domain.directory import WorkspaceId
from bot.domain.holds import HoldId, HoldRefused
from bot.domain.intents import Intent
from bot.services import authorizing, holds, settlements
from bot.services.authorizing import Answered, Asked, Kept
from bot.services.settlements import Settlement
from bot.storage.database import Database

#: Of a request; whoever else writes on SQLite waits for all of them.
MANY_MAX = 100
_REFUSALS: tuple[type[AnyHoldRefusal], ...] = get_args(AnyHoldRefusal)

T = TypeVar("T")
Outcome = Answered | Exception


class Used(NamedTuple):
    """What a body says that a hold's call used."""

    hold_id: str
    body: object


def intents_of(body: object, key: str | None) -> list[Intent | HoldRefused]:
    """The calls that a body tells of, each as far as it can be read."""
    many = listed(body, "holds")
    return [_intent_of(body, key)] if many is None else [_intent_of(one, None) for one in many]


def _intent_of(body: object, key: str | None) -> Intent | HoldRefused:
    try:
        return reading.intent_of(body, key)
    except HoldRefused as refused:
        return refused


def hold(desk: Desk, database: Database, wanted: Sequence[Wanted]) -> list[list[Outcome]]:
    """Hold for the calls of each request."""

    def held(workspace_id: WorkspaceId, some: Sequence[tuple[Caller, Any]]) -> list[Outcome]:
        asked = [Asked(caller, said) for caller, said in some if isinstance(said, Intent)]
        found = iter(
            authorizing.hold_each(
                database, workspace_id, asked, desk.sizes, desk.news, now=desk.clock()
            )
            if asked
            else ()
        )
        return [next(found) if isinstance(said, Intent) else said for _, said in some]

    return _by_workspace(wanted, held)


def settle(desk: Desk, database: Database, wanted: Sequence[Wanted]) -> list[list[Outcome]]:
    """Charge what each request says that calls used; one that used nothing is voided."""
    return _by_workspace(wanted, partial(_settled, desk, database))


def _settled(
    desk: Desk,
    database: Database,
    workspace_id: WorkspaceId,
    some: Sequence[tuple[Caller, Used]],
) -> list[Outcome]:
    now = desk.clock()
    kept = authorizing.found(
        database, workspace_id, [(caller, used.hold_id) for caller, used in some]
    )
    read = [
        one if isinstance(one, Exception) else _settlement_of(caller, used, one, now)
        for (caller, used), one in zip(some, kept, strict=True)
    ]
    known = [one for one in read if isinstance(one, Settlement)]
    charged = iter(settlements.settle_each(database, workspace_id, known, now=now))

    def outcome(one: object) -> Outcome:
        if isinstance(one, Exception):
            return one
        try:
            if isinstance(one, Settlement):
                found = next(charged)
                return found if isinstance(found, Exception) else authorizing.answered(found)
            return authorizing.answered(holds.void(database, workspace_id, str(one), now=now))
        except Exception as refusal:  # noqa: BLE001 - its sender is told of it
            return refusal

    return [outcome(one) for one in read]


def _settlement_of(
    caller: Caller, used: Used, kept: Kept, now: datetime
) -> Settlement | HoldId | HoldRefused:
    """What is to be charged; only the hold's id where nothing was used."""
    try:
        event, is_final = reading.settlement_of(
            used.body,
            used.hold_id,
            at=now.isoformat(),
            user=kept.user_label,
            source=kept.source,
            model=kept.model,
            project=kept.project,
        )
    except HoldRefused as refused:
        return refused
    hold_id = kept.hold.hold_id
    if event is None:
        return hold_id
    at = rules.happened(event.occurred_at, kept.hold, now)
    if at != event.occurred_at:
        event = replace(event, occurred_at=at)
    return Settlement(
        hold_id=hold_id,
        account=kept.hold.account,
        event=event,
        is_final=is_final,
        actor=caller.actor,
    )


def _by_workspace(
    wanted: Sequence[Wanted],
    act: Callable[[WorkspaceId, Sequence[tuple[Caller, Any]]], list[Outcome]],
) -> list[list[Outcome]]:
    """What becomes of all that each request says; those of one workspace go together.

    What fails for one workspace is told there alone: the others' may be committed by then.
    """
    of: dict[WorkspaceId, list[Wanted]] = {}
    for one in wanted:
        of.setdefault(one.caller.workspace_id, []).append(one)
    found = {
        workspace_id: iter(
            _tried(act, workspace_id, [(one.caller, said) for one in some for said in one.said])
        )
        for workspace_id, some in of.items()
    }
    return [list(islice(found[one.caller.workspace_id], len(one.said))) for one in wanted]


def _tried(
    act: Callable[[WorkspaceId, Sequence[tuple[Caller, Any]]], list[Outcome]],
    workspace_id: WorkspaceId,
    some: Sequence[tuple[Caller, Any]],
) -> list[Outcome]:
    try:
        return act(workspace_id, some)
    except Exception as fault:  # noqa: BLE001 - their senders are told of it
        return [fault] * len(some)


def listed(body: object, name: str) -> list[Any] | None:
    """The list of this name, where the body has one. Raises a refusal for what is none of ours."""
    if not isinstance(body, Mapping) or name not in body:
        return None
    found = body[name]
    if not isinstance(found, list):
        raise NotReadable(f"{name} must be a JSON array.")
    if len(found) > MANY_MAX:
        raise TooManyEvents(len(found), MANY_MAX)
    return found


def only(found: Sequence[Outcome]) -> Answered:
    """The one outcome. Raises it where it is a refusal."""
    (one,) = found
    if isinstance(one, Exception):
        raise one
    return one


def results(found: Sequence[Outcome]) -> list[dict[str, Any]]:
    """What became of each. Raises what is no refusal."""
    return [_result(one) for one in found]


def _result(one: Outcome) -> dict[str, Any]:
    if isinstance(one, Answered):
        return {"hold": told(one)}
    if isinstance(one, _REFUSALS):
        return {"problem": problems.told(hold_problems.problem_for(one))}
    raise one


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

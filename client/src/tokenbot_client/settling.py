"""What becomes of holds once nobody waits for it: in the background, at least once.

Each item is a hold and what to do with it. Usage that its hold can't take any more, since it
was voided or is unknown by now, goes the way of all other usage under the same id.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from tokenbot_client import answers, problems
from tokenbot_client.access import Access
from tokenbot_client.routes import Event, Route
from tokenbot_client.sender import Sender, sender_for
from tokenbot_client.wire import HOLD

#: The hold takes nothing more.
_CLOSED = frozenset({httpx.codes.NOT_FOUND, httpx.codes.CONFLICT})
#: The key is good, but not for this person.
_NOT_FOR_THIS_KEY = f"{problems.URN}not-for-this-key"


def sender_of(access: Access) -> Sender:
    """The process's one sender of settlements for this URL and key."""
    usage = sender_for(access)

    def refused(answer: httpx.Response, items: Sequence[str]) -> Sequence[object] | None:
        return _refused(answer, json.loads(items[0]), usage=usage, ends=ends)

    # One at a time and at once: what waits here is held from somebody's next call.
    ends = sender_for(access, Route("holds", _asked, refused, batch_max=1, linger_seconds=0.0))
    return ends


def known(hold_id: str) -> Event:
    """What to end: a hold by its id."""
    return {"hold": hold_id}


def lost(request: Mapping[str, object]) -> Event:
    """What to end: the hold that this request made, if it made one.

    Asked for again by its key, it tells its id. It must not be left: it would keep somebody's
    tokens although their call was charged.
    """
    return {"find": request}


def settlement(target: Event, event: Event, *, is_final: bool = True) -> Event:
    """The item that charges an event to its hold."""
    return {**target, "act": "settle", "event": event, "final": is_final}


def voiding(target: Event) -> Event:
    """The item that frees a hold."""
    return {**target, "act": "void"}


def path(hold_id: str, act: str) -> str:
    """Where a hold is settled, voided or extended."""
    return f"/v1/holds/{quote(hold_id, safe='')}/{act}"


def body(event: Mapping[str, Any], *, is_final: bool) -> Mapping[str, Any]:
    """A usage event as a settlement: whose it is, its hold knows."""
    return {**{name: of for name, of in event.items() if name != "user"}, "final": is_final}


def _asked(items: Sequence[str]) -> tuple[str, str]:
    item = json.loads(items[0])
    if "find" in item:
        return "/v1/holds", json.dumps(item["find"])
    said = body(item["event"], is_final=item["final"]) if item["act"] == "settle" else {}
    return path(item["hold"], item["act"]), json.dumps(said)


def _refused(
    answer: httpx.Response, item: Mapping[str, Any], *, usage: Sender, ends: Sender
) -> Sequence[object] | None:
    said = problems.told(answer)
    is_found = "find" in item
    if answer.status_code in problems.OK and said.keys() >= HOLD:
        if is_found:
            rest = {name: of for name, of in item.items() if name != "find"}
            ends.add(_as_is({**rest, **known(said["id"])}))
        return []
    if not _is_of_hold(answer, said):
        return None
    if answer.status_code not in _CLOSED and not is_found:
        return [f"{item['hold']}: {said.get('detail', f'status {answer.status_code}')}"]
    if item["act"] == "settle":
        usage.wake()
        usage.add(_as_is(item["event"]))
    return []


def _is_of_hold(answer: httpx.Response, said: Mapping[str, Any]) -> bool:
    """Whether the refusal is of this one hold, and not of the API key or somebody else's."""
    if answers.is_too_large(answer):
        return True
    is_of_key = answer.status_code in problems.OF_KEY and said.get("type") != _NOT_FOR_THIS_KEY
    return problems.is_problem(said) and not is_of_key


def _as_is(event: Event) -> Callable[[], Event]:
    return lambda: event

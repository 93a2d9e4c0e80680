"""The list of open requests as its form carries it: what is looked for, and what is ticked.

Slack sends everything that stands in a form along with every click in it, so the filters need no
memory of ours. What comes is judged anew by whoever decides, so that nothing here has to be true.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from bot.domain.directory import TeamId, UserId
from bot.domain.queues import PAGE, Filter, Whose
from bot.domain.topups import TopUpId
from bot.slack.ids import Action

#: The block ids of the boxes begin so. They change with every drawing, else Slack would keep ticks
#: of requests that are no longer where they were.
TICKS = "tick"
#: The value of a menu's first line.
ANY = "any"
#: How large and how old, at the most and at the least, as the menus offer it.
MOST = (100_000, 500_000, 1_000_000, 5_000_000, 10_000_000, 100_000_000)
WAITED_DAYS = (1, 3, 7)

_FILTERS: Mapping[str, str] = MappingProxyType(
    {
        Action.REQUESTS_WHOSE: "whose",
        Action.REQUESTS_TEAM: "team",
        Action.REQUESTS_PERSON: "person",
        Action.REQUESTS_MOST: "most",
        Action.REQUESTS_WAITED: "days",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """The list under a form: its view, what is looked for in it, and how often it was drawn."""

    view_id: str
    chosen: str
    drawn: int


def chosen(fields: Mapping[str, Any], *, page: int = 0) -> Filter:
    """What the menus of the list say; whatever can't be read is any."""
    said = {
        _FILTERS[action_id]: _value(element)
        for block in fields.values()
        for action_id, element in block.items()
        if action_id in _FILTERS
    }
    return _filter(said, page=page)


def page(value: str) -> int:
    """A page as its button says it."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 5 else 0  # noqa: PLR2004 (requests end before)


def ticked(fields: Mapping[str, Any]) -> tuple[TopUpId, ...]:
    """The requests that are ticked, each once, as many as a page has."""
    found = [
        TopUpId(str(option.get("value") or ""))
        for block_id, block in sorted(fields.items())
        if block_id.startswith(TICKS)
        for element in block.values()
        for option in element.get("selected_options") or []
    ]
    return tuple(dict.fromkeys(found))[:PAGE]


def first_boxes(fields: Mapping[str, Any]) -> str:
    """The block under which what is wrong with the ticks is said; empty where there is none."""
    return min((one for one in fields if one.startswith(TICKS)), default="")


def drawn(metadata: str) -> int:
    """How often this form was drawn before."""
    number = _loaded(metadata).get("drawn")
    return number if type(number) is int and number >= 0 else 0


def carry_drawn(number: int) -> str:
    return json.dumps({"drawn": number})


def carry(topup_ids: Iterable[TopUpId], under: Under) -> str:
    """What a form over the list carries that decides these."""
    return _dumped({"requests": list(topup_ids)}, under)


def carry_under(under: Under) -> str:
    """What stands in the place of such a form carries: the list under it was drawn since."""
    return _dumped({}, replace(under, drawn=under.drawn + 1))


def under(metadata: str) -> Under | None:
    """The list under a form, if there is one."""
    found = _loaded(metadata)
    view_id = found.get("list")
    if not isinstance(view_id, str) or not view_id:
        return None
    return Under(view_id=view_id, chosen=str(found.get("chosen") or ""), drawn=drawn(metadata))


def dump(looked_for: Filter) -> str:
    """What somebody looks for, as the menus say it."""
    said = {
        "whose": looked_for.whose.value,
        "team": looked_for.team_id,
        "person": looked_for.person,
        "most": looked_for.tokens_max,
        "days": looked_for.waited.days if looked_for.waited else None,
        "page": looked_for.page,
    }
    return json.dumps({name: one for name, one in said.items() if one}, separators=(",", ":"))


def load(text: str) -> Filter:
    """And back; whatever can't be read is any."""
    said = {name: str(one) for name, one in _loaded(text).items()}
    return _filter(said, page=page(said.get("page", "")))


def carried(metadata: str) -> tuple[TopUpId, ...]:
    """And back: none where it isn't ours to read."""
    found = _loaded(metadata).get("requests")
    if not isinstance(found, list):
        return ()
    ids = [TopUpId(one) for one in found if isinstance(one, str)]
    return tuple(dict.fromkeys(ids))[:PAGE]


def _dumped(fields: dict[str, Any], below: Under) -> str:
    said = {**fields, "list": below.view_id, "chosen": below.chosen, "drawn": below.drawn}
    return json.dumps(said, separators=(",", ":"))


def _filter(said: Mapping[str, str], *, page: int) -> Filter:
    most, days = _number(said.get("most")), _number(said.get("days"))
    return Filter(
        whose=Whose.ALL if said.get("whose") == Whose.ALL else Whose.MINE,
        team_id=TeamId(team) if (team := said.get("team")) else None,
        person=UserId(person) if (person := said.get("person")) else None,
        tokens_max=most if most in MOST else None,
        waited=timedelta(days=days) if days in WAITED_DAYS else None,
        page=page,
    )


def _value(element: Mapping[str, Any]) -> str:
    option = element.get("selected_option") or {}
    value = str(option.get("value") or element.get("selected_user") or "")
    return "" if value == ANY else value


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() else None


def _loaded(metadata: str) -> dict[str, Any]:
    try:
        found = json.loads(metadata or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

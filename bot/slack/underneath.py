"""The panel of teams under a form, or under what a form led to.

Slack keeps up to three views in a stack and shows the lower one again as it was drawn. So what
opens over a panel remembers it, and what changes something up there has it drawn anew.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.directory import TeamId
from bot.slack.ids import Callback

_VIEW, _TEAM = "panel", "panel_team"


@dataclass(frozen=True, slots=True)
class Panel:
    """An open panel: the id of its view, and of its team; empty where it lists all teams."""

    view_id: str
    team_id: TeamId


def panel(view: Mapping[str, Any]) -> Panel | None:
    """The panel that a view of ours is, or that lies under it."""
    carried = _carried(str(view.get("private_metadata") or ""))
    if view.get("callback_id") == Callback.TEAM:
        return Panel(str(view["id"]), TeamId(carried.get("team_id", "")))
    if _VIEW not in carried:
        return None
    return Panel(carried[_VIEW], TeamId(carried[_TEAM]))


def over(lower: Panel | None, view: dict[str, Any]) -> dict[str, Any]:
    """The view as it opens over this panel."""
    if lower is None:
        return view
    carried = _carried(view.get("private_metadata", ""))
    kept = {**carried, _VIEW: lower.view_id, _TEAM: lower.team_id}
    return {**view, "private_metadata": json.dumps(kept)}


def _carried(metadata: str) -> dict[str, str]:
    """What a view carries, if that is ours to read: some forms carry no more than an id."""
    try:
        return json.loads(metadata) if metadata.startswith("{") else {}
    except ValueError:
        return {}

"""Driving the workspace from another process: `POST /control/<act>` with the arguments as JSON.

Acts have the names and arguments of `SimulatedSlack`: `command`, `say`, `click`, `choose`,
`submit`, `close_modal`, `open_home`, `shortcut`, `send_event`, `redeliver`, `add_person`,
`change_person`, `add_channel`, `archive`, `unarchive`, `delete_channel`, `make_private`,
`invite_bot`, `remove_bot`, `add_usergroup`, `set_usergroup_users`, `change_usergroup`,
`disable_usergroup`; people go by id, and `where` is one of its words or a channel's id. `move_time`
takes `to` (an ISO time with its offset) or a span (`days=7`). Faults are `fail_next`, `always`,
`random`, `refuse_block` and `clear`. `look` answers all that one person (`who`) sees, `calls` the
Web API's log (`method`).
"""

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.playground.arranging import Arranging
from bot.playground.driving import Driving
from bot.playground.errors import SlackRefusal
from bot.playground.faults import Faults
from bot.playground.looking import Looking
from bot.playground.outcomes import Outcome
from bot.playground.people import Json, Person
from bot.playground.places import Channel, Message, View
from bot.playground.travel import CannotMove, Journey, Travel
from bot.playground.usergroups import UserGroup


class Control:
    """The JSON routes of one workspace."""

    def __init__(
        self,
        *,
        slack: Driving,
        arranging: Arranging,
        looking: Looking,
        faults: Faults,
        travel: Travel,
    ) -> None:
        self._looking = looking
        self._travel = travel
        self._acts: Mapping[str, Callable[..., Any]] = {
            "command": slack.command,
            "say": slack.say,
            "click": slack.click,
            "choose": slack.choose,
            "submit": slack.submit,
            "close_modal": slack.close_modal,
            "open_home": slack.open_home,
            "shortcut": slack.shortcut,
            "send_event": slack.send_event,
            "redeliver": slack.redeliver,
            "add_person": lambda *, tell=True, **person: slack.add_person(
                Person(**person), tell=tell
            ),
            "change_person": slack.change_person,
            "fail_next": faults.fail_next,
            "always": faults.always,
            "random": faults.random,
            "refuse_block": faults.refuse_block,
            "clear": faults.clear,
            "add_channel": arranging.add_channel,
            "archive": arranging.archive,
            "unarchive": arranging.unarchive,
            "delete_channel": arranging.delete_channel,
            "make_private": arranging.make_private,
            "invite_bot": arranging.invite_bot,
            "remove_bot": arranging.remove_bot,
            "add_usergroup": arranging.add_usergroup,
            "set_usergroup_users": arranging.set_usergroup_users,
            "change_usergroup": arranging.change_usergroup,
            "disable_usergroup": arranging.disable_usergroup,
            "move_time": self._move_time,
            "look": self._look,
            "calls": self._calls,
        }

    async def act(self, request: Request) -> Response:
        """Do it and answer what came of it."""
        name = request.path_params["act"]
        act = self._acts.get(name)
        if act is None:
            return JSONResponse({"error": f"acts are {sorted(self._acts)}"}, 404)
        try:
            arguments = await request.json() if await request.body() else {}
            done = await run_in_threadpool(self._do, name, act, arguments)
        except (CannotMove, LookupError, SlackRefusal, TypeError, ValueError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
        return JSONResponse(self._described(done))

    def _do(self, name: str, act: Callable[..., Any], arguments: Json) -> Any:
        with nullcontext() if name == "move_time" else self._travel.still():
            return act(**arguments)

    def _move_time(self, to: str | None = None, **span: float) -> Journey:
        now = self._looking.workspace.clock()
        moment = datetime.fromisoformat(to) if to else now + timedelta(**span)
        if moment.tzinfo is None:
            raise ValueError(f"{to} has no offset")
        return self._travel.move(moment)

    def _look(self, who: str) -> Json:
        seen, workspace = self._looking, self._looking.workspace
        with workspace.reading():
            channels = {one.name: one for one in workspace.channels.values() if one.name}
            return {
                "channels": {
                    name: [self._message(message, who) for message in channel.messages]
                    for name, channel in channels.items()
                },
                "channel_ids": {name: channel.id for name, channel in channels.items()},
                "dm": [self._message(one, who) for one in seen.dm(who)],
                "ephemerals": [self._message(one, who) for one in seen.ephemerals(who)],
                "home": self._view(seen.home(who)),
                "modal": self._view(seen.modal(who)),
            }

    def _calls(self, method: str | None = None) -> Json:
        return {
            "calls": [
                dataclasses.asdict(call) | {"at": call.at.isoformat()}
                for call in self._looking.calls(method)
            ]
        }

    def _described(self, done: Any) -> Json:
        if isinstance(done, Outcome):
            return {
                "status": done.status,
                "body": done.body,
                "shown": done.shown,
                "errors": dict(done.errors),
                "modal": self._view(done.modal),
            }
        if isinstance(done, Message):
            return self._message(done, done.author_id)
        if isinstance(done, Journey):
            return dataclasses.asdict(done) | {"to": done.to.isoformat()}
        if isinstance(done, Channel):
            return done.as_json()
        if isinstance(done, UserGroup):
            return done.as_json(self._looking.workspace.identity.team_id, with_users=True)
        return done if isinstance(done, dict) else {}

    def _message(self, message: Message, who: str) -> Json:
        text = self._looking.as_text(message, who)
        return {"as_text": text, **self._looking.workspace.message_json(message)}

    def _view(self, view: View | None) -> Json | None:
        if view is None:
            return None
        return {
            "as_text": self._looking.as_text(view),
            "errors": view.errors,
            "trouble": view.trouble,
            **self._looking.workspace.view_json(view),
        }

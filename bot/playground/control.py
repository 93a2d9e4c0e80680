"""Driving the workspace from another process: `POST /control/<act>` with the arguments as JSON.

Acts have the names and arguments of `SimulatedSlack`: `command`, `say`, `click`, `choose`,
`submit`, `close_modal`, `open_home`, `shortcut`, `send_event`, `redeliver`, `add_person`,
`change_person`; people go by id, and `where` is one of its words or a channel's id. Faults are
`fail_next`, `always`, `random` and `clear`. `look` answers all that one person (`who`) sees,
`calls` the Web API's log (`method`).
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.playground.driving import Driving
from bot.playground.errors import SlackRefusal
from bot.playground.faults import Faults
from bot.playground.looking import Looking
from bot.playground.outcomes import Outcome
from bot.playground.people import Json, Person
from bot.playground.places import Message, View


class Control:
    """The JSON routes of one workspace."""

    def __init__(self, slack: Driving, looking: Looking, faults: Faults) -> None:
        self._looking = looking
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
            "clear": faults.clear,
            "look": self._look,
            "calls": self._calls,
        }

    async def act(self, request: Request) -> Response:
        """Do it and answer what came of it."""
        act = self._acts.get(request.path_params["act"])
        if act is None:
            return JSONResponse({"error": f"acts are {sorted(self._acts)}"}, 404)
        try:
            arguments = await request.json() if await request.body() else {}
            done = await run_in_threadpool(lambda: act(**arguments))
        except (LookupError, SlackRefusal, TypeError, ValueError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
        return JSONResponse(self._described(done))

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

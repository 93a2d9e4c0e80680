"""What the page's script asks for: typing, clicking, choosing, submitting, moving time."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.playground import clicks, finding, messages, modals, picks, viewing
from bot.playground.driving import Driving
from bot.playground.errors import SlackRefusal
from bot.playground.page_clock import destination
from bot.playground.people import Json
from bot.playground.places import Message, View
from bot.playground.travel import CannotMove, Travel

COMMANDS = frozenset({"/tokens"})
#: What each message's menu offers, as the manifest has it.
MESSAGE_SHORTCUTS: Mapping[str, str] = {"estimate_tokens": "Estimate tokens"}
NO_SUCH_COMMAND = (
    "{} is not a valid command. In Slack, all messages that start with the / character "
    "are interpreted as commands."
)


class PageActs:
    """The routes under `/ui` that do something. Each answers whether it could be done."""

    def __init__(self, driving: Driving, travel: Travel) -> None:
        self._slack = driving
        self._travel = travel
        self._workspace = driving.stage.workspace
        self._acts: Mapping[str, Callable[[Json], Json | None]] = {
            "send": self._send,
            "dm": self._dm,
            "act": self._act,
            "shortcut": self._shortcut,
            "submit": self._submit,
            "close": self._close,
            "offered": self._offered,
            "opened": self._opened,
            "move": self._move,
            "halt": lambda _asked: self._travel.halt(),
        }

    async def act(self, request: Request) -> Response:
        """`/ui/<act>`, with JSON that names the person as `as`."""
        act = self._acts.get(request.path_params["act"])
        if act is None:
            return JSONResponse({"ok": False, "error": "no such act"}, 404)
        asked = await request.json()
        try:
            answer = await run_in_threadpool(self._do, act, asked)
        except CannotMove as error:
            return JSONResponse({"ok": False, "said": str(error)}, 409)
        except (LookupError, SlackRefusal) as error:
            # The page was older than the workspace: drawing it afresh is the answer.
            return JSONResponse({"ok": False, "error": str(error)}, 409)
        return JSONResponse({"ok": True, "version": self._workspace.version, **(answer or {})})

    def _do(self, act: Callable[[Json], Json | None], asked: Json) -> Json | None:
        came = self._workspace.furnished
        with self._travel.still():
            if self._workspace.furnished != came:
                raise LookupError("all began anew meanwhile")
            return act(asked)

    def _send(self, asked: Json) -> Json | None:
        text = str(asked["text"]).strip()
        who, channel_id = asked["as"], asked["channel"]
        word, _, rest = text.partition(" ")
        if word in COMMANDS:
            done = self._slack.command(who, rest.strip(), channel_id=channel_id, command=word)
            # Nobody answered: the page gives the words back, so that they can be sent again.
            return {"unsent": True} if done.status is None else None
        if word.startswith("/"):
            self._no_such_command(who, channel_id, word)
        elif text:
            self._slack.say(who, text, channel_id=channel_id)
        return None

    def _dm(self, asked: Json) -> Json:
        workspace = self._workspace
        with workspace.changing():
            return {"at": workspace.dm_between(asked["as"], asked["with"]).id}

    def _no_such_command(self, who: str, channel_id: str, word: str) -> None:
        workspace = self._workspace
        with workspace.changing():
            words = NO_SUCH_COMMAND.format(word)
            messages.whisper(workspace, who, channel_id, words, []).author_id = "USLACKBOT"

    def _act(self, asked: Json) -> None:
        container = self._container(asked)
        if isinstance(container, View):
            self._fill(container, asked.get("values") or {})
        found = finding.message_element(container, asked["block"], asked["action"])
        stage = self._slack.stage
        if found.element["type"] == "button":
            clicks.click(stage, asked["as"], found, bot_url=None)
        else:
            clicks.choose(stage, asked["as"], found, asked.get("value"), bot_url=None)

    def _shortcut(self, asked: Json) -> None:
        message = self._container(asked)
        if isinstance(message, View) or asked["shortcut"] not in MESSAGE_SHORTCUTS:
            raise LookupError("that menu is gone")
        self._slack.message_shortcut(asked["as"], asked["shortcut"], message)

    def _submit(self, asked: Json) -> None:
        self._fill(modals.top(self._slack.stage, asked["as"]), asked["values"])
        self._slack.submit(asked["as"])

    def _close(self, asked: Json) -> None:
        self._slack.close_modal(asked["as"], everything=bool(asked.get("all")))

    def _offered(self, asked: Json) -> Json:
        found = finding.message_element(self._container(asked), asked["block"], asked["action"])
        with self._workspace.reading():
            offered, left_out = picks.found(
                self._workspace, asked["as"], found.element, str(asked["typed"])
            )
        return {"offered": offered, "left_out": left_out}

    def _opened(self, asked: Json) -> None:
        self._slack.open_home(asked["as"], tab=asked["tab"])

    def _move(self, asked: Json) -> None:
        viewer, now = self._workspace.person(asked["as"]), self._workspace.clock()
        self._travel.start(destination(asked, now, ZoneInfo(viewer.tz)))

    def _container(self, asked: Json) -> Message | View:
        workspace = self._workspace
        with workspace.reading():
            if asked.get("view"):
                view = workspace.view(asked["view"])
                if view is None:
                    raise LookupError("that view is gone")
                return view
            channel_id, ts = asked["channel"], asked["ts"]
            mine = workspace.ephemerals.of(asked["as"], channel_id)
            whispered = (one for one in reversed(mine) if one.ts == ts)
            found = workspace.channel(channel_id).find(ts) or next(whispered, None)
            if found is not None:
                return found
        raise LookupError("that message is gone")

    def _fill(self, view: View, values: Mapping[str, Any]) -> None:
        with self._workspace.changing():
            for block, element in viewing.stateful(view.blocks):
                given = values.get(block["block_id"], {})
                if element["action_id"] in given:
                    filled = finding.filled(element, given[element["action_id"]] or None)
                    view.state.setdefault(block["block_id"], {})[element["action_id"]] = filled

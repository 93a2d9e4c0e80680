"""The page: who I am, where I am, what is there; and the pieces of it that change."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from bot.playground import crowd, panes, presence, tour
from bot.playground.completion import Completion
from bot.playground.delivery import Delivery
from bot.playground.numerals import whole
from bot.playground.page_clock import PageClock, page_clock
from bot.playground.panes import Pane
from bot.playground.people import Json
from bot.playground.serving import Pulse
from bot.playground.simulate import FAILURES, TIMES, Simulate
from bot.playground.travel import Travel
from bot.playground.workspace import Workspace

PING_SECONDS = 15
#: How soon the page notices that the bot went away or came back.
LOOK_SECONDS = 1.0
#: How soon a browser tries again once the playground is gone.
RETRY = "retry: 500\n\n"
THEMES = frozenset({"light", "dark"})
WORD_MAX = 100
#: A message has no more; what stands before the cursor is no longer.
TEXT_MAX = 4_000


class Page:
    """Draws the page for one or two people at their places."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        travel: Travel,
        pulse: Pulse,
        delivery: Delivery,
        completion: Completion,
        files: str,
        simulate: Simulate,
    ) -> None:
        self._workspace = workspace
        self._travel = travel
        self._pulse = pulse
        self._delivery = delivery
        self._completion = completion
        self._files = files
        self._simulate = simulate
        #: Another one tells the page that the workspace began anew.
        self._life = secrets.token_hex(8)

    def whole(self, request: Request) -> Response:
        """`/?as=…&at=…`, and `&and=…&and_at=…` for a second person beside the first."""
        theme = request.cookies.get("theme", "")
        with self._workspace.reading():
            shown = self._panes(request)
            pen, first = shown[0].pen, shown[0]
            html = pen.render(
                "page.html",
                files=self._files,
                panes=panes.parts(shown),
                version=self._workspace.version,  # after it: drawing marks as read
                title=" and ".join(f"{one.place.title} · {one.viewer.real_name}" for one in shown),
                beside=crowd.beside(self._workspace, first.viewer),
                theme=theme if theme in THEMES else "",
                failures=FAILURES,
                times=TIMES,
                choice=self._simulate.choice,
                cast=tour.cast(self._workspace),
                hands=self._clock(first),
                **self._time(first),
            )
        return HTMLResponse(html)

    def parts(self, request: Request) -> Response:
        """`/ui/parts?as=…&at=…`: what the script puts in place of what is there."""
        with self._workspace.reading():
            shown = self._panes(request)
            drawn = panes.parts(shown)
            version = self._workspace.version
            parts: Json = {"version": version, "panes": drawn, **self._time(shown[0])}
        return JSONResponse(parts)

    def people(self, request: Request) -> Response:
        """`/ui/people?as=…&word=…&page=…`: one page of a search in everybody."""
        word, number = request.query_params.get("word", ""), request.query_params.get("page", "")
        nth = whole(number, digits=5)
        with self._workspace.reading():
            pane = self._panes(request)[0]
            found = crowd.page(self._workspace, word.strip()[:WORD_MAX], nth)
            html = pane.pen.render("people.html", pane=pane, some=found, beside=set())
        return JSONResponse({"people": html, "has_more": found.has_more})

    def complete(self, request: Request) -> Response:
        """`/ui/complete?as=…&text=…`: how what is being typed may go on."""
        text = request.query_params.get("text", "")[:TEXT_MAX]
        with self._workspace.reading():
            viewer = self._panes(request)[0].viewer
        return JSONResponse(self._completion.offer(viewer, text).as_json())

    async def stream(self, _request: Request) -> Response:
        """`/ui/stream`: an event for each change, and for the bot's going and coming."""
        return StreamingResponse(self._changes(), media_type="text/event-stream")

    def _panes(self, request: Request) -> list[Pane]:
        wanted = panes.asked(request.query_params)
        return [Pane(self._workspace, one) for one in wanted]

    def _time(self, pane: Pane) -> dict[str, str]:
        clock = self._clock(pane)
        return {name: pane.pen.render(f"{name}.html", clock=clock) for name in ("clock", "arrival")}

    def _clock(self, pane: Pane) -> PageClock:
        return page_clock(self._travel, pane.pen.reader.now, pane.pen.reader.zone)

    async def _changes(self) -> AsyncIterator[str]:
        seen, furnished, was_there, quiet = -1, -1, True, 0.0
        loop = asyncio.get_running_loop()
        looked = loop.time() - LOOK_SECONDS
        yield RETRY
        while not self._pulse.closing.is_set():
            if loop.time() - looked >= LOOK_SECONDS:
                is_there, looked = await presence.is_there(self._delivery), loop.time()
                if is_there != was_there:
                    yield _event("bot", "here" if is_there else "away")
                was_there = is_there
            if self._workspace.furnished != furnished:
                furnished = self._workspace.furnished
                yield _event("life", f"{self._life}-{furnished}")
            if self._workspace.version != seen:
                seen, quiet = self._workspace.version, 0.0
                yield _event("message", seen)
            elif not await self._pulse.wait(LOOK_SECONDS):
                quiet += LOOK_SECONDS
                if quiet >= PING_SECONDS:
                    quiet = 0.0
                    yield ": still here\n\n"


def _event(name: str, what: object) -> str:
    return f"event: {name}\ndata: {json.dumps(what)}\n\n"

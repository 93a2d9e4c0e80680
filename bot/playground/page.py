"""The page: who I am, where I am, what is there; and the pieces of it that change."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from bot.playground.draw import Pen
from bot.playground.faults import Faults
from bot.playground.page_acts import FAULTS, MESSAGE_SHORTCUTS
from bot.playground.page_clock import PageClock, page_clock
from bot.playground.people import Person
from bot.playground.places import Channel, Message, View
from bot.playground.serving import Pulse
from bot.playground.travel import Travel
from bot.playground.workspace import Workspace

HOME = "home"
DM = "dm"
#: Older messages are not drawn, so that a long story stays quick.
MESSAGES_MAX = 200
PING_SECONDS = 15
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is: Home, or a channel (perhaps their DM with the bot)."""

    at: str
    title: str
    channel_id: str | None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A person of the switcher, and what waits for them."""

    person: Person
    unread: int


class Page:
    """Draws the page for a person at a place."""

    def __init__(self, workspace: Workspace, faults: Faults, travel: Travel, pulse: Pulse) -> None:
        self._workspace = workspace
        self._faults = faults
        self._travel = travel
        self._pulse = pulse

    def whole(self, request: Request) -> Response:
        """`/?as=…&at=…`"""
        with self._workspace.reading():
            viewer, place = self.viewer(request.query_params), self.place(request.query_params)
            pen = Pen(self._workspace, viewer)
            html = pen.render(
                "page.html",
                place=place,
                choices=FAULTS,
                choice=self._faults.choice,
                hands=self._clock(pen),
                **self._parts(pen, place),
            )
        return HTMLResponse(html)

    def parts(self, request: Request) -> Response:
        """`/ui/parts?as=…&at=…`: what the script puts in place of what is there."""
        with self._workspace.reading():
            viewer, place = self.viewer(request.query_params), self.place(request.query_params)
            parts = self._parts(Pen(self._workspace, viewer), place)
        return JSONResponse({"at": place.at, **{name: str(one) for name, one in parts.items()}})

    async def stream(self, _request: Request) -> Response:
        """`/ui/stream`: an event for each change."""
        return StreamingResponse(self._changes(), media_type="text/event-stream")

    def static(self, request: Request) -> Response:
        """`/static/<file>`"""
        name = request.path_params["name"]
        kind = _TYPES.get(name.rpartition(".")[2])
        file = resources.files("bot.playground") / "static" / name
        if kind is None or "/" in name or not file.is_file():
            return Response(status_code=404)
        return Response(file.read_bytes(), media_type=kind)

    def viewer(self, given: Any) -> Person:
        """Who looks: the first person unless told."""
        wanted = self._workspace.people.get(given.get("as") or "")
        return wanted if wanted and not wanted.is_bot else self._cast()[0]

    def place(self, given: Any) -> Place:
        """Where they look: the first channel unless told."""
        at, viewer = given.get("at") or "", self.viewer(given)
        if at == HOME:
            return Place(HOME, self._workspace.bot.real_name, None)
        if at == DM:
            return Place(DM, self._workspace.bot.real_name, self._workspace.dm_with(viewer.id).id)
        joined = self._joined(viewer)
        if not joined:
            return self.place({"as": viewer.id, "at": DM})
        channel = next((one for one in joined if one.id == at), joined[0])
        return Place(channel.id, f"#{channel.name}", channel.id)

    def _parts(self, pen: Pen, place: Place) -> dict[str, str]:
        viewer = pen.viewer
        messages = self._read(viewer, place) if place.channel_id else []
        stack: Sequence[View] = self._workspace.stack(viewer.id)
        dm = self._workspace.dm_with(viewer.id)
        return {
            "sidebar": pen.render(
                "sidebar.html",
                place=place,
                neighbours=self._neighbours(),
                channels=self._channels(viewer),
                dm_unread=self._workspace.unread(dm.id, viewer.id),
            ),
            "content": pen.render(
                "content.html",
                place=place,
                messages=messages[-MESSAGES_MAX:],
                left_out=max(0, len(messages) - MESSAGES_MAX),
                home=self._workspace.homes.get(viewer.id),
                shortcuts=MESSAGE_SHORTCUTS,
            ),
            "modal": pen.modal(stack[-1] if stack else None, len(stack)),
            "clock": pen.render("clock.html", clock=self._clock(pen)),
            "arrival": pen.render("arrival.html", clock=self._clock(pen)),
        }

    def _clock(self, pen: Pen) -> PageClock:
        return page_clock(self._travel, pen.reader.now, pen.reader.zone)

    def _read(self, viewer: Person, place: Place) -> list[Message]:
        channel_id = str(place.channel_id)
        messages = self._workspace.visible(channel_id, viewer.id)
        if messages:
            self._workspace.read_until[channel_id, viewer.id] = messages[-1].ts
        return messages

    def _cast(self) -> list[Person]:
        return [one for one in self._workspace.people.values() if not (one.is_bot or one.deleted)]

    def _neighbours(self) -> list[Neighbour]:
        return [
            Neighbour(one, self._workspace.unread(self._workspace.dm_with(one.id).id, one.id))
            for one in self._cast()
        ]

    def _joined(self, viewer: Person) -> list[Channel]:
        """The channels in this person's list; what is archived has left it."""
        return [
            one
            for one in self._workspace.channels.values()
            if one.kind != "im" and viewer.id in one.members and not one.is_archived
        ]

    def _channels(self, viewer: Person) -> list[tuple[Channel, int]]:
        return [(one, self._workspace.unread(one.id, viewer.id)) for one in self._joined(viewer)]

    async def _changes(self) -> AsyncIterator[str]:
        seen = -1
        while not self._pulse.closing.is_set():
            if self._workspace.version != seen:
                seen = self._workspace.version
                yield f"data: {json.dumps(seen)}\n\n"
            elif not await self._pulse.wait(PING_SECONDS):
                yield ": still here\n\n"

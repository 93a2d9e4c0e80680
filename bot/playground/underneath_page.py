"""The page's view of what happened underneath: what is new, and one thing whole."""

from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.playground.board import Line
from bot.playground.numerals import whole
from bot.playground.people import Json
from bot.playground.simulate import Simulate
from bot.playground.underneath import Feed
from bot.playground.workspace import Workspace


class UnderneathPage:
    """The routes under `/ui/underneath`."""

    def __init__(self, workspace: Workspace, feed: Feed, simulate: Simulate) -> None:
        self._workspace = workspace
        self._feed = feed
        self._simulate = simulate

    def news(self, request: Request) -> Response:
        """`/ui/underneath?as=…&epoch=…&after=…`: the lines that changed since, and what is on."""
        given = request.query_params
        self._feed.look()
        board, zone = self._feed.board, self._zone(given.get("as", ""))
        with board.lock:
            is_same = given.get("epoch") == str(self._feed.epoch)
            lines = board.after(whole(given.get("after", ""), digits=15) if is_same else 0)
            return JSONResponse(
                {
                    "epoch": self._feed.epoch,
                    "version": board.version,
                    "lines": [_shown(one, zone) for one in lines],
                    "kept": board.numbers(),
                    **self._simulate.status,
                }
            )

    def whole(self, request: Request) -> Response:
        """`/ui/underneath/<number>`: one line with all that is known of it."""
        line = self._feed.board.line(request.path_params["number"])
        if line is None:
            return JSONResponse({"said": "That is no longer kept."}, 404)
        return JSONResponse({"title": line.title, "note": line.note, "detail": line.detail})

    def _zone(self, user_id: str) -> ZoneInfo:
        viewer = self._workspace.people.get(user_id)
        return ZoneInfo(viewer.tz if viewer else "UTC")


def _shown(line: Line, zone: ZoneInfo) -> Json:
    return {
        "number": line.number,
        "cause": line.cause,
        "kind": line.kind,
        "name": line.name,
        "title": line.title,
        "note": line.note,
        "mood": line.mood,
        "who": line.who,
        "order": line.at.timestamp(),
        "at": f"{line.at.astimezone(zone):%H:%M:%S}",
    }

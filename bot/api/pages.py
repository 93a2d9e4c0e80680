"""`/docs`, `/openapi.json` and `/metrics`: for whoever runs tokenbot, not for everyone."""

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from bot.api import documents, metrics
from bot.api.auth import Doorkeeper
from bot.api.metrics import Metrics
from bot.api.reading import Reader
from bot.domain.api_keys import Scope
from bot.services import departures, outbox

_HEADERS = {
    "Content-Security-Policy": documents.SECURITY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
#: What a proxy adds: somebody outside asks, though this server listens on loopback alone.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class Guard:
    """Lets everybody of this machine in where it serves nobody else, and else who has a key."""

    def __init__(self, doorkeeper: Doorkeeper, *, is_loopback: bool) -> None:
        self._doorkeeper = doorkeeper
        self._is_loopback = is_loopback

    async def check(self, request: Request) -> None:
        """Raises a `KeyRefused` where a key with scope `read` is needed."""
        if self._is_loopback and not any(name in request.headers for name in _FORWARDED):
            return
        key = request.query_params.get("key")
        header = f"Bearer {key}" if key else request.headers.get("authorization")
        await self._doorkeeper.caller_by(request, header, Scope.READ)


def routes(
    web: FastAPI,
    guard: Guard,
    counted: Metrics,
    reader: Reader,
    route: type[APIRoute],
) -> APIRouter:
    """The routes; none of them is in the document that they show."""
    router = APIRouter(route_class=route, include_in_schema=False)

    @router.get("/openapi.json")
    async def openapi(request: Request) -> Response:
        await guard.check(request)
        return JSONResponse(documents.document(web), headers=_HEADERS)

    @router.get("/docs")
    async def docs(request: Request) -> Response:
        await guard.check(request)
        key = f"?{request.url.query}" if request.url.query else ""
        page = documents.page(documents.document(web), f"openapi.json{key}")
        return HTMLResponse(page, headers=_HEADERS)

    @router.get("/metrics")
    async def figures(request: Request) -> Response:
        await guard.check(request)
        waiting = await reader.read_for_all(outbox.counts)
        departed = len(await reader.read_for_all(departures.every))
        return Response(counted.text(waiting, departed=departed), media_type=metrics.MEDIA_TYPE)

    return router

"""Routes of the HTTP API: each answers with a problem where it can't, and is counted."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.api import errors
from bot.api.auth import Doorkeeper
from bot.api.metrics import Metrics

Handle = Callable[[Request], Awaitable[Response]]


class ProblemRoute(APIRoute):
    """A route that answers with a problem where it can't; made by `problem_route` alone."""

    #: What each answer is told besides being sent.
    finish: Callable[[str, Request, Response], None]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            return await self._answered(request, handle)

        return answer

    async def direct(self, request: Request) -> Response:
        """The same answer without FastAPI's share: for what takes its request as it comes."""
        return await self._answered(request, self._endpoint)

    async def _endpoint(self, request: Request) -> Response:
        response: Response = await self.endpoint(request, **request.path_params)
        return response

    async def _answered(self, request: Request, handle: Handle) -> Response:
        response = await errors.answered(request, handle)
        type(self).finish(self.path_format, request, response)
        return response


def problem_route(doorkeeper: Doorkeeper, metrics: Metrics) -> type[ProblemRoute]:
    """The class of such routes, to be given to a router as `route_class`."""

    def finished(path: str, request: Request, response: Response) -> None:
        doorkeeper.finish(request, response)
        metrics.count_request(path, response.status_code)

    class Route(ProblemRoute):
        finish = staticmethod(finished)

    return Route


class Direct:
    """Answers the requests of some routes before FastAPI looks at them.

    What FastAPI does for a route that reads its request itself, and answers by itself, takes longer
    than a hold (docs/decisions/0013-holds-in-line.md). It still describes these routes.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[ProblemRoute]) -> None:
        self._app = app
        self._routes = tuple(
            (method, route.path_regex.fullmatch, route)
            for route in routes
            for method in sorted(route.methods or ())
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answering = self._app
        if scope["type"] == "http":
            path, method = scope["path"], scope["method"]
            for taken, matched, route in self._routes:
                if taken == method and (found := matched(path)) is not None:
                    scope["path_params"] = found.groupdict()
                    answering = await route.direct(Request(scope, receive, send))
                    break
        await answering(scope, receive, send)

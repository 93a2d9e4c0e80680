"""Routes of the HTTP API: each answers with a problem where it can't, and is counted."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from bot.api import errors
from bot.api.auth import Doorkeeper
from bot.api.metrics import Metrics


def problem_route(doorkeeper: Doorkeeper, metrics: Metrics) -> type[APIRoute]:
    """The class of such routes, to be given to a router as `route_class`."""

    class ProblemRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                response = await errors.answered(request, handle)
                doorkeeper.finish(request, response)
                metrics.count_request(self.path_format, response.status_code)
                return response

            return answer

    return ProblemRoute

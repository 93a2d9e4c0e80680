"""The HTTP API as a whole, added to the web app that Slack's door is in."""

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.adapters import litellm
from bot.api import adapted, balances, errors, holds, otlp, pages, problems, routing, usage
from bot.api.auth import Doorkeeper
from bot.api.holding import Desk
from bot.api.intake import Intake
from bot.api.metrics import Metrics
from bot.api.pages import Guard
from bot.api.reading import Reader
from bot.api.refusals import MethodRefused, NotFound
from bot.api.routing import Direct, ProblemRoute
from bot.domain.usage_events import SourceRole
from bot.storage.database import Database

_NOT_FOUND, _NO_METHOD = 404, 405


def add_routes(
    web: FastAPI, database: Database, clock: Callable[[], datetime], *, is_loopback: bool
) -> None:
    """All routes of the API; `is_loopback` says that the server serves this machine alone."""
    doorkeeper, metrics = Doorkeeper(database, clock), Metrics()
    route = routing.problem_route(doorkeeper, metrics)
    intake = Intake(database, doorkeeper, clock, metrics)
    reader = Reader(database, doorkeeper, clock)
    guard = Guard(doorkeeper, is_loopback=is_loopback)
    holding = holds.routes(Desk(database, doorkeeper, clock), route)
    for router in (
        holding,
        usage.writing(intake, route),
        adapted.routes(
            intake,
            route,
            path="/v1/usage/litellm",
            event_of=litellm.event_of,
            role=SourceRole.GATEWAY,
        ),
        otlp.routes(otlp.Receiver(database, clock, metrics), intake, route),
        usage.reading(reader, route),
        balances.routes(reader, route),
        pages.routes(web, guard, metrics, reader, route),
    ):
        web.include_router(router)
    web.add_exception_handler(HTTPException, _elsewhere)
    # Every AI call waits for these.
    ahead = [one for one in holding.routes if isinstance(one, ProblemRoute)]
    web.add_middleware(Direct, routes=ahead)


async def _elsewhere(request: Request, error: Exception) -> Response:
    """What no route answers, as a problem too."""
    if isinstance(error, HTTPException):
        if error.status_code == _NOT_FOUND:
            return problems.answer(errors.problem_for(NotFound()))
        if error.status_code == _NO_METHOD:
            # Starlette tells the methods of the first route alone where two share a path.
            known = request.app.openapi()["paths"].get(request.url.path, {})
            allowed = ", ".join(map(str.upper, known)) or (error.headers or {}).get("Allow", "")
            return problems.answer(errors.problem_for(MethodRefused(allowed)))
    raise error

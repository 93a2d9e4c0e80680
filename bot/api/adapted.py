"""Usage in a source's own words: a route for each source whose payloads an adapter reads."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from bot.adapters import usage_events
from bot.api import descriptions, usage, usage_bodies
from bot.api.intake import Intake
from bot.api.refusals import NotReadable
from bot.api.usage_bodies import Decoded, Received
from bot.domain.counts import CountsRefused
from bot.domain.usage_events import EventRefused, Rejection, SourceRole, UsageEvent

#: An adapter's reading of one payload: None where nothing was used, or `EventRefused`.
EventOf = Callable[[object], UsageEvent | None]

_MEDIA_TYPES = (usage_bodies.JSON, usage_bodies.LINES)


def routes(
    intake: Intake, route: type[APIRoute], *, path: str, event_of: EventOf, role: SourceRole
) -> APIRouter:
    """`POST` to this path: the source's payloads as a JSON array, as lines, or one alone."""
    router = APIRouter(tags=["usage"], route_class=route)

    @router.post(
        path,
        summary="Report usage in a source's own words",
        response_class=Response,
        responses=descriptions.TAKEN,
        openapi_extra=descriptions.PAYLOADS,
    )
    async def take_in_payloads(request: Request) -> Response:
        """Payloads as the source makes them; those of calls that used nothing count for nothing."""
        found = await intake.answer(
            request, media_types=_MEDIA_TYPES, decode=partial(_decoded, event_of), role=role
        )
        return usage.told(found)

    return router


def _decoded(event_of: EventOf, received: Received) -> Decoded:
    """The payloads' events. Raises `NotReadable` and `TooManyEvents`."""
    usage_bodies.check_text(received.body)
    made = Decoded()
    for place, payload in enumerate(_payloads(received)):
        try:
            event = event_of(payload)
        except (EventRefused, CountsRefused) as refused:
            made.rejected.append(Rejection(place, usage_events.id_of(payload), str(refused)))
            continue
        if event is not None:
            made.events.append(event)
            made.places.append(place)
    return made


def _payloads(received: Received) -> list[Any]:
    """Some senders call lines of JSON `application/json`."""
    if received.media_type == usage_bodies.LINES:
        return usage_bodies.parsed_lines(received.body)
    try:
        found = usage_bodies.parsed(received.body)
    except NotReadable:
        if b"\n" not in received.body.strip():
            raise
        return usage_bodies.parsed_lines(received.body)
    payloads = found if isinstance(found, list) else [found]
    usage_bodies.check_count(len(payloads))
    return payloads

"""`/v1/logs`, `/v1/metrics` and `/v1/traces`: OTLP over HTTP, of which only usage is kept.

Refusals are problems as everywhere in the API: senders decide by the status whether to send again
(503: yes; any other: no), and write the body into their log, where it has to be read.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from bot.adapters import otlp
from bot.adapters.otlp import BodyRefused, Encoding
from bot.api import descriptions, usage_bodies
from bot.api.intake import Intake
from bot.api.metrics import Metrics
from bot.api.refusals import NotReadable
from bot.api.schemas import Json
from bot.api.usage_bodies import Received
from bot.domain.telemetry import Signal
from bot.services import telemetry
from bot.storage.database import Database

_MEDIA_TYPES = tuple(Encoding)
_EITHER: Json = {
    **descriptions.content({"type": "object"}, Encoding.JSON),
    **descriptions.content({"type": "string", "format": "binary"}, Encoding.PROTOBUF),
}
_BODIES: Json = {
    **descriptions.NEEDS_KEY,
    "requestBody": {
        "required": True,
        "description": f"At most {descriptions.SIZE}",
        "content": _EITHER,
    },
}
_HEARD = descriptions.answers(
    {
        200: {
            "description": "Taken in; partialSuccess says how many items were not, and why.",
            "content": _EITHER,
        }
    },
    *descriptions.BODY_PROBLEMS,
)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes in the usage in what senders of telemetry send."""

    database: Database
    clock: Callable[[], datetime]
    metrics: Metrics

    def hear(self, signal: Signal, received: Received) -> Response:
        """Nothing where all went well, else how many items were rejected and why.

        Raises `NotReadable` and `TooManyEvents`, and then nothing is kept.
        """
        encoding, caller = Encoding(received.media_type), received.caller
        sender = caller.user_id or caller.key_id
        try:
            reading = otlp.read(signal, encoding, received.body, sender=sender)
        except BodyRefused as refused:
            raise NotReadable(f"The body {refused}.") from None
        usage_bodies.check_count(len(reading.sightings))
        heard = telemetry.take_in(
            self.database,
            caller.workspace_id,
            reading,
            owner=caller.user_id,
            reach=caller.reach,
            actor=caller.actor,
            now=self.clock(),
        )
        self.metrics.count_outcomes(
            f"otlp {signal}",
            accepted=heard.accepted,
            duplicates=heard.duplicates,
            rejected=heard.rejected,
        )
        return Response(otlp.answer(signal, encoding, heard), media_type=encoding)


def routes(receiver: Receiver, intake: Intake, route: type[APIRoute]) -> APIRouter:
    """A route for each signal."""
    router = APIRouter(tags=["telemetry"], route_class=route)
    for signal in Signal:
        router.add_api_route(
            f"/v1/{signal}",
            _endpoint(signal, receiver, intake),
            methods=["POST"],
            summary=f"Report usage by OpenTelemetry {signal}",
            description=(
                "An OTLP export request. The token counts of Claude Code, Codex, Gemini CLI and "
                "the GenAI conventions are taken in once; all else is dropped on arrival."
            ),
            response_class=Response,
            responses=_HEARD,
            openapi_extra=_BODIES,
            operation_id=f"take_in_{signal}",
        )
    return router


def _endpoint(
    signal: Signal, receiver: Receiver, intake: Intake
) -> Callable[[Request], Awaitable[Response]]:
    async def export(request: Request) -> Response:
        return await intake.worked(
            request, media_types=_MEDIA_TYPES, work=partial(receiver.hear, signal)
        )

    return export

"""What the OpenAPI document says of each route: its bodies, parameters and answers."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.api import bodies, cloud_events, problems, usage_bodies
from bot.api.schemas import Json, ref
from bot.domain.usage_sums import DAYS_MAX, ROWS_MAX, By

_DAY: Json = {"type": "string", "format": "date"}


def content(schema: Json, media_type: str = "application/json") -> Json:
    return {media_type: {"schema": schema}}


def answers(own: Mapping[int | str, Json], *statuses: int) -> dict[int | str, Json]:
    """Responses of a route: its own, the problems that it has, and those that all have."""
    made: dict[int | str, Json] = {**own}
    for status in sorted({*statuses, 401, 403, 500, 503}):
        made[status] = {
            "description": _PROBLEMS[status],
            "content": content(ref("Problem"), problems.MEDIA_TYPE),
        }
    return made


_PROBLEMS: Mapping[int, str] = MappingProxyType(
    {
        400: "It can't be read",
        401: "A key is needed",
        403: "The key may not do that",
        404: "Nobody like that here",
        409: "It is in the way of what was asked before",
        422: "It can't be so",
        408: "The body didn't come in time",
        413: "Too much at once",
        415: "Another Content-Type or Content-Encoding is needed",
        500: "Something broke on our side",
        503: "Busy: try again after Retry-After",
    }
)
NEEDS_KEY: Json = {"security": [{"key": []}]}
#: Of a route that reads a body.
BODY_PROBLEMS = (400, 408, 413, 415)
#: Of any body.
SIZE = f"{bodies.BYTES_MAX // 2**20} MiB, also once unpacked; Content-Encoding may be gzip."
TAKEN = answers(
    {
        200: {
            "description": "Something was kept or known already, or there was nothing to keep.",
            "content": content(ref("Taken")),
        },
        422: {"description": "Every event was rejected.", "content": content(ref("Taken"))},
    },
    *BODY_PROBLEMS,
)
USAGE_BODIES: Json = {
    **NEEDS_KEY,
    "requestBody": {
        "required": True,
        "description": f"At most {usage_bodies.EVENTS_MAX:,} events and {SIZE}",
        "content": {
            **content({"anyOf": [ref("Events"), ref("Event")]}),
            **content(
                {"type": "string", "description": "An Event on each line."}, usage_bodies.LINES
            ),
            **content(ref("CloudEvent"), cloud_events.ONE),
            **content(
                {
                    "type": "array",
                    "items": {"anyOf": [ref("CloudEvent"), {"description": "Rejected by itself."}]},
                },
                cloud_events.BATCH,
            ),
        },
    },
}
#: What a source sends is described by its vendor.
PAYLOADS: Json = {
    **NEEDS_KEY,
    "requestBody": {
        "required": True,
        "content": {
            **content({"type": ["array", "object"]}),
            **content({"type": "string"}, usage_bodies.LINES),
        },
    },
}
BALANCE = answers(
    {200: {"description": "What they have.", "content": content(ref("Balance"))}}, 404
)
SUMS = answers({200: {"description": "The sums.", "content": content(ref("Sums"))}}, 400)


def _parameter(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema}


SUMS_PARAMETERS = [
    _parameter("since", "The first day; 30 days before until if left out.", _DAY),
    _parameter("until", f"The day after the last, at most {DAYS_MAX} days later.", _DAY),
    _parameter(
        "group_by",
        f"Any of {', '.join(By)}, with commas; nothing for one sum.",
        {"type": "string", "pattern": "^((day|model|project|team|member)(,(?!$)|$))*$"},
    ),
    _parameter(
        "limit",
        "Rows in one answer.",
        {"type": "integer", "minimum": 1, "maximum": ROWS_MAX, "default": 1000},
    ),
    _parameter("after", "The next of the answer before, for its other rows.", {"type": "string"}),
]

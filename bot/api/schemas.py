"""The schemas of the OpenAPI document: events, answers and problems, in JSON Schema's words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bot.domain.counts import COUNT_MAX
from bot.domain.usage import NAME_MAX
from bot.domain.usage_events import (
    COST_NANO_MAX,
    ID_MAX,
    METADATA_MAX,
    METADATA_TEXT_MAX,
    REVISION_MAX,
    SOURCE_MAX,
    USER_MAX,
)
from bot.domain.usage_sums import ROWS_MAX, By

Json = dict[str, Any]

_EXAMPLE: Json = {
    "source": "search-app",
    "id": "chatcmpl-9f3c21ab",
    "at": "2026-03-02T09:30:00Z",
    "user": "ana@example.com",
    "model": "gpt-4o",
    "provider": "openai",
    "input_tokens": 1200,
    "cached_input_tokens": 1024,
    "output_tokens": 50,
    "cost_usd": 0.00222,
    "project": "search",
}


def ref(name: str) -> Json:
    """A schema of `SCHEMAS`, to be named in another."""
    return {"$ref": f"#/components/schemas/{name}"}


def plain_text(longest: int, description: str, *, is_needed: bool = False) -> Json:
    return {
        "type": "string" if is_needed else ["string", "null"],
        "minLength": 1 if is_needed else 0,
        "maxLength": longest,
        "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$",
        "description": description,
    }


def _count(description: str, *, is_needed: bool = False) -> Json:
    return {
        "type": "integer" if is_needed else ["integer", "null"],
        "minimum": 0,
        "maximum": COUNT_MAX,
        "description": description,
    }


def checked_object(required: tuple[str, ...], properties: Json, description: str = "") -> Json:
    made: Json = {"type": "object", "required": list(required), "properties": properties}
    return {**made, "description": description} if description else made


_INTEGER: Json = {"type": "integer"}
_DAY: Json = {"type": "string", "format": "date"}
MEASURES: Json = {
    "model": plain_text(NAME_MAX, "As the provider calls it."),
    "provider": plain_text(NAME_MAX, "Who was paid for it: openai, anthropic, aws …"),
    "input_tokens": _count("All input; cached and cache-write are included.", is_needed=True),
    "cached_input_tokens": _count("What of it was read from a cache."),
    "cache_write_tokens": _count("What of it was written to a cache."),
    "output_tokens": _count("All output; reasoning is included.", is_needed=True),
    "reasoning_tokens": _count("What of it was reasoning."),
    "cost_usd": {
        "type": ["number", "string", "null"],
        "minimum": 0,
        "maximum": COST_NANO_MAX // 10**9,
        "pattern": r"^[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?$",
        "description": "Dollars, to the billionth; as text it needs no float.",
    },
    "user": plain_text(USER_MAX, "E-mail, Slack id, or the source's own id of the person."),
    "project": plain_text(NAME_MAX, "What it was for."),
    "team": plain_text(NAME_MAX, "The team as the source calls it."),
    "metadata": {
        "type": ["object", "null"],
        "maxProperties": METADATA_MAX,
        "propertyNames": {"maxLength": METADATA_TEXT_MAX},
        "additionalProperties": {
            "type": ["string", "number", "boolean", "null"],
            "maxLength": METADATA_TEXT_MAX,
        },
        "description": "Small and flat.",
    },
    "revision": {
        "type": ["integer", "null"],
        "minimum": 0,
        "maximum": REVISION_MAX,
        "description": "A higher one replaces the figures of the same source and id.",
    },
}
_ID = plain_text(ID_MAX, "Unique in the source: the same again counts once.", is_needed=True)
_SOURCE = plain_text(SOURCE_MAX, "Who tells of it: an application's name.", is_needed=True)
_AT: Json = {
    "type": "string",
    "format": "date-time",
    "description": "The time of the call (RFC 3339), with its offset; at most 90 days ago.",
}
COUNTED = ("input_tokens", "output_tokens")

SCHEMAS: Mapping[str, Json] = MappingProxyType(
    {
        "Event": {
            **checked_object(
                ("source", "id", "at", *COUNTED),
                {"source": _SOURCE, "id": _ID, "at": _AT, **MEASURES},
                "One call. Unknown fields are ignored and counted in the answer.",
            ),
            "example": _EXAMPLE,
        },
        "Events": checked_object(
            ("events",),
            {
                "events": {
                    "type": "array",
                    "items": {"anyOf": [ref("Event"), {"description": "Rejected by itself."}]},
                }
            },
        ),
        "CloudEvent": checked_object(
            ("specversion", "type", "source", "id", "data"),
            {
                "specversion": {"const": "1.0"},
                "type": {"type": "string", "minLength": 1},
                "source": _SOURCE,
                "id": _ID,
                "time": {**_AT, "type": ["string", "null"]},
                "data": checked_object(COUNTED, {"at": _AT, **MEASURES}),
            },
            "CloudEvents 1.0; without time, data has at.",
        ),
        "Taken": checked_object(
            ("accepted", "duplicates", "rejected"),
            {
                "accepted": _INTEGER,
                "duplicates": {**_INTEGER, "description": "Known before; they count once."},
                "rejected": {
                    "type": "array",
                    "items": checked_object(
                        ("index", "id", "error"),
                        {
                            "index": {**_INTEGER, "description": "Its place, from 0."},
                            "id": {"type": "string"},
                            "error": {"type": "string", "description": "What to change."},
                        },
                    ),
                },
                "ignored_fields": {"type": "object", "additionalProperties": _INTEGER},
            },
        ),
        "Balance": checked_object(
            ("user", "balance", "held", "available"),
            {
                "user": {"type": "string", "description": "The Slack id."},
                "balance": _INTEGER,
                "held": _INTEGER,
                "available": {**_INTEGER, "description": "Balance less what is held."},
                "expiring": {
                    "type": "array",
                    "items": checked_object(
                        ("at", "tokens"),
                        {"at": {"type": "string", "format": "date-time"}, "tokens": _INTEGER},
                    ),
                },
                "next": {
                    **checked_object(("on", "tokens"), {"on": _DAY, "tokens": _INTEGER}),
                    "type": ["object", "null"],
                    "description": "The next allowance.",
                },
                "period": checked_object(("since", "used"), {"since": _DAY, "used": _INTEGER}),
                "per_day": {"type": ["integer", "null"], "description": "The pace of 14 days."},
                "lasts_until": {**_DAY, "type": ["string", "null"]},
            },
        ),
        "Sums": checked_object(
            ("since", "until", "rows", "next"),
            {
                "since": _DAY,
                "until": {**_DAY, "description": "Not included."},
                "rows": {"type": "array", "maxItems": ROWS_MAX, "items": ref("Sum")},
                "next": {"type": ["string", "null"], "description": "To be sent as after."},
            },
        ),
        "Sum": checked_object(
            ("tokens", "calls"),
            {
                **{str(by): {"type": "string"} for by in By},
                "team_name": {"type": "string"},
                "tokens": {**_INTEGER, "description": "What was charged."},
                "calls": _INTEGER,
                "input_tokens": _INTEGER,
                "cached_input_tokens": _INTEGER,
                "cache_write_tokens": _INTEGER,
                "output_tokens": _INTEGER,
                "cost_usd": {"type": "string", "description": "Of calls whose cost is known."},
                "unpriced_calls": {**_INTEGER, "description": "Calls whose cost nobody knows."},
            },
        ),
        "Problem": checked_object(
            ("type", "title", "status", "detail"),
            {
                "type": {"type": "string", "description": "Stable: urn:tokenbot:problem:…"},
                "title": {"type": "string"},
                "status": _INTEGER,
                "detail": {"type": "string", "description": "What is wrong, and what to do."},
                "reference": {"type": "string", "description": "The log has it too."},
            },
            "A problem (RFC 9457).",
        ),
    }
)

"""What the OpenAPI document says of holds: bodies, answers and refusals."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.adapters.holds import KEY_MAX
from bot.api import problems
from bot.api.descriptions import BODY_PROBLEMS, NEEDS_KEY, answers, content
from bot.api.schemas import COUNTED, MEASURES, Json, checked_object, plain_text, ref
from bot.domain.counts import COUNT_MAX
from bot.domain.holds import TTL, TTL_MAX, HoldState
from bot.domain.ledger import TOKENS_MAX
from bot.domain.limits import Measure
from bot.domain.policies import CapPeriod
from bot.domain.usage_events import ID_MAX, SOURCE_MAX

_SECOND = 1
_INTEGER: Json = {"type": "integer"}
_TOKENS: Json = {"type": ["integer", "null"], "minimum": 1, "maximum": TOKENS_MAX}
_SECONDS: Json = {
    "type": ["integer", "null"],
    "minimum": _SECOND,
    "maximum": int(TTL_MAX.total_seconds()),
    "default": int(TTL.total_seconds()),
    "description": "How long it stands.",
}
_MOMENT: Json = {"type": ["string", "null"], "format": "date-time"}
_COUNT: Json = {"type": ["integer", "null"], "minimum": 0, "maximum": COUNT_MAX}
_LIMIT: Json = checked_object(
    ("limit", "most", "used", "left"),
    {
        "limit": {"enum": [one.value for one in Measure]},
        "name": {"type": "string", "description": "The pattern of models, or the project."},
        "period": {
            "enum": ["", *(one.value for one in CapPeriod)],
            "description": "In which time a cap counts.",
        },
        "most": _INTEGER,
        "used": {**_INTEGER, "description": "Used, or held for other calls."},
        "left": _INTEGER,
        "grace": {**_INTEGER, "description": "What may be used beyond."},
        "frees_at": _MOMENT,
    },
)
SCHEMAS: Mapping[str, Json] = MappingProxyType(
    {
        "Intent": checked_object(
            (),
            {
                "user": MEASURES["user"],
                "source": plain_text(SOURCE_MAX, "Where people are called so: litellm."),
                "amount": {**_TOKENS, "description": "Tokens of the allowance; or an estimate."},
                "estimate": {
                    **checked_object(
                        (),
                        {
                            "model": MEASURES["model"],
                            "input_tokens": {**_COUNT, "type": "integer"},
                            "messages": {
                                "type": "array",
                                "items": {"type": "object"},
                                "description": "A chat in OpenAI's form, counted here.",
                            },
                            "tools": {
                                "type": "array",
                                "items": {"type": "object"},
                                "description": "Beside messages: counted as they are written.",
                            },
                            "text": {"type": "string", "description": "Counted here."},
                            "max_output_tokens": {
                                **_COUNT,
                                "description": "The call's own limit. No more is held than such "
                                "calls put out lately, unless strict.",
                            },
                            "strict": {"type": "boolean", "default": False},
                        },
                        "What the call puts in, as one of input_tokens, messages and text.",
                    ),
                    "type": ["object", "null"],
                    "oneOf": [
                        {"required": ["input_tokens"]},
                        {"required": ["messages"]},
                        {"required": ["text"]},
                    ],
                },
                "ttl_seconds": _SECONDS,
                "idempotency_key": plain_text(KEY_MAX, "The same again is the same hold."),
                "model": MEASURES["model"],
                "provider": MEASURES["provider"],
                "project": MEASURES["project"],
                "metadata": MEASURES["metadata"],
            },
            "A call that is about to be made. amount or estimate is needed.",
        ),
        "Hold": checked_object(
            ("id", "state", "amount", "held", "settled", "available", "expires_at"),
            {
                "id": {"type": "string"},
                "user": {"type": ["string", "null"], "description": "The Slack id, if known."},
                "state": {"enum": [one.value for one in HoldState]},
                "amount": {**_INTEGER, "description": "What was asked for."},
                "held": {**_INTEGER, "description": "What of it is held still."},
                "settled": {**_INTEGER, "description": "What it was charged so far."},
                "late": {"type": "boolean", "description": "Settled after its end."},
                "available": {**_INTEGER, "description": "What its account has besides."},
                "expires_at": {"type": "string", "format": "date-time"},
                "warning": _LIMIT,
            },
        ),
        "Authorized": checked_object(
            ("allowed", "needed", "available"),
            {
                "allowed": {"const": True},
                "needed": _INTEGER,
                "available": _INTEGER,
                "warning": _LIMIT,
            },
        ),
        "Settlement": checked_object(
            COUNTED,
            {
                "source": plain_text(SOURCE_MAX, "The hold's, if left out."),
                "id": plain_text(ID_MAX, "The hold's, if left out; each part needs its own."),
                "at": {**_MOMENT, "description": "The time of the call; now, if left out."},
                **{name: one for name, one in MEASURES.items() if name not in {"user", "team"}},
                "final": {
                    "type": ["boolean", "null"],
                    "default": True,
                    "description": "False for a part of a long call: the rest stays held.",
                },
            },
        ),
        "Results": checked_object(
            ("results",),
            {
                "results": {
                    "type": "array",
                    "items": {
                        "anyOf": [
                            checked_object(("hold",), {"hold": ref("Hold")}),
                            checked_object(("problem",), {"problem": ref("Problem")}),
                        ]
                    },
                    "description": "One for each that was sent, in their order.",
                }
            },
        ),
        "Intents": checked_object(("holds",), {"holds": {"type": "array", "items": ref("Intent")}}),
        "Settlements": checked_object(
            ("settlements",),
            {
                "settlements": {
                    "type": "array",
                    "items": {
                        "allOf": [
                            checked_object(("hold",), {"hold": {"type": "string"}}),
                            ref("Settlement"),
                        ]
                    },
                }
            },
        ),
        "Extension": checked_object((), {"ttl_seconds": _SECONDS}),
        "LimitReached": {
            "allOf": [
                ref("Problem"),
                checked_object(
                    ("needed", "available", "limit", "limits"),
                    {
                        "needed": _INTEGER,
                        "available": _INTEGER,
                        "limit": _LIMIT,
                        "limits": {"type": "array", "items": _LIMIT},
                        "next_allowance_at": _MOMENT,
                        "fallback_model": {"type": ["string", "null"]},
                        "slack_url": {
                            "type": ["string", "null"],
                            "description": "The app's Home, whose first button asks for more.",
                        },
                    },
                ),
            ]
        },
    }
)

_LIMIT_REACHED: Json = {
    "description": "It does not fit; which limit refuses it, and where each stands.",
    "content": content(ref("LimitReached"), problems.MEDIA_TYPE),
}


def _body(name: str) -> Json:
    return {**NEEDS_KEY, "requestBody": {"required": True, "content": content(ref(name))}}


HOLD_BODY: Json = {
    **NEEDS_KEY,
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string", "maxLength": KEY_MAX},
            "description": "In place of idempotency_key, where one hold is asked for.",
        }
    ],
    "requestBody": {
        "required": True,
        "content": content({"anyOf": [ref("Intents"), ref("Intent")]}),
    },
}
ASK_BODY = _body("Intent")
SETTLEMENTS_BODY = _body("Settlements")
SETTLE_BODY = _body("Settlement")
EXTEND_BODY = _body("Extension")
_NO_HOLD: Json = {
    "description": "No such hold that this key may see",
    "content": content(ref("Problem"), problems.MEDIA_TYPE),
}
_ONE: Json = {"description": "The hold.", "content": content(ref("Hold"))}
_MANY: Json = {"description": "What became of each.", "content": content(ref("Results"))}
HELD = answers({200: _MANY, 201: _ONE, 402: _LIMIT_REACHED}, *BODY_PROBLEMS, 404, 409, 422)
RESULTS = answers({200: _MANY}, *BODY_PROBLEMS)
AUTHORIZED = answers(
    {
        200: {"description": "It fits.", "content": content(ref("Authorized"))},
        402: _LIMIT_REACHED,
    },
    *BODY_PROBLEMS,
    404,
    409,
    422,
)
SETTLED = answers({200: _ONE, 404: _NO_HOLD}, *BODY_PROBLEMS, 409, 422)
VOIDED = answers({200: _ONE, 404: _NO_HOLD}, 409)

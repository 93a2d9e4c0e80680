"""Holds as callers write them: JSON objects in, plain values out, with words for what isn't."""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.adapters import litellm, told_by_text, usage_events
from bot.domain import holds as rules
from bot.domain.counts import CountsRefused, checked
from bot.domain.holds import HoldRefused
from bot.domain.intents import Estimate, Intent
from bot.domain.usage import NAME_MAX
from bot.domain.usage_events import SOURCE_MAX, USER_MAX, EventRefused, UsageEvent

KEY_MAX = 200
_written = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_KNOWN = "idempotency_key"


def intent_of(fields: object, key: str | None = None) -> Intent:
    """The call that is to be made; `key` is the header's, where the body has none.

    Raises `HoldRefused`, with words that name the field.
    """
    if not isinstance(fields, dict):
        raise HoldRefused("the body", "must be a JSON object")
    get = fields.get
    try:
        given = get(_KNOWN, key)
        return Intent(
            user=usage_events.checked_text("user", get("user"), USER_MAX),
            source=usage_events.checked_text("source", get("source"), SOURCE_MAX),
            provider=usage_events.checked_text("provider", get("provider"), NAME_MAX),
            model=_model(fields),
            project=usage_events.checked_text("project", get("project"), NAME_MAX),
            amount=_amount(fields),
            estimate=_estimate(fields),
            ttl=rules.ttl(_whole_or_none("ttl_seconds", get("ttl_seconds"))),
            key=usage_events.checked_text(_KNOWN, given, KEY_MAX),
            fingerprint=_fingerprint(fields),
            details=_details(get("metadata")),
        )
    except (EventRefused, CountsRefused) as refused:
        raise HoldRefused("", str(refused)) from None


def settlement_of(
    fields: object, hold_id: str, *, at: str, user: str, source: str, model: str, project: str
) -> tuple[UsageEvent | None, bool]:
    """The usage event of a settlement, and whether it is the last; None where nothing was used.

    What it doesn't say is the hold's. A gateway's own payload may stand for it: its id is then the
    same as the gateway's callback would send, so that the call counts once.

    Raises `HoldRefused`.
    """
    if not isinstance(fields, dict):
        raise HoldRefused("the body", "must be a JSON object")
    is_final = fields.get("final", True)
    if type(is_final) is not bool:
        raise HoldRefused("final", "must be true or false")
    if not is_final and not fields.get("id") and "litellm" not in fields:
        raise HoldRefused("id", "is missing: each part of a long call needs its own")
    try:
        if "litellm" in fields:
            return litellm.event_of(fields["litellm"]), is_final
        known = {
            "source": source or "holds",
            "id": hold_id,
            "at": at,
            "model": model,
            "project": project,
        }
        said = {name: value for name, value in fields.items() if value is not None}
        return usage_events.event_of({**known, **said, "user": user}), is_final
    except EventRefused as refused:
        raise HoldRefused("", str(refused)) from None


def longer_of(fields: object) -> timedelta:
    """For how long from now a hold is to stand. Raises `HoldRefused`."""
    if not isinstance(fields, dict):
        raise HoldRefused("the body", "must be a JSON object")
    return rules.ttl(_whole_or_none("ttl_seconds", fields.get("ttl_seconds")))


def _model(fields: Mapping[str, Any]) -> str:
    estimate = fields.get("estimate")
    inside = estimate.get("model") if isinstance(estimate, dict) else None
    return usage_events.checked_text("model", fields.get("model") or inside, NAME_MAX)


def _amount(fields: Mapping[str, Any]) -> int | None:
    amount, estimate = fields.get("amount"), fields.get("estimate")
    if (amount is None) == (estimate is None):
        raise HoldRefused("amount", "or estimate is needed, and not both")
    return None if amount is None else rules.check_tokens(_whole("amount", amount))


def _estimate(fields: Mapping[str, Any]) -> Estimate | None:
    given = fields.get("estimate")
    if given is None:
        return None
    if not isinstance(given, dict):
        raise HoldRefused("estimate", "must be a JSON object")
    told_by_text.check(given)  # its text is counted by now, unless it can't be
    if given.get("input_tokens") is None:
        raise HoldRefused("estimate", "needs input_tokens")
    most = given.get("max_output_tokens")
    is_strict = given.get("strict", False)
    if type(is_strict) is not bool:
        raise HoldRefused("estimate.strict", "must be true or false")
    made = Estimate(
        input_tokens=_whole("estimate.input_tokens", given["input_tokens"]),
        max_output_tokens=None if most is None else _whole("estimate.max_output_tokens", most),
        is_strict=is_strict,
    )
    checked("estimate.input_tokens", made.input_tokens)
    checked("estimate.max_output_tokens", made.max_output_tokens or 0)
    return made


def _whole_or_none(name: str, given: object) -> int | None:
    return None if given is None else _whole(name, given)


def _whole(name: str, given: object) -> int:
    return usage_events.whole_number(name, given)


def _details(given: object) -> str:
    if given is None:
        return ""
    kept = usage_events.flat_metadata(given)
    return json.dumps(kept, sort_keys=True) if kept else ""


def _fingerprint(fields: Mapping[str, Any]) -> str:
    """The same for the same content, whatever the order of its fields."""
    said = {name: value for name, value in fields.items() if name != _KNOWN}
    return hashlib.sha256(_written(said).encode(errors="surrogatepass")).hexdigest()

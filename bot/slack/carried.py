"""What a button carries to its click as short JSON: an allowance as wished, a call."""

import json
from datetime import date
from typing import Any

from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import AllowanceId, Subject, Terms, Vesting
from bot.domain.directory import TeamId
from bot.domain.ledger import IdempotencyKey
from bot.domain.periods import Period
from bot.domain.policies import CapId


def wish(wished: AllowanceWish, key: IdempotencyKey) -> str:
    """A whole wish, with the key of the preview that showed it: two clicks are one start."""
    vesting = wished.vesting
    return _short(
        {
            "key": key,
            "for": str(wished.subject),
            "tokens": wished.tokens,
            "every": wished.period.value,
            "carry": wished.carry_max,
            "from": _text(wished.starts_on),
            "until": _text(wished.until),
            "anchor": _text(wished.anchor_on),
            "prorated": wished.is_prorated,
            "returns": wished.returns_on_leaving,
            "parts": [vesting.parts, vesting.cliff] if vesting else None,
            "pool": wished.is_from_pool,
            "note": wished.note,
        }
    )


def wished(value: str) -> tuple[AllowanceWish, IdempotencyKey]:
    """And back."""
    said = json.loads(value)
    parts = said["parts"]
    return AllowanceWish(
        subject=Subject.parse(said["for"]),
        tokens=said["tokens"],
        period=Period(said["every"]),
        carry_max=said["carry"],
        starts_on=_day(said["from"]),
        until=_day(said["until"]),
        anchor_on=_day(said["anchor"]),
        is_prorated=said["prorated"],
        returns_on_leaving=said["returns"],
        vesting=Vesting(parts=parts[0], cliff=parts[1]) if parts else None,
        is_from_pool=said["pool"],
        note=said["note"],
    ), IdempotencyKey(said["key"])


def terms(allowance_id: AllowanceId, changed: Terms) -> str:
    """The terms to which a rule is to be changed."""
    return _short({"id": allowance_id, "tokens": changed.tokens, "carry": changed.carry_max})


def changed(value: str) -> tuple[AllowanceId, int, int | None]:
    """And back: the rule, its tokens, and what carries over."""
    said = json.loads(value)
    return AllowanceId(said["id"]), said["tokens"], said["carry"]


def call(*, source: str, external_id: str) -> str:
    """A metered call."""
    return _short({"source": source, "id": external_id})


def called(value: str) -> tuple[str, str]:
    """And back: its source and its id."""
    said = json.loads(value)
    return said["source"], said["id"]


def cap(team_id: TeamId, cap_id: CapId) -> str:
    """A cap of a team."""
    return _short({"team": team_id, "cap": cap_id})


def capped(value: str) -> tuple[TeamId, CapId]:
    """And back."""
    said = json.loads(value)
    return TeamId(said["team"]), CapId(said["cap"])


def _short(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)

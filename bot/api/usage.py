"""`/v1/usage`: usage in, and sums of it out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from bot.api import descriptions, queries, usage_bodies
from bot.api.intake import Answer, Intake
from bot.api.reading import Reader
from bot.domain.api_keys import Caller
from bot.domain.usage_events import SourceRole
from bot.domain.usage_sums import By, Found, Question, Sums
from bot.services import usage_sums
from bot.storage.database import Database


def writing(intake: Intake, route: type[APIRoute]) -> APIRouter:
    """`POST /v1/usage`."""
    router = APIRouter(tags=["usage"], route_class=route)

    @router.post(
        "/v1/usage",
        summary="Report usage",
        response_class=Response,
        responses=descriptions.TAKEN,
        openapi_extra=descriptions.USAGE_BODIES,
    )
    async def take_in_usage(request: Request) -> Response:
        """One event or many; good ones are kept although others are rejected.

        The same source and id again is a duplicate and counts once: whatever went wrong, the same
        request may be sent again.
        """
        found = await intake.answer(
            request,
            media_types=usage_bodies.MEDIA_TYPES,
            decode=usage_bodies.decoded,
            role=SourceRole.GATEWAY,
        )
        return told(found)

    return router


def told(found: Answer) -> Response:
    """The counts, and each event that was not taken; 422 where that is all of them."""
    taken = found.taken
    said = {
        "accepted": taken.accepted,
        "duplicates": taken.duplicates,
        "rejected": [
            {"index": one.index, "id": one.external_id, "error": one.error}
            for one in taken.rejected
        ],
    }
    if found.ignored:
        said["ignored_fields"] = found.ignored
    is_kept = taken.accepted or taken.duplicates or not taken.rejected
    return Response(to_json(said), 200 if is_kept else 422, media_type="application/json")


def reading(reader: Reader, route: type[APIRoute]) -> APIRouter:
    """`GET /v1/usage`."""
    router = APIRouter(tags=["reading"], route_class=route)

    @router.get(
        "/v1/usage",
        summary="Usage added up",
        response_class=Response,
        responses=descriptions.SUMS,
        openapi_extra={**descriptions.NEEDS_KEY, "parameters": descriptions.SUMS_PARAMETERS},
    )
    async def usage_sums_of(request: Request) -> Response:
        """Tokens charged, calls, counts by class and cost, from the sums that are kept by day.

        A key that is bound to a person sees that person's alone.
        """

        def look(database: Database, caller: Caller, now: datetime) -> Mapping[str, Any]:
            question = queries.question(request.query_params, now)
            found = usage_sums.sums(database, caller.workspace_id, question, whose=caller.user_id)
            return _summed(question, found)

        told = await reader.read(request, look)
        return Response(to_json(told), media_type="application/json")

    return router


def _summed(question: Question, found: Found) -> Mapping[str, Any]:
    last = found.rows[-1].parts if found.has_more else None
    return {
        "since": question.since.isoformat(),
        "until": question.until.isoformat(),
        "rows": [_row(question, found, row) for row in found.rows],
        "next": last and queries.cursor(last),
    }


def _row(question: Question, found: Found, row: Sums) -> Mapping[str, Any]:
    parts = dict(zip(question.by, row.parts, strict=True))
    named = {str(by): part for by, part in parts.items()}
    if By.TEAM in parts:
        named["team_name"] = found.team_names.get(parts[By.TEAM], parts[By.TEAM])
    return {
        **named,
        "tokens": row.tokens,
        "calls": row.calls,
        "input_tokens": row.input_uncached + row.cache_read + row.cache_write,
        "cached_input_tokens": row.cache_read,
        "cache_write_tokens": row.cache_write,
        "output_tokens": row.output,
        "cost_usd": _dollars(row.cost_nano),
        "unpriced_calls": row.unpriced,
    }


def _dollars(nano: int) -> str:
    """Exact, as text: a reader's floats are their own affair."""
    sign, whole = "-" if nano < 0 else "", abs(nano)
    return f"{sign}{whole // 10**9}.{whole % 10**9:09d}"

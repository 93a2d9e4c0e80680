"""`GET /v1/balances/{user}`: what a person has."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.routing import APIRoute
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from bot.api import descriptions, queries
from bot.api.reading import Reader
from bot.api.refusals import PersonUnknown
from bot.domain import pace
from bot.domain.api_keys import Caller
from bot.domain.periods import day_of
from bot.services import people
from bot.services.people import Standing
from bot.storage.database import Database


def routes(reader: Reader, route: type[APIRoute]) -> APIRouter:
    """The route."""
    router = APIRouter(tags=["reading"], route_class=route)

    @router.get(
        "/v1/balances/{user}",
        summary="What a person has",
        response_class=Response,
        responses=descriptions.BALANCE,
        openapi_extra=descriptions.NEEDS_KEY,
    )
    async def balance(
        request: Request,
        user: Annotated[str, Path(description="A Slack user id, or an e-mail address.")],
    ) -> Response:
        """Balance, held and available of a member, with all that is due by now counted.

        A key that is bound to a person sees what that person would in Slack.
        """

        def look(database: Database, caller: Caller, now: datetime) -> Mapping[str, Any]:
            found = (
                people.standing(
                    database, caller.workspace_id, viewer=caller.user_id, name=user, now=now
                )
                if queries.is_plain(user)
                else None
            )
            if found is None:
                raise PersonUnknown
            return _told(found, now)

        told = await reader.read(request, look)
        return Response(to_json(told), media_type="application/json")

    return router


def _told(found: Standing, now: datetime) -> Mapping[str, Any]:
    balance, funds = found.balance, found.funds
    today = day_of(now, funds.zone)
    until = pace.lasts_until(balance.available, funds.pace, today)
    used = balance.use.tokens if balance.use else 0
    return {
        "user": balance.subject.user_id,
        "balance": balance.balance,
        "held": balance.held,
        "available": balance.available,
        "expiring": [
            {"at": part.expires_at.isoformat(), "tokens": part.tokens} for part in balance.expiring
        ],
        "next": balance.coming
        and {"on": balance.coming.on.isoformat(), "tokens": balance.coming.tokens},
        "period": {"since": funds.span.start.isoformat(), "used": used},
        "per_day": funds.pace and funds.pace.per_day,
        "lasts_until": until and until.isoformat(),
    }

"""`/v1/holds` and `/v1/authorize`: tokens held before a call, charged or freed after it."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.routing import APIRoute
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from bot.adapters import holds as reading
from bot.api import hold_acts, hold_schemas
from bot.api.descriptions import NEEDS_KEY
from bot.api.hold_acts import Used
from bot.api.holding import Desk, body_of
from bot.api.refusals import NotReadable
from bot.domain.api_keys import Caller
from bot.services import authorizing, holds
from bot.services.authorizing import Answered, Asked
from bot.storage.database import Database

HoldId = Annotated[str, Path(description="The id that the hold was made with.")]


def routes(desk: Desk, route: type[APIRoute]) -> APIRouter:
    """All routes of holds."""
    router = APIRouter(tags=["holds"], route_class=route)
    for add in (_hold, _authorize, _settle, _settle_many, _void, _extend, _get):
        add(router, desk)
    return router


def _hold(router: APIRouter, desk: Desk) -> None:
    holding = desk.together(partial(hold_acts.hold, desk))

    @router.post(
        "/v1/holds",
        summary="Hold tokens before a call",
        status_code=201,
        response_class=Response,
        responses=hold_schemas.HELD,
        openapi_extra=hold_schemas.HOLD_BODY,
    )
    async def hold(request: Request) -> Response:
        """Hold what a call is likely to cost, once for its `idempotency_key`.

        402 tells which limit it does not fit into, and where that stands.
        """
        body = await desk.counted(request, await body_of(request))
        intents = hold_acts.intents_of(body, request.headers.get("idempotency-key"))
        found = await desk.answer(request, holding, intents, size=len(intents))
        if hold_acts.listed(body, "holds") is None:
            return _told(hold_acts.only(found), 201)
        return _json({"results": hold_acts.results(found)}, 200)


def _authorize(router: APIRouter, desk: Desk) -> None:
    def may(database: Database, caller: Caller, intent: Any) -> Answered:
        asked = Asked(caller, intent)
        return authorizing.may(database, asked, desk.sizes, desk.news, now=desk.clock())

    asking = desk.alone(may)

    @router.post(
        "/v1/authorize",
        summary="Ask whether a call may be made",
        response_class=Response,
        responses=hold_schemas.AUTHORIZED,
        openapi_extra=hold_schemas.ASK_BODY,
    )
    async def authorize(request: Request) -> Response:
        """As a hold would be answered, while nothing is held: two who ask at once both hear yes."""
        body = await desk.counted(request, await body_of(request))
        found = await desk.answer(request, asking, reading.intent_of(body))
        said: dict[str, Any] = {
            "allowed": True,
            "needed": found.hold.tokens,
            "available": found.available,
        }
        return _json(said | hold_acts.warning(found), 200)


def _settle(router: APIRouter, desk: Desk) -> None:
    settling = desk.together(partial(hold_acts.settle, desk))

    @router.post(
        "/v1/holds/{hold_id}/settle",
        summary="Charge what the call used",
        response_class=Response,
        responses=hold_schemas.SETTLED,
        openapi_extra=hold_schemas.SETTLE_BODY,
    )
    async def settle(request: Request, hold_id: HoldId) -> Response:
        """Charge a usage event to the hold's account, whole and once, and free what is left of it.

        After its end a hold is settled all the same, and the answer says that it was late.
        """
        used = [Used(hold_id, await body_of(request))]
        return _told(hold_acts.only(await desk.answer(request, settling, used)), 200)


def _settle_many(router: APIRouter, desk: Desk) -> None:
    settling = desk.together(partial(hold_acts.settle, desk))

    @router.post(
        "/v1/settlements",
        summary="Settle many holds",
        response_class=Response,
        responses=hold_schemas.RESULTS,
        openapi_extra=hold_schemas.SETTLEMENTS_BODY,
    )
    async def settle_many(request: Request) -> Response:
        """Each as if it came alone, with its hold's id as `hold`; one refused stops no other."""
        many = hold_acts.listed(await body_of(request), "settlements")
        if many is None:
            raise NotReadable("settlements is missing: a JSON array.")
        used = [
            Used(str(one.get("hold", "")) if isinstance(one, dict) else "", one) for one in many
        ]
        found = await desk.answer(request, settling, used, size=len(used))
        return _json({"results": hold_acts.results(found)}, 200)


def _void(router: APIRouter, desk: Desk) -> None:
    def voided(database: Database, caller: Caller, hold_id: Any) -> Answered:
        kept, now = _kept(database, caller, hold_id), desk.clock()
        return authorizing.answered(holds.void(database, caller.workspace_id, kept, now=now))

    voiding = desk.alone(voided)

    @router.post(
        "/v1/holds/{hold_id}/void",
        summary="Free a hold whose call was not made",
        response_class=Response,
        responses=hold_schemas.VOIDED,
        openapi_extra=NEEDS_KEY,
    )
    async def void(request: Request, hold_id: HoldId) -> Response:
        """Nothing is charged. One that has ended by itself stays as it is."""
        return _told(await desk.answer(request, voiding, hold_id), 200)


def _extend(router: APIRouter, desk: Desk) -> None:
    def extended(database: Database, caller: Caller, said: Any) -> Answered:
        hold_id, wanted = said
        kept, now = _kept(database, caller, hold_id), desk.clock()
        return authorizing.answered(
            holds.extend(database, caller.workspace_id, kept, wanted, now=now)
        )

    extending = desk.alone(extended)

    @router.post(
        "/v1/holds/{hold_id}/extend",
        summary="Have a hold stand longer",
        response_class=Response,
        responses=hold_schemas.SETTLED,
        openapi_extra=hold_schemas.EXTEND_BODY,
    )
    async def extend(request: Request, hold_id: HoldId) -> Response:
        """So many seconds from now; all extensions of a hold come to a day at most."""
        said = (hold_id, reading.longer_of(await body_of(request)))
        return _told(await desk.answer(request, extending, said), 200)


def _get(router: APIRouter, desk: Desk) -> None:
    def seen(database: Database, caller: Caller, hold_id: Any) -> Answered:
        kept = _kept(database, caller, hold_id)
        return authorizing.answered(holds.get(database, caller.workspace_id, kept, desk.clock()))

    looking = desk.alone(seen)

    @router.get(
        "/v1/holds/{hold_id}",
        summary="A hold as it stands",
        response_class=Response,
        responses=hold_schemas.VOIDED,
        openapi_extra=NEEDS_KEY,
    )
    async def get(request: Request, hold_id: HoldId) -> Response:
        """Its state, and what its account has available besides."""
        return _told(await desk.answer(request, looking, hold_id), 200)


def _kept(database: Database, caller: Caller, hold_id: str) -> str:
    """The hold's id, if it is one that the caller may see. Raises `HoldUnknown`."""
    (found,) = authorizing.found(database, caller.workspace_id, [(caller, hold_id)])
    if isinstance(found, Exception):
        raise found
    return found.hold.hold_id


def _told(found: Answered, status: int) -> Response:
    return _json(hold_acts.told(found), status)


def _json(said: Mapping[str, Any], status: int) -> Response:
    return Response(to_json(said), status, media_type="application/json")

"""`/v1/holds` and `/v1/authorize`: tokens held before a call, charged or freed after it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.routing import APIRoute
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from bot.adapters import holds as reading
from bot.api import hold_acts, hold_schemas
from bot.api.descriptions import NEEDS_KEY
from bot.api.holding import Desk
from bot.api.refusals import NotReadable
from bot.domain.api_keys import Caller
from bot.services import authorizing, holds
from bot.services.authorizing import Answered
from bot.storage.database import Database

HoldId = Annotated[str, Path(description="The id that the hold was made with.")]


def routes(desk: Desk, route: type[APIRoute]) -> APIRouter:
    """All routes of holds."""
    router = APIRouter(tags=["holds"], route_class=route)
    _holding(router, desk)
    _settling(router, desk)
    _ending(router, desk)
    return router


def _holding(router: APIRouter, desk: Desk) -> None:
    """The routes that come before a call."""

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
        key = request.headers.get("idempotency-key")

        def made(database: Database, caller: Caller, body: Any) -> Response:
            many = hold_acts.listed(body, "holds")
            if many is not None:
                return _results(
                    hold_acts.each(many, lambda one: hold_acts.hold(desk, database, caller, one))
                )
            return _told(hold_acts.hold(desk, database, caller, body, key), 201)

        return await desk.answer(request, made)

    @router.post(
        "/v1/authorize",
        summary="Ask whether a call may be made",
        response_class=Response,
        responses=hold_schemas.AUTHORIZED,
        openapi_extra=hold_schemas.ASK_BODY,
    )
    async def authorize(request: Request) -> Response:
        """As a hold would be answered, while nothing is held: two who ask at once both hear yes."""

        def asked(database: Database, caller: Caller, body: Any) -> Answered:
            intent = reading.intent_of(body)
            return authorizing.may(database, caller, intent, desk.sizes, now=desk.clock())

        found = await desk.answer(request, asked)
        said: dict[str, Any] = {
            "allowed": True,
            "needed": found.hold.tokens,
            "available": found.available,
        }
        return _json(said | hold_acts.warning(found), 200)


def _settling(router: APIRouter, desk: Desk) -> None:
    """The routes that take usage."""

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

        def settled(database: Database, caller: Caller, body: Any) -> Answered:
            return hold_acts.settle(desk, database, caller, hold_id, body)

        return _told(await desk.answer(request, settled), 200)

    @router.post(
        "/v1/settlements",
        summary="Settle many holds",
        response_class=Response,
        responses=hold_schemas.RESULTS,
        openapi_extra=hold_schemas.SETTLEMENTS_BODY,
    )
    async def settle_many(request: Request) -> Response:
        """Each as if it came alone, with its hold's id as `hold`; one refused stops no other."""

        def settled(database: Database, caller: Caller, body: Any) -> Response:
            many = hold_acts.listed(body, "settlements")
            if many is None:
                raise NotReadable("settlements is missing: a JSON array.")

            def settle_one(one: object) -> Answered:
                hold_id = str(one.get("hold", "")) if isinstance(one, dict) else ""
                return hold_acts.settle(desk, database, caller, hold_id, one)

            return _results(hold_acts.each(many, settle_one))

        return await desk.answer(request, settled)


def _ending(router: APIRouter, desk: Desk) -> None:
    """The routes that take no usage."""

    @router.post(
        "/v1/holds/{hold_id}/void",
        summary="Free a hold whose call was not made",
        response_class=Response,
        responses=hold_schemas.VOIDED,
        openapi_extra=NEEDS_KEY,
    )
    async def void(request: Request, hold_id: HoldId) -> Response:
        """Nothing is charged. One that has ended by itself stays as it is."""

        def voided(database: Database, caller: Caller, _body: Any) -> Answered:
            authorizing.found(database, caller, hold_id)
            now = desk.clock()
            return authorizing.answered(holds.void(database, caller.workspace_id, hold_id, now=now))

        return _told(await desk.answer(request, voided, has_body=False), 200)

    @router.post(
        "/v1/holds/{hold_id}/extend",
        summary="Have a hold stand longer",
        response_class=Response,
        responses=hold_schemas.SETTLED,
        openapi_extra=hold_schemas.EXTEND_BODY,
    )
    async def extend(request: Request, hold_id: HoldId) -> Response:
        """So many seconds from now; all extensions of a hold come to a day at most."""

        def extended(database: Database, caller: Caller, body: Any) -> Answered:
            authorizing.found(database, caller, hold_id)
            wanted, now = reading.longer_of(body), desk.clock()
            return authorizing.answered(
                holds.extend(database, caller.workspace_id, hold_id, wanted, now=now)
            )

        return _told(await desk.answer(request, extended), 200)

    @router.get(
        "/v1/holds/{hold_id}",
        summary="A hold as it stands",
        response_class=Response,
        responses=hold_schemas.VOIDED,
        openapi_extra=NEEDS_KEY,
    )
    async def get(request: Request, hold_id: HoldId) -> Response:
        """Its state, and what its account has available besides."""

        def seen(database: Database, caller: Caller, _body: Any) -> Answered:
            authorizing.found(database, caller, hold_id)
            now = desk.clock()
            return authorizing.answered(holds.get(database, caller.workspace_id, hold_id, now))

        return _told(await desk.answer(request, seen, has_body=False), 200)


def _told(found: Answered, status: int) -> Response:
    return _json(hold_acts.told(found), status)


def _results(results: Sequence[Mapping[str, Any]]) -> Response:
    return _json({"results": results}, 200)


def _json(said: Mapping[str, Any], status: int) -> Response:
    return Response(to_json(said), status, media_type="application/json")

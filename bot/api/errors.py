"""Every refusal and fault of the HTTP API as a problem (RFC 9457), with what to do next."""

import secrets
from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import assert_never, get_args

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.api import hold_problems, problems
from bot.api.hold_problems import AnyHoldRefusal
from bot.api.problems import Problem
from bot.api.refusals import (
    AnyHttpRefusal,
    BodyTooLarge,
    EncodingRefused,
    MediaTypeRefused,
    MethodRefused,
    NotFound,
    NotReadable,
    PersonUnknown,
    QueryRefused,
    TooBusy,
    TooManyEvents,
    TooSlow,
)
from bot.domain.api_keys import KeyMissing, KeyRevoked, KeyUnknown, ScopeMissing
from bot.domain.refusals import MemberUnknown, NotAllowed
from bot.storage.database import DatabaseBusy, DatabaseFault

_log = structlog.get_logger()

#: When a sender should try again: a busy database is free in a moment, a broken one is not.
BUSY_SECONDS = 1
FAULT_SECONDS = 10

_REFUSALS: tuple[type[AnyHttpRefusal], ...] = get_args(AnyHttpRefusal)
_OF_HOLDS: tuple[type[AnyHoldRefusal], ...] = get_args(AnyHoldRefusal)
_BEARER = MappingProxyType({"WWW-Authenticate": "Bearer"})


def problem_for_any(refusal: AnyHttpRefusal | AnyHoldRefusal) -> Problem:
    """The problem that tells of a refusal, whatever it is about."""
    if isinstance(refusal, AnyHoldRefusal):
        return hold_problems.problem_for(refusal)
    return problem_for(refusal)


def problem_for(refusal: AnyHttpRefusal) -> Problem:
    """The problem that tells of a refusal."""
    match refusal:
        case KeyMissing() | KeyUnknown() | KeyRevoked() | ScopeMissing():
            return _of_key(refusal)
        case BodyTooLarge() | TooManyEvents():
            return _of_size(refusal)
        case MediaTypeRefused() | EncodingRefused() | NotReadable():
            return _of_form(refusal)
        case TooSlow() | TooBusy():
            return _of_time(refusal)
        case QueryRefused() | PersonUnknown() | NotAllowed() | MemberUnknown():
            return _of_question(refusal)
        case NotFound() | MethodRefused():
            return _of_place(refusal)
        case _:
            assert_never(refusal)


def _of_time(refusal: TooSlow | TooBusy) -> Problem:
    match refusal:
        case TooSlow():
            detail = f"A body comes within {refusal.seconds} s; nothing was kept."
            return Problem(408, "too-slow", "The body didn't come", detail)
        case TooBusy():
            return Problem(
                503,
                "busy",
                "Too many requests at once",
                "Send the same again in a moment: nothing was kept.",
                {"Retry-After": str(BUSY_SECONDS)},
            )
        case _:
            assert_never(refusal)


def _of_question(refusal: QueryRefused | PersonUnknown | NotAllowed | MemberUnknown) -> Problem:
    match refusal:
        case QueryRefused():
            detail = f"{refusal.name} {refusal.why}"
            return Problem(400, "query", "A parameter can't be read", detail)
        # Whether there is somebody whom the key may not see, it doesn't learn either.
        case PersonUnknown() | NotAllowed() | MemberUnknown():
            return Problem(
                404,
                "person-unknown",
                "Nobody like that here",
                "No member whom this key may see has this Slack id or e-mail.",
            )
        case _:
            assert_never(refusal)


def _of_place(refusal: NotFound | MethodRefused) -> Problem:
    match refusal:
        case NotFound():
            return Problem(404, "not-found", "No such route", "GET /docs lists the routes.")
        case MethodRefused():
            return Problem(
                405,
                "method",
                "The route has other methods",
                f"It takes {refusal.allowed}.",
                {"Allow": refusal.allowed},
            )
        case _:
            assert_never(refusal)


def _of_key(refusal: KeyMissing | KeyUnknown | KeyRevoked | ScopeMissing) -> Problem:
    match refusal:
        case ScopeMissing():
            return Problem(
                403,
                "scope-missing",
                "This key may not do that",
                f"The key {refusal.name} lacks the scope {refusal.scope}. Make one that has it: "
                f"tokenbot api-key create NAME --scope {refusal.scope}",
            )
        case KeyMissing(is_malformed=False):
            detail = (
                "Send the header Authorization: Bearer tbk_…; tokenbot api-key create makes one."
            )
        case KeyMissing():
            detail = (
                "The Authorization header holds no key of ours: it is Bearer, a space, and the "
                "whole text that tokenbot api-key create printed, which begins with tbk_."
            )
        case KeyUnknown():
            detail = "No such key. Was it copied whole, and for this tokenbot?"
        case KeyRevoked():
            detail = f"The key {refusal.key_id} was revoked. Ask an admin for another."
        case _:
            assert_never(refusal)
    return Problem(401, "key", "An API key is needed", detail, _BEARER)


def _of_size(refusal: BodyTooLarge | TooManyEvents) -> Problem:
    match refusal:
        case BodyTooLarge():
            unpacked = " once unpacked" if refusal.is_unpacked else ""
            detail = f"A body has at most {refusal.bytes_max:,} bytes{unpacked}; send less at once."
        case TooManyEvents():
            detail = (
                f"There are {refusal.count:,} events; send at most {refusal.events_max:,} at once. "
                "Nothing was kept."
            )
        case _:
            assert_never(refusal)
    return Problem(413, "too-large", "Too much at once", detail)


def _of_form(refusal: MediaTypeRefused | EncodingRefused | NotReadable) -> Problem:
    match refusal:
        case MediaTypeRefused():
            given = f"{refusal.given} is not read here" if refusal.given else "There is none"
            return Problem(
                415,
                "media-type",
                "Another Content-Type is needed",
                f"{given}; send {', '.join(refusal.taken)} (in UTF-8).",
                {"Accept": ", ".join(refusal.taken)},
            )
        case EncodingRefused():
            return Problem(
                415,
                "encoding",
                "Another Content-Encoding is needed",
                f"{refusal.given} is not read; send gzip, or the body as it is.",
                {"Accept-Encoding": "gzip, identity"},
            )
        case NotReadable():
            return Problem(
                400, "not-readable", "The body can't be read", f"{refusal.why} Nothing was kept."
            )
        case _:
            assert_never(refusal)


async def answered(request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
    """The handler's answer, or the problem that kept it from answering."""
    reference = secrets.token_hex(4)
    try:
        return await handle(request)
    except ClientDisconnect:  # nobody hears it; what was cut off is not kept
        return Response(status_code=400)
    except (*_REFUSALS, *_OF_HOLDS) as refusal:
        return problems.answer(problem_for_any(refusal))
    except DatabaseBusy:
        _log.warning("request_found_database_busy", path=request.url.path, reference=reference)
        return problems.answer(_BUSY, reference)
    except DatabaseFault as fault:
        _log.error(
            "request_failed_on_database",
            path=request.url.path,
            reason=fault.reason,
            reference=reference,
        )
        return problems.answer(_FAULT, reference)
    except Exception:  # noqa: BLE001 - what nobody foresaw: its one place in the API
        _log.exception("request_failed", path=request.url.path, reference=reference)
        return problems.answer(_BROKEN, reference)


_AGAIN = "Send the same again: what was kept already counts once."
_BUSY = Problem(
    503,
    "busy",
    "The database is busy",
    f"{_AGAIN} It is free in a moment.",
    MappingProxyType({"Retry-After": str(BUSY_SECONDS)}),
)
_FAULT = Problem(
    503,
    "database",
    "The database can't be used",
    f"{_AGAIN} If it stays so, tell whoever looks after tokenbot the reference.",
    MappingProxyType({"Retry-After": str(FAULT_SECONDS)}),
)
_BROKEN = Problem(
    500,
    "broken",
    "Something broke on our side",
    f"{_AGAIN} If it stays so, tell whoever looks after tokenbot the reference.",
)

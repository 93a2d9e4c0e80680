"""A vendor's HTTP API: bounded answers, and what goes wrong in words that name no secret."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from bot.domain.pulls import ProviderAway, ProviderRefused
from bot.domain.usage_events import USER_MAX

#: Of one answer, and of all pages of one question.
ANSWER_BYTES_MAX = 32 * 1024 * 1024
PAGES_MAX = 200
USERS_PER_PAGE = 100
#: Connecting, and each wait for more of an answer.
CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
#: A whole answer, so that one that comes byte by byte ends too.
ANSWER_TIME = timedelta(minutes=2)

_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})

Parameters = Sequence[tuple[str, str]]
Answer = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where a vendor is reached, and how."""

    #: What people call it, and the settings that an admin can change.
    vendor: str
    key_setting: str
    url_setting: str
    url: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        """Without the headers, which carry the key."""
        return f"Access({self.vendor}, {self.url_setting})"


class Vendor:
    """Asks one vendor. Redirects are not followed: the key goes where it was meant to."""

    def __init__(
        self,
        access: Access,
        clock: Callable[[], datetime],
        *,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._access = access
        self._clock = clock
        self._client = httpx.Client(
            headers={"user-agent": "tokenbot", "accept": "application/json", **access.headers},
            timeout=httpx.Timeout(read_seconds, connect=min(CONNECT_SECONDS, read_seconds)),
        )

    def close(self) -> None:
        self._client.close()

    def pages(self, path: str, parameters: Parameters) -> Iterator[Answer]:
        """All pages, by `next_page`. Raises `ProviderAway` where they don't end."""
        seen: set[str] = set()
        page: str | None = None
        while page is None or page not in seen:
            if len(seen) == PAGES_MAX:
                raise ProviderAway(f"{self._access.vendor} gave more than {PAGES_MAX} pages")
            asked = [*parameters] if page is None else [*parameters, ("page", page)]
            answer = self.ask(path, asked)
            yield answer
            seen.add(page or "")
            following = answer.get("next_page")
            if not answer.get("has_more") or not isinstance(following, str) or not following:
                return
            page = following
        raise ProviderAway(f"{self._access.vendor} gave a page that leads to itself")

    def emails(self, path: str, *, cursor: str) -> dict[str, str]:
        """The e-mail behind each id in the organisation's list of users, read whole."""
        found: dict[str, str] = {}
        asked = [("limit", str(USERS_PER_PAGE))]
        for _ in range(PAGES_MAX):
            page = self.ask(path, asked)
            found.update(_emails(page))
            last = page.get("last_id")
            if not page.get("has_more") or not isinstance(last, str):
                return found
            asked = [("limit", str(USERS_PER_PAGE)), (cursor, last)]
        raise ProviderAway(f"{self._access.vendor} listed more than {PAGES_MAX} pages of users")

    def ask(self, path: str, parameters: Parameters) -> Answer:
        """One answer, a JSON object. Raises `ProviderAway` and `ProviderRefused`."""
        try:
            with self._client.stream("GET", self._url(path), params=[*parameters]) as response:
                self._check(response, path)
                body = self._read(response)
        except httpx.TimeoutException:
            raise ProviderAway(f"{self._access.vendor} did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderAway(
                f"{self._access.vendor} can't be reached ({type(error).__name__}); "
                f"is there a way from here to {self._access.url_setting}?"
            ) from None
        return self._parsed(body, path)

    def _url(self, path: str) -> str:
        return self._access.url.rstrip("/") + path

    def _check(self, response: httpx.Response, path: str) -> None:
        status, vendor = response.status_code, self._access.vendor
        if status == HTTPStatus.OK:
            return
        if status == HTTPStatus.UNAUTHORIZED:
            raise ProviderRefused(
                f"{vendor} does not know the key in {self._access.key_setting}; "
                "make a new admin key, set it, and restart"
            )
        if status == HTTPStatus.FORBIDDEN:
            raise ProviderRefused(
                f"the key in {self._access.key_setting} may not read {path}; "
                f"{vendor} wants an admin key of the organisation"
            )
        if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            wait = _wait(response.headers.get("retry-after", ""), self._clock())
            raise ProviderAway(f"{vendor} answered {status} to {path}", wait)
        raise ProviderRefused(
            f"{vendor} answered {status} to {path}; is {self._access.url_setting} right?"
        )

    def _read(self, response: httpx.Response) -> bytes:
        until = self._clock() + ANSWER_TIME
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > ANSWER_BYTES_MAX:
                raise ProviderAway(
                    f"{self._access.vendor} answered more than {ANSWER_BYTES_MAX:,} bytes at once"
                )
            if self._clock() > until:
                raise ProviderAway(f"{self._access.vendor} did not finish its answer in time")
        return bytes(body)

    def _parsed(self, body: bytes, path: str) -> Answer:
        try:
            answer = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
        except (ValueError, ArithmeticError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise ProviderAway(
                f"{self._access.vendor} answered {path} with something that is no report"
            )
        return answer


def _emails(page: Answer) -> Iterator[tuple[str, str]]:
    users = page.get("data")
    for user in users if isinstance(users, list) else ():
        name, email = (user.get("id"), user.get("email")) if isinstance(user, dict) else ("", "")
        if isinstance(name, str) and isinstance(email, str) and _is_address(email):
            yield name, email


def _is_address(email: str) -> bool:
    return "@" in email and len(email) <= USER_MAX and email.isprintable()


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no number")


def _wait(retry_after: str, now: datetime) -> timedelta | None:
    """What `Retry-After` says, in seconds or as a date."""
    if retry_after.isascii() and retry_after.isdigit():
        return timedelta(seconds=min(int(retry_after[:9]), 10**8))
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC) - now

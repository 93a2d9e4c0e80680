"""Bodies of requests, read and unpacked within bounds."""

import asyncio
import zlib

from starlette.requests import Request

from bot.api.refusals import (
    BodyTooLarge,
    EncodingRefused,
    MediaTypeRefused,
    NotReadable,
    TooSlow,
)

#: Of a body, as it comes and once it is unpacked: ten thousand events fit several times.
BYTES_MAX = 10 * 2**20
#: How long a body may take to come; a stalled sender must not keep others out.
BODY_SECONDS = 60
#: Parts of a gzip stream: whoever compresses in blocks makes a few hundred of ten megabytes.
MEMBERS_MAX = 1_000

_GZIP = 31  # zlib's word for a gzip header and the largest window
#: Packed bytes given to zlib at a time; it copies what is left over after each member.
_WINDOW = 65_536


def check_size(request: Request) -> None:
    """Raises `BodyTooLarge` where the sender says so beforehand."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > BYTES_MAX:
        raise BodyTooLarge(BYTES_MAX)


def media_type(request: Request, taken: tuple[str, ...]) -> str:
    """The request's media type, in lower case. Raises `MediaTypeRefused`."""
    given = request.headers.get("content-type", "")
    kind, _, parameters = given.lower().partition(";")
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in {"utf-8", "utf8"}:
            raise MediaTypeRefused(_plain(given), taken)
    if kind.strip() not in taken:
        raise MediaTypeRefused(_plain(kind.strip()), taken)
    return kind.strip()


def is_packed(request: Request) -> bool:
    """Whether the body is gzip. Raises `EncodingRefused` for any other encoding."""
    given = request.headers.get("content-encoding", "").strip().lower()
    if given in {"", "identity"}:
        return False
    if given not in {"gzip", "x-gzip"}:
        raise EncodingRefused(_plain(given))
    return True


async def received(request: Request) -> bytes:
    """The whole body. Raises `BodyTooLarge`, `TooSlow`, and `ClientDisconnect` if it is cut off."""
    chunks, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > BYTES_MAX:
                    raise BodyTooLarge(BYTES_MAX)
                chunks.append(chunk)
    except TimeoutError:
        raise TooSlow(BODY_SECONDS) from None
    return b"".join(chunks)


def unpacked(packed: bytes) -> bytes:
    """What a gzip stream of one or several members holds. Raises `BodyTooLarge`, `NotReadable`."""
    view, pieces, at = memoryview(packed), list[bytes](), 0
    for _ in range(MEMBERS_MAX):
        at = _member(view, at, pieces)
        if at == len(view):
            return b"".join(pieces)
    raise NotReadable(f"The gzip stream has more than {MEMBERS_MAX:,} members.")


def _member(view: memoryview, at: int, pieces: list[bytes]) -> int:
    """Unpack the member that begins there; where it ends."""
    member = zlib.decompressobj(_GZIP)
    size = sum(map(len, pieces))
    while not member.eof:
        window = view[at : at + _WINDOW]
        if not window:
            raise NotReadable("The gzip stream ends too early.")
        try:
            piece = member.decompress(window, BYTES_MAX - size + 1)
        except zlib.error:
            raise NotReadable(f"The body is no gzip stream from byte {at:,} on.") from None
        size += len(piece)
        if size > BYTES_MAX:
            raise BodyTooLarge(BYTES_MAX, is_unpacked=True)
        pieces.append(piece)
        at += len(window) - len(member.unused_data) - len(member.unconsumed_tail)
    return at


def _plain(header: str) -> str:
    """A header's text as an answer may quote it."""
    return "".join(c for c in header[:80] if c.isprintable())

"""How messages stand below each other: days, a line above what is new, and who goes on talking."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bot.playground.places import Message

#: Whoever writes again this soon needs no second line with their name.
GOES_ON_SECONDS = 5 * 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One message in the log, and what stands above it."""

    message: Message
    #: The day in words where another begins.
    day: str
    is_first_new: bool
    #: Whether it goes on from the message above, so that its author is known already.
    goes_on: bool


def entries(
    messages: Iterable[Message], *, new_from: str, day_of: Callable[[str], str]
) -> Iterator[Entry]:
    """The messages as the log has them; `new_from` is the ts of the first that is new."""
    above, day = None, ""
    for message in messages:
        today = day_of(message.ts)
        is_first_new = message.ts == new_from
        goes_on = above is not None and day == today and not is_first_new
        yield Entry(
            message,
            "" if today == day else today,
            is_first_new,
            goes_on and above is not None and _goes_on(above, message),
        )
        above, day = message, today


def first_new(messages: Iterable[Message], *, read_until: str | None, viewer_id: str) -> str:
    """The ts of the first message of others since somebody looked; empty when they never did."""
    if read_until is None:
        return ""
    fresh = (one.ts for one in messages if one.ts > read_until and one.author_id != viewer_id)
    return next(fresh, "")


def _goes_on(above: Message, message: Message) -> bool:
    is_soon = message.order[0] - above.order[0] < GOES_ON_SECONDS
    is_open = above.only_for is None and message.only_for is None
    return above.author_id == message.author_id and is_soon and is_open

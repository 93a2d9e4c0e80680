"""Ephemeral messages: what one person alone sees, found by person and channel."""

from collections.abc import Iterator, Sequence

from bot.playground.places import Message


class Whispers:
    """All ephemeral messages of a workspace, oldest first."""

    def __init__(self) -> None:
        self._by_place: dict[tuple[str, str], list[Message]] = {}

    def append(self, message: Message) -> None:
        self._of(message).append(message)

    def remove(self, message: Message) -> None:
        self._of(message).remove(message)

    def of(self, user_id: str, channel_id: str) -> Sequence[Message]:
        """What this person alone sees in that channel, oldest first."""
        return self._by_place.get((user_id, channel_id), ())

    def forget(self, channel_id: str) -> None:
        """Nothing of that channel is left."""
        for place in [one for one in self._by_place if one[1] == channel_id]:
            del self._by_place[place]

    def __iter__(self) -> Iterator[Message]:
        everything = [one for some in self._by_place.values() for one in some]
        return iter(sorted(everything, key=lambda one: one.order))

    def _of(self, message: Message) -> list[Message]:
        return self._by_place.setdefault((str(message.only_for), message.channel_id), [])

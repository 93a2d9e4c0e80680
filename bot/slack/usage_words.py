"""What the words after `/tokens usage` mean: whose use, in which days, and what used most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.domain import usage_views
from bot.domain.usage_views import STRETCH_WORDS_MAX, Stretch
from bot.slack.payloads import as_typed, mention

_MOST = frozenset({"most", "top"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to read them: `name` is what is left of the words, for a person or a team."""

    name: tuple[str, ...]
    chosen: Stretch | None = None
    is_most: bool = False

    @property
    def typed(self) -> str:
        return " ".join(map(as_typed, self.name))

    @property
    def is_plain(self) -> bool:
        """Whether nothing is left, or a person alone."""
        return not self.name or (len(self.name) == 1 and mention(self.name[0]) is not None)


def readings(words: Sequence[str]) -> list[Reading]:
    """Every way to read them, from the longest name to the shortest.

    The period and *most* stand at the end, in either order: `usage search most last week`.
    """
    found = [Reading(name=tuple(words))]
    for reading in found:  # it grows while it is read
        found += _shorter(reading)
    return sorted(found, key=lambda one: -len(one.name))


def _shorter(reading: Reading) -> Iterator[Reading]:
    typed = [as_typed(word) for word in reading.name]
    if typed and not reading.is_most and typed[-1].lower() in _MOST:
        yield replace(reading, name=reading.name[:-1], is_most=True)
    if reading.chosen is not None:
        return
    for count in range(1, min(STRETCH_WORDS_MAX, len(typed)) + 1):
        chosen = usage_views.stretch(" ".join(typed[-count:]))
        if chosen is not None:
            yield replace(reading, name=reading.name[:-count], chosen=chosen)

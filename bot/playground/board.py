"""What happened underneath, the last few hundred lines of it, and what came of what."""

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from bot.playground.people import Json
from bot.playground.veil import Veil

#: So many lines are kept; the oldest go first.
KEPT_MAX = 500
#: What the bot does by itself is told together, for so long.
_OWN_SPAN = timedelta(seconds=10)

Kind = Literal["act", "answer", "call", "entry", "notice", "time", "usage", "own"]
Mood = Literal["plain", "good", "waiting", "bad"]


@dataclass(slots=True, kw_only=True)
class Line:
    """One thing that happened."""

    number: int
    #: The number of what it came of; its own where it stands at the head.
    cause: int
    kind: Kind
    #: What exactly, in a word for scripts: an entry's or a notice's kind, a method.
    name: str
    title: str
    at: datetime
    note: str = ""
    mood: Mood = "plain"
    #: The id of whose act it is, or for whom.
    who: str = ""
    detail: Json = field(default_factory=dict)
    #: Grows with each change on the board.
    version: int = 0


@dataclass(slots=True)
class _Cause:
    """Something with consequences, from its begin to its end."""

    number: int
    began: datetime
    ended: datetime | None = None
    #: By what its consequences are known: trigger ids, views, response URLs.
    marks: frozenset[str] = frozenset()
    is_own: bool = False

    def spans(self, moment: datetime) -> bool:
        return self.began <= moment and (self.ended is None or moment <= self.ended)


class Board:
    """The lines, under one lock. What is a secret does not come on it."""

    def __init__(self, clock: Callable[[], datetime], veil: Veil) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._veil = veil
        self._numbers = itertools.count(1)
        self._lines: OrderedDict[int, Line] = OrderedDict()
        self._causes: dict[int, _Cause] = {}
        self.version = 0

    def wipe(self) -> None:
        """Forget all lines; numbers and versions go on."""
        with self.lock:
            self._lines.clear()
            self._causes.clear()
            self.version += 1

    # Writing.

    def begin(
        self,
        kind: Kind,
        name: str,
        title: str,
        *,
        who: str = "",
        detail: Json | None = None,
        marks: frozenset[str] = frozenset(),
    ) -> int:
        """Something with consequences begins; its number."""
        with self.lock:
            now = self._clock()
            number = self.add(kind, name, title, at=now, who=who, detail=detail)
            self._causes[number] = _Cause(number, now, marks=marks)
            return number

    def end(self, number: int) -> datetime | None:
        """What happens from now on did not come of it; when that was, if it is still known."""
        with self.lock:
            cause = self._causes.get(number)
            if cause is not None:
                cause.ended = self._clock()
            return cause.ended if cause else None

    def add(
        self,
        kind: Kind,
        name: str,
        title: str,
        *,
        at: datetime,
        cause: int = 0,
        note: str = "",
        mood: Mood = "plain",
        who: str = "",
        detail: Json | None = None,
    ) -> int:
        """A line; without a cause it heads what comes of it."""
        with self.lock:
            number = next(self._numbers)
            self._lines[number] = Line(
                number=number,
                cause=cause or number,
                kind=kind,
                name=name,
                title=self._veil.text(title),
                at=at,
                who=who,
            )
            self.change(number, note=note, mood=mood, detail=detail)
            while len(self._lines) > KEPT_MAX:
                self._drop()
            return number

    def change(
        self, number: int, *, note: str = "", mood: Mood = "plain", detail: Json | None = None
    ) -> None:
        """What there is to say of it now."""
        with self.lock:
            line = self._lines.get(number)
            if line is None:
                return
            line.note, line.mood = self._veil.text(note), mood
            if detail is not None:
                line.detail = self._veil.over(detail)
            self.version += 1
            line.version = self.version

    # Reading.

    def after(self, version: int) -> list[Line]:
        """What is new or other since then, the oldest first."""
        with self.lock:
            return [one for one in self._lines.values() if one.version > version]

    def numbers(self) -> list[int]:
        """All that is kept."""
        with self.lock:
            return list(self._lines)

    def line(self, number: int) -> Line | None:
        """One of them."""
        with self.lock:
            return self._lines.get(number)

    # What came of what.

    def marked(self, text: str) -> int:
        """The last act that is named in this text, or 0."""
        for cause in reversed(self._causes.values()):
            if any(mark in text for mark in cause.marks):
                return cause.number
        return 0

    def spanning(self, moment: datetime, *, acts: bool = True) -> int:
        """The last thing that was going on then, or 0; without acts, what takes longer than one."""
        for cause in reversed(self._causes.values()):
            if not cause.is_own and cause.spans(moment) and (acts or not cause.marks):
                return cause.number
        return 0

    def own(self, moment: datetime) -> int:
        """What the bot did by itself about then."""
        for cause in reversed(self._causes.values()):
            if cause.is_own and abs(moment - cause.began) < _OWN_SPAN:
                return cause.number
        number = self.add("own", "own", "tokenbot, by itself", at=moment)
        self._causes[number] = _Cause(number, moment, is_own=True)
        return number

    def _drop(self) -> None:
        """The oldest goes; what heads others stays until they have gone."""
        heads = {one.cause for one in self._lines.values() if one.cause != one.number}
        number = next(number for number in self._lines if number not in heads)
        del self._lines[number]
        self._causes.pop(number, None)

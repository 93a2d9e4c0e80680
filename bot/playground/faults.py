"""How Slack fails on demand: rate limits, errors, silence and dropped connections."""

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ANY = "*"
PLAIN_KINDS = frozenset({"429", "500", "timeout", "drop"})
ERROR_PREFIX = "error:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to fail; `performed` says whether the call took effect all the same."""

    kind: str
    method: str = ANY
    performed: bool = False
    retry_after_seconds: int = 1

    def __post_init__(self) -> None:
        if self.kind not in PLAIN_KINDS and not self.kind.startswith(ERROR_PREFIX):
            raise ValueError(f"no fault is called {self.kind!r}")

    def hits(self, method: str) -> bool:
        return self.method in {ANY, method}


#: What people call blocks of these types.
BLOCK_WORDS: Mapping[str, str] = {"data_visualization": "charts", "table": "tables"}


@dataclass(slots=True)
class _Planned:
    fault: Fault
    left: int | None


@dataclass(slots=True)
class _Dice:
    rate: float
    kinds: Sequence[str]
    method: str
    random: random.Random


@dataclass(slots=True)
class Faults:
    """The failures that are to come. Method names are the Web API's, `response_url`, or `*`."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _planned: list[_Planned] = field(default_factory=list)
    _dice: _Dice | None = None
    #: Types of blocks that no message may hold.
    _refused_blocks: set[str] = field(default_factory=set)

    def fail_next(
        self,
        n: int,
        kind: str,
        method: str = ANY,
        *,
        performed: bool = False,
        retry_after_seconds: int = 1,
    ) -> None:
        """Fail the next n calls of that method."""
        if n < 1:
            raise ValueError(f"cannot fail the next {n} calls")
        self._plan(n, kind, method, performed=performed, retry_after_seconds=retry_after_seconds)

    def always(
        self,
        kind: str,
        method: str = ANY,
        *,
        performed: bool = False,
        retry_after_seconds: int = 1,
    ) -> None:
        """Fail every call of that method until `clear`."""
        self._plan(None, kind, method, performed=performed, retry_after_seconds=retry_after_seconds)

    def random(self, rate: float, seed: int, kinds: Sequence[str], method: str = ANY) -> None:
        """Fail that share of calls; `performed` is drawn too. The same seed gives the same luck."""
        generator = random.Random(seed)  # noqa: S311 (a test must be repeatable)
        with self._lock:
            self._dice = _Dice(rate, tuple(kinds), method, generator)

    def refuse_block(self, kind: str) -> None:
        """Refuse messages with a block of that type until `clear`."""
        with self._lock:
            self._refused_blocks.add(kind)

    def refuses_block(self, kind: str) -> bool:
        """Whether blocks of that type are refused."""
        with self._lock:
            return kind in self._refused_blocks

    def clear(self) -> None:
        """Slack works again."""
        with self._lock:
            self._planned.clear()
            self._dice = None
            self._refused_blocks.clear()

    def words(self) -> list[str]:
        """A sentence for each way in which Slack fails now."""
        with self._lock:
            found = [_sentence(one.fault, one.left) for one in self._planned]
            if self._dice is not None:
                found.append(f"Slack fails {self._dice.rate:.0%} of all calls, by chance.")
            refused = sorted(self._refused_blocks)
        blocks = [BLOCK_WORDS.get(kind, kind) for kind in refused]
        return found + [f"Slack refuses messages with {words}." for words in blocks]

    def take(self, method: str) -> Fault | None:
        """The failure this call meets, if any."""
        with self._lock:
            for planned in self._planned:
                if planned.fault.hits(method):
                    self._count_down(planned)
                    return planned.fault
            return self._throw(method)

    def _plan(
        self,
        times: int | None,
        kind: str,
        method: str,
        *,
        performed: bool,
        retry_after_seconds: int,
    ) -> None:
        fault = Fault(
            kind=kind,
            method=method,
            performed=performed,
            retry_after_seconds=retry_after_seconds,
        )
        with self._lock:
            self._planned.append(_Planned(fault, times))

    def _count_down(self, planned: _Planned) -> None:
        if planned.left is None:
            return
        planned.left -= 1
        if planned.left <= 0:
            self._planned.remove(planned)

    def _throw(self, method: str) -> Fault | None:
        dice = self._dice
        if dice is None or dice.method not in {ANY, method}:
            return None
        if dice.random.random() >= dice.rate:
            return None
        kind = dice.random.choice(dice.kinds)
        return Fault(kind=kind, performed=dice.random.random() < 0.5)  # noqa: PLR2004


def _sentence(fault: Fault, left: int | None) -> str:
    calls = (
        "every call" if left is None else "the next call" if left == 1 else f"the next {left} calls"
    )
    which = calls if fault.method == ANY else f"{calls} of {fault.method}"
    match fault.kind:
        case "429":
            return f"Slack answers {which} with 429, too many requests."
        case "500":
            return f"Slack answers {which} with 500, server error."
        case "timeout":
            return f"Slack leaves {which} without an answer."
        case "drop":
            return f"Slack drops the connection of {which}."
        case other:
            return f"Slack refuses {which} with {other.removeprefix(ERROR_PREFIX)}."

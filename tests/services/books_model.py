"""The rules of the books told a second time, on plain dicts; nothing of `bot` is imported here.

Each method says what a wish must come to: the name of the refusal, or None and the model has moved.
"""

from collections import Counter
from dataclasses import dataclass, field

Move = tuple[str, str, int]
TREASURY = ""
UNDO_SECONDS = 60
OPEN_MAX = 3


@dataclass
class MadeEntry:
    """An entry as the model remembers it; `names` is what others call it."""

    kind: str
    actor: str
    moves: list[Move]
    at: int
    note: str
    reverses: str = ""
    reversed_by: str = ""
    is_self_approved: bool = False

    def gains(self, *, backwards: bool) -> Counter[str]:
        change: Counter[str] = Counter()
        for source, destination, tokens in self.moves:
            change[source] += tokens if backwards else -tokens
            change[destination] += -tokens if backwards else tokens
        return change


@dataclass
class MadeTopUp:
    """A request as the model remembers it."""

    requester: str
    tokens: int
    asked: list[str]
    state: str = "open"
    decided_by: str = ""
    granted: int = 0


@dataclass
class BooksModel:
    """Who has what, and what is owed to whom."""

    absent: dict[str, str]
    approvers: list[str]
    balance: Counter[str] = field(default_factory=Counter)
    reached: set[str] = field(default_factory=set)
    overdrawn: set[str] = field(default_factory=set)
    entries: dict[str, MadeEntry] = field(default_factory=dict)
    topups: dict[str, MadeTopUp] = field(default_factory=dict)
    notices: Counter[tuple[object, ...]] = field(default_factory=Counter)

    def available(self, one: str) -> int:
        """What of somebody's balance they may spend: here all of it."""
        return self.balance[one]

    @property
    def is_single(self) -> bool:
        return len(self.approvers) == 1

    def begin(self, one: str, tokens: int) -> None:
        self.balance[one] += tokens
        self.balance[TREASURY] -= tokens
        self.reached.add(one)

    @property
    def below_zero(self) -> set[str]:
        return {one for one in self.reached if self.available(one) < 0}

    @property
    def rich(self) -> list[str]:
        return sorted(one for one in self.reached if self.available(one) > 0)

    @property
    def spent(self) -> list[str]:
        """What could be taken back, but that somebody no longer has all of it."""
        return [
            name
            for name, entry in self.entries.items()
            if entry.kind != "reversal" and not entry.reversed_by and self._would_overdraw(name)
        ]

    def refuses_grant(self, actor: str, recipients: list[str]) -> str | None:
        if actor not in self.approvers:
            return "NotAllowed"
        if actor in recipients and not self.is_single:
            return "SelfGrant"
        return next((self.absent[one] for one in recipients if one in self.absent), None)

    def grant(self, name: str, actor: str, recipients: list[str], tokens: int, at: int) -> None:
        people = list(dict.fromkeys(recipients))
        entry = MadeEntry(
            kind="grant",
            actor=actor,
            moves=[(TREASURY, one, tokens) for one in people],
            at=at,
            note="",
            is_self_approved=actor in people,
        )
        for one in people:
            if one != actor:
                is_first = one not in self.reached
                self._owe("received", one, actor, tokens, name, "grant", is_first)
        self._make(name, entry)

    def refuses_transfer(self, sender: str, recipient: str, tokens: int) -> str | None:
        if sender == recipient:
            return "ToOneself"
        for one in (sender, recipient):
            if one in self.absent:
                return self.absent[one]
        return "NotEnoughTokens" if self.available(sender) < tokens else None

    def transfer(self, name: str, sender: str, recipient: str, tokens: int, at: int) -> None:
        is_first = recipient not in self.reached
        self._owe("received", recipient, sender, tokens, name, "transfer", is_first)
        self._make(name, MadeEntry("transfer", sender, [(sender, recipient, tokens)], at, ""))

    def refuses_reversal(self, actor: str, of: str, *, is_confirmed: bool) -> str | None:
        entry = self.entries[of]
        if actor not in self.approvers:
            return "NotAllowed"
        if entry.kind == "reversal":
            return "NotReversible"
        if entry.gains(backwards=True)[actor] > 0 and not self.is_single:
            return "SelfGrant"
        if entry.reversed_by:
            return "AlreadyReversed"
        return "ReversalOverdraws" if self._would_overdraw(of) and not is_confirmed else None

    def refuses_undo(self, actor: str, of: str, at: int) -> str | None:
        entry = self.entries[of]
        if actor != entry.actor:
            return "NotAllowed"
        if entry.kind == "reversal":
            return "NotReversible"
        if at - entry.at > UNDO_SECONDS:
            return "UndoTooLate"
        if entry.reversed_by:
            return "AlreadyReversed"
        return "UndoSpent" if self._would_overdraw(of) else None

    def reverse(self, name: str, actor: str, of: str, at: int, note: str) -> None:
        entry = self.entries[of]
        back = [(destination, source, tokens) for source, destination, tokens in entry.moves]
        made = MadeEntry("reversal", actor, back, at, note, reverses=of)
        made.is_self_approved = note != "undone" and made.gains(backwards=False)[actor] > 0
        entry.reversed_by = name
        for one, change in made.gains(backwards=False).items():
            if change and one not in {TREASURY, actor}:
                self._owe("reversed", one, actor, change, of, name)
        self._make(name, made)
        self.overdrawn |= self.below_zero

    def refuses_ask(self, requester: str) -> str | None:
        if requester in self.absent:
            return self.absent[requester]
        still_open = [t for t in self.topups.values() if t.requester == requester]
        if sum(t.state == "open" for t in still_open) >= OPEN_MAX:
            return "TooManyOpen"
        return None

    def ask(self, name: str, requester: str, tokens: int) -> None:
        """The manager is asked, or the admin for the manager's own, or oneself where alone."""
        asked = [one for one in self.approvers if one != requester][:1] or [requester]
        self.topups[name] = MadeTopUp(requester, tokens, asked)
        for one in asked:
            self._owe("asked", one, name)

    def refuses_decision(self, actor: str, of: str) -> str | None:
        if actor not in self.approvers:
            return "NotAllowed"
        if actor == self.topups[of].requester and not self.is_single:
            return "OwnRequest"
        return "TopUpClosed" if self.topups[of].state != "open" else None

    def refuses_withdrawal(self, actor: str, of: str) -> str | None:
        if actor != self.topups[of].requester:
            return "TopUpUnknown"
        return "TopUpClosed" if self.topups[of].state != "open" else None

    def approve(self, name: str, actor: str, of: str, tokens: int, at: int) -> None:
        topup = self.topups[of]
        moves = [(TREASURY, topup.requester, tokens)]
        is_own = actor == topup.requester
        self._make(name, MadeEntry("grant", actor, moves, at, "", is_self_approved=is_own))
        topup.granted = tokens
        self._close(of, "approved", actor)
        self._owe("decided", topup.requester, of)

    def deny(self, actor: str, of: str) -> None:
        self._close(of, "denied", actor)
        self._owe("decided", self.topups[of].requester, of)

    def withdraw(self, actor: str, of: str) -> None:
        self._close(of, "withdrawn", actor)

    def _close(self, of: str, state: str, actor: str) -> None:
        topup = self.topups[of]
        topup.state, topup.decided_by = state, actor
        for one in topup.asked:
            self._owe("changed", one, of)

    def _would_overdraw(self, of: str) -> bool:
        taken = self.entries[of].gains(backwards=True)
        return any(
            tokens < 0 and self.available(one) + tokens < 0
            for one, tokens in taken.items()
            if one != TREASURY
        )

    def _make(self, name: str, entry: MadeEntry) -> None:
        self.entries[name] = entry
        for source, destination, tokens in entry.moves:
            self.balance[source] -= tokens
            self.balance[destination] += tokens
            self.reached |= {source, destination} - {TREASURY}
        self.overdrawn &= self.below_zero

    def _owe(self, *notice: object) -> None:
        self.notices[notice] += 1

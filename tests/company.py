"""A company in a workspace: people, tokens and a clock, so that a test reads like its story.

What a test does goes through the services, as it does in the product. What it looks at is read from
the tables by SQL of its own, so that no fault of ours can hide itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import sqlalchemy as sa

from bot.domain import ledger as books
from bot.domain import notices
from bot.domain.decisions import Decision
from bot.domain.directory import Person, Role, TeamId, UserId, WorkspaceId
from bot.domain.ledger import Entry, EntryId, EntryKind, IdempotencyKey, Posting, Receipt
from bot.domain.notices import Notice
from bot.domain.topups import TopUp, TopUpId, Urgency
from bot.services import (
    approvers,
    decisions,
    directory,
    grants,
    reversals,
    settings,
    topups,
    transfers,
)
from bot.storage import ledger
from bot.storage.database import Database
from tests.teams import found_team

#: Monday morning in week 10 of 2026.
MORNING = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
#: Whoever gave people what they had before the story began.
FOUNDER = UserId("UFOUNDER")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An entry as its rows say."""

    entry_id: EntryId
    kind: str
    actor: str
    note: str
    key: str
    reverses: str | None
    is_self_approved: bool
    postings: tuple[tuple[str, str, int], ...]


class Company:
    """One workspace. Every act takes a second, so that later things have later times."""

    def __init__(self, database: Database, workspace: str = "T1") -> None:
        self.database = database
        self.workspace_id = WorkspaceId(workspace)
        self.now = MORNING
        self._keys = count(1)
        directory.open_workspace(database, self.workspace_id, self.now)

    # People.

    def member(self, name: str, *, available: int = 0) -> UserId:
        """Somebody active, with tokens from before the story: no notice tells of them."""
        return self._settle_in(Person(user_id=user_id(name), name=name), available)

    def admin(self, name: str, *, available: int = 0) -> UserId:
        """One of Slack's admins, who approve out of the box."""
        return self._settle_in(Person(user_id=user_id(name), name=name, is_admin=True), available)

    def approver(self, name: str, *, available: int = 0) -> UserId:
        """A manager of *Everyone*."""
        return self._with_role(self.member(name, available=available), Role.MANAGER)

    def finance(self, name: str) -> UserId:
        return self._with_role(self.member(name), Role.FINANCE)

    def bot(self, name: str) -> UserId:
        return self._settle_in(Person(user_id=user_id(name), name=name, is_bot=True))

    def guest(self, name: str, *, available: int = 0) -> UserId:
        return self._settle_in(Person(user_id=user_id(name), name=name, is_guest=True), available)

    def foreigner(self, name: str, *, available: int = 0) -> UserId:
        person = Person(user_id=user_id(name), name=name, is_foreign=True)
        return self._settle_in(person, available)

    def deactivate(self, user: UserId) -> UserId:
        """Slack says that the person has left."""
        return self._settle_in(Person(user_id=user, name=str(user), is_deactivated=True))

    def team(
        self, name: str, *people: UserId, zone: str = "UTC", managers: tuple[UserId, ...] = ()
    ) -> TeamId:
        """A team that pays for these people."""
        return found_team(
            self.database,
            self.workspace_id,
            name,
            *people,
            now=self.now,
            zone=zone,
            managers=managers,
        )

    def stranger(self, name: str) -> UserId:
        """Somebody whom the directory has not met."""
        return user_id(name)

    # What people do.

    def grant(
        self, actor: UserId, *recipients: UserId, tokens: int, note: str = "", key: str = ""
    ) -> Receipt:
        return grants.grant(
            self.database,
            self.workspace_id,
            actor=actor,
            recipients=recipients,
            tokens=tokens,
            note=note,
            key=self._key(key),
            now=self._tick(),
        )

    def transfer(
        self, sender: UserId, recipient: UserId, tokens: int, *, note: str = "", key: str = ""
    ) -> Receipt:
        return transfers.transfer(
            self.database,
            self.workspace_id,
            sender=sender,
            recipient=recipient,
            tokens=tokens,
            note=note,
            key=self._key(key),
            now=self._tick(),
        )

    def ask(
        self,
        requester: UserId,
        tokens: int,
        *,
        note: str = "",
        urgency: Urgency = Urgency.THIS_WEEK,
        key: str = "",
    ) -> TopUp:
        return topups.ask(
            self.database,
            self.workspace_id,
            requester=requester,
            tokens=tokens,
            note=note,
            urgency=urgency,
            key=self._key(key),
            now=self._tick(),
        ).topup

    def approve(
        self, actor: UserId, topup_id: TopUpId, *, tokens: int | None = None, note: str = ""
    ) -> Decision:
        return decisions.approve(
            self.database,
            self.workspace_id,
            actor=actor,
            topup_id=topup_id,
            tokens=tokens,
            note=note,
            clicked=None,
            now=self._tick(),
        )

    def deny(self, actor: UserId, topup_id: TopUpId, *, note: str = "") -> Decision:
        return decisions.deny(
            self.database,
            self.workspace_id,
            actor=actor,
            topup_id=topup_id,
            note=note,
            clicked=None,
            now=self._tick(),
        )

    def withdraw(self, requester: UserId, topup_id: TopUpId) -> TopUp:
        return topups.withdraw(
            self.database,
            self.workspace_id,
            requester=requester,
            topup_id=topup_id,
            now=self._tick(),
        )

    def reverse(
        self,
        actor: UserId,
        typed_id: str,
        *,
        is_confirmed: bool = False,
        note: str = "",
        key: str = "",
    ) -> Receipt:
        return reversals.reverse(
            self.database,
            self.workspace_id,
            actor=actor,
            typed_id=typed_id,
            note=note,
            is_confirmed=is_confirmed,
            key=self._key(key),
            now=self._tick(),
        )

    def undo(self, actor: UserId, entry_id: EntryId, *, key: str = "") -> Receipt:
        return reversals.undo(
            self.database,
            self.workspace_id,
            actor=actor,
            entry_id=entry_id,
            key=self._key(key),
            now=self._tick(),
        )

    def put_setting(self, name: str, value: str) -> None:
        settings.put(
            self.database,
            self.workspace_id,
            name=name,
            value=value,
            actor="command line",
            now=self._tick(),
        )

    def later(self, **span: float) -> datetime:
        """Let time pass: `company.later(hours=2)`."""
        self.now += timedelta(**span)
        return self.now

    # What the tables say.

    def available(self, user: UserId) -> int:
        """Balance less held, as the account's row has it; nothing for an account unopened."""
        found = self.rows(
            "SELECT balance - held AS available FROM account"
            " WHERE workspace_id = :workspace_id AND account_id = :account",
            account=books.member_account(user),
        )
        return int(str(found[0]["available"])) if found else 0

    def entries(self) -> list[Written]:
        """Everything recorded since the story began, oldest first."""
        postings: dict[object, list[tuple[str, str, int]]] = {}
        for row in self.rows(
            "SELECT * FROM posting WHERE workspace_id = :workspace_id ORDER BY entry_id, position"
        ):
            ends = (str(row["source"]), str(row["destination"]), int(str(row["tokens"])))
            postings.setdefault(row["entry_id"], []).append(ends)
        return [
            Written(
                entry_id=EntryId(str(row["entry_id"])),
                kind=str(row["kind"]),
                actor=str(row["actor"]),
                note=str(row["note"]),
                key=str(row["idempotency_key"]),
                reverses=str(row["reverses"]) if row["reverses"] else None,
                is_self_approved=bool(row["is_self_approved"]),
                postings=tuple(postings.get(row["entry_id"], [])),
            )
            for row in self.rows(
                "SELECT * FROM entry WHERE workspace_id = :workspace_id"
                " AND actor <> :founder ORDER BY entry_id",
                founder=FOUNDER,
            )
        ]

    def notices(self) -> list[Notice]:
        """What is owed and not yet sent, oldest first."""
        return [
            notices.load(str(row["kind"]), str(row["payload"]))
            for row in self.rows(
                "SELECT kind, payload FROM outbox WHERE workspace_id = :workspace_id"
                " AND state = 'waiting' ORDER BY notice_id"
            )
        ]

    def told(self) -> list[tuple[str, str]]:
        """Kind and recipient of what is owed, sorted."""
        return sorted((notices.kind_of(notice), notice.recipient) for notice in self.notices())

    def topup(self, topup_id: TopUpId) -> Mapping[str, object]:
        """The request's row."""
        (row,) = self.rows(
            "SELECT * FROM topup WHERE workspace_id = :workspace_id AND topup_id = :topup_id",
            topup_id=topup_id,
        )
        return row

    def rows(self, sql: str, **values: object) -> list[dict[str, object]]:
        """What a SELECT of one's own finds; `:workspace_id` is this company's."""
        with self.database.reading() as tx:
            found = tx.connection.execute(
                sa.text(sql), {"workspace_id": self.workspace_id, **values}
            ).mappings()
            return [dict(row) for row in found]

    def _settle_in(self, person: Person, available: int = 0) -> UserId:
        directory.learn(self.database, self.workspace_id, [person], self.now)
        if available:
            self._fund(person.user_id, available)
        return person.user_id

    def _with_role(self, user: UserId, role: Role) -> UserId:
        approvers.add(
            self.database,
            self.workspace_id,
            user_id=user,
            role=role,
            actor="command line",
            now=self.now,
        )
        return user

    def _fund(self, user: UserId, tokens: int) -> None:
        entry = Entry(
            kind=EntryKind.GRANT,
            actor=FOUNDER,
            postings=(Posting(books.TREASURY, books.member_account(user), tokens),),
            note="from before",
            key=self._key(""),
            now=self._tick(),
        )
        with self.database.writing() as tx:
            ledger.record(tx, self.workspace_id, entry)

    def _key(self, given: str) -> IdempotencyKey:
        return IdempotencyKey(given or f"test:{next(self._keys)}")

    def _tick(self) -> datetime:
        """The time of an act; the next one is a second later."""
        at = self.now
        self.later(seconds=1)
        return at


def user_id(name: str) -> UserId:
    """`alice` is UALICE."""
    return UserId(f"U{name.upper()}")

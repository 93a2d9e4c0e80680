"""Grants and reversals by managers of a team, which no command makes yet."""

import pytest

from bot.domain import grants, reversals
from bot.domain.directory import Member, Standing, TeamId, UserId
from bot.domain.ledger import (
    TREASURY,
    Entry,
    EntryId,
    EntryKind,
    IdempotencyKey,
    Posting,
    RecordedEntry,
    member_account,
)
from bot.domain.refusals import NotAllowed, TooManyRecipients
from tests.company import MORNING

DESIGN = TeamId("design")


def person(name: str, *, manages: TeamId | None = None, team: TeamId = DESIGN) -> Member:
    return Member(
        user_id=UserId(name),
        standing=Standing.ACTIVE,
        team_id=team,
        manages=frozenset({manages} if manages else ()),
    )


MIA = person("mia", manages=DESIGN)
ALICE, BOB, SAM = person("alice"), person("bob"), person("sam", team=TeamId("sales"))


def grant(*takers: Member) -> Entry:
    return grants.grant(
        MIA,
        takers,
        250_000,
        is_only_approver=False,
        note="",
        key=IdempotencyKey("k1"),
        now=MORNING,
    )


def reverse(*takers: Member) -> Entry:
    granted = RecordedEntry(
        entry_id=EntryId("e1"),
        kind=EntryKind.GRANT,
        actor=UserId("leo"),
        postings=tuple(Posting(TREASURY, member_account(t.user_id), 250_000) for t in takers),
        note="",
        recorded_at=MORNING,
    )
    return reversals.reversal(
        MIA,
        {each.user_id: each for each in (MIA, *takers)},
        granted,
        expired={},
        is_only_approver=False,
        may_overdraw=False,
        note="",
        key=IdempotencyKey("k1"),
        now=MORNING,
    )


def test_a_manager_grants_to_their_team() -> None:
    entry = grant(ALICE, BOB)

    assert [p.destination for p in entry.postings] == ["member:alice", "member:bob"]


def test_a_manager_grants_to_nobody_elses_team() -> None:
    with pytest.raises(NotAllowed) as refused:
        grant(ALICE, SAM)

    assert refused.value.subject == "sam"


def test_a_manager_reverses_what_touches_their_team_alone() -> None:
    with pytest.raises(NotAllowed) as refused:
        reverse(ALICE, SAM)

    assert refused.value.subject == "sam"
    assert reverse(ALICE, BOB).reverses == "e1"


def test_fifty_may_be_named_and_those_named_twice_count_once() -> None:
    people = [person(f"m{n}") for n in range(50)]

    assert len(grant(*people, *people).postings) == 50
    with pytest.raises(TooManyRecipients):
        grant(*people, ALICE)

"""Whose requests an approver looks through, and how the list carries what it shows."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.directory import EVERYONE, Member, Standing, TeamId, UserId
from bot.domain.queues import PAGE, Filter, Queue, Scope, Whose, scopes
from bot.domain.stand_ins import Absence

SEARCH, ML = TeamId("search"), TeamId("ml")
LATER = datetime(2026, 3, 9, tzinfo=UTC)


def person(name: str, **roles: object) -> Member:
    return Member(
        user_id=UserId(name),
        name=name,
        standing=Standing.ACTIVE,
        team_id=EVERYONE,
        **roles,  # type: ignore[arg-type]
    )


MIA = person("MIA", manages=frozenset({SEARCH}))
LEO = person("LEO", is_admin=True)
BEN = person("BEN")


def stands_in(absent: Member, deputy: Member) -> Absence:
    return Absence(absent=absent, stand_in=deputy, ends_at=LATER)


def test_a_manager_sees_their_teams_and_never_their_own() -> None:
    assert scopes(MIA, [], is_only_approver=False) == [
        Scope(frozenset({SEARCH}), frozenset({MIA.user_id}))
    ]


def test_an_admin_sees_all_but_their_own() -> None:
    assert scopes(LEO, [], is_only_approver=False) == [Scope(None, frozenset({LEO.user_id}))]


def test_the_only_approver_sees_their_own_too() -> None:
    assert scopes(LEO, [], is_only_approver=True) == [Scope(None, frozenset())]


@pytest.mark.parametrize(
    "member",
    [BEN, person("FAY", is_finance=True), replace(LEO, standing=Standing.DEACTIVATED)],
)
def test_who_decides_nothing_sees_nothing(member: Member) -> None:
    assert scopes(member, [], is_only_approver=False) == []


def test_a_stand_in_sees_what_they_were_lent_but_not_what_the_absent_asks() -> None:
    found = scopes(BEN, [stands_in(MIA, BEN)], is_only_approver=False)

    assert found == [Scope(frozenset({SEARCH}), frozenset({BEN.user_id, MIA.user_id}))]


def test_what_was_lent_to_another_is_not_seen() -> None:
    ned = person("NED", manages=frozenset({ML}))

    assert scopes(ned, [stands_in(MIA, BEN)], is_only_approver=False) == [
        Scope(frozenset({ML}), frozenset({ned.user_id}))
    ]


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (PAGE, 1), (PAGE + 1, 2), (400, 10)])
def test_pages_are_of_forty(count: int, pages: int) -> None:
    queue = Queue(chosen=Filter(), count=count, tokens=0, lines=(), teams=(), now=LATER)

    assert queue.pages == pages


def test_a_filter_is_narrow_once_it_leaves_something_out() -> None:
    assert not Filter(whose=Whose.ALL, page=3).is_narrow
    assert Filter(waited=timedelta(days=1)).is_narrow
    assert json.dumps(Filter().whose) == '"mine"'

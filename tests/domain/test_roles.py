from pathlib import Path

import pytest

from bot.domain import roles
from bot.domain.directory import EVERYONE, Member, Role, Standing, TeamId, UserId
from bot.domain.roles import TABLE, Deed, Reach

DOCS = Path(__file__).parents[2] / "docs" / "roles.md"
DESIGN = TeamId("design")
WORDS = {
    Reach.NOBODY: "–",
    Reach.SELF: "themselves",
    Reach.TEAM: "their team",
    Reach.ALL: "everyone",
}


def person(
    name: str,
    *,
    standing: Standing = Standing.ACTIVE,
    is_admin: bool = False,
    is_finance: bool = False,
    manages: TeamId | None = None,
    team: TeamId = EVERYONE,
) -> Member:
    return Member(
        user_id=UserId(name),
        standing=standing,
        team_id=team,
        is_admin=is_admin,
        is_finance=is_finance,
        manages=frozenset({manages} if manages else ()),
    )


ALICE = person("alice", team=DESIGN)
BOB = person("bob", team=DESIGN)
CARLA = person("carla")
MIA = person("mia", manages=DESIGN, team=DESIGN)
FAY = person("fay", is_finance=True)
LEO = person("leo", is_admin=True)

SEEING = {Deed.SEE_BALANCE, Deed.SEE_HISTORY, Deed.SEE_USAGE}
DECIDING = {
    Deed.GRANT,
    Deed.DECIDE,
    Deed.REVERSE,
    Deed.ALLOW,
    Deed.SET_ALERTS,
    Deed.DIGEST,
    Deed.LINK,
    Deed.LIFT,
}
RUNNING = {Deed.SEE_TEAM, Deed.RUN_TEAM}
MAKING = {*RUNNING, Deed.MAKE_TEAM, Deed.FILL_POOL, Deed.SEE_SETTINGS, Deed.SET_UP}
OWN = {Deed.TRANSFER, Deed.REQUEST, Deed.ADVANCE, Deed.WITHDRAW}


@pytest.mark.parametrize(
    ("actor", "subject", "allowed"),
    [
        (ALICE, ALICE, SEEING | OWN),
        (ALICE, BOB, set[Deed]()),
        (MIA, ALICE, SEEING | DECIDING | RUNNING),
        (MIA, CARLA, set[Deed]()),
        (FAY, ALICE, SEEING | {Deed.SEE_TEAM, Deed.SEE_SETTINGS}),
        (FAY, FAY, SEEING | OWN | {Deed.SEE_TEAM, Deed.SEE_SETTINGS}),
        (LEO, ALICE, SEEING | DECIDING | MAKING),
        (LEO, CARLA, SEEING | DECIDING | MAKING),
    ],
    ids=lambda value: value.user_id if isinstance(value, Member) else "",
)
def test_who_may_do_what_for_whom(actor: Member, subject: Member, allowed: set[Deed]) -> None:
    assert {deed for deed in Deed if roles.may(actor, deed, subject)} == allowed


@pytest.mark.parametrize(
    "standing", [Standing.DEACTIVATED, Standing.BOT, Standing.FOREIGN, Standing.UNSEEN]
)
def test_whoever_is_not_active_here_has_no_role_but_a_members(standing: Standing) -> None:
    gone = person("leo", standing=standing, is_admin=True, is_finance=True, manages=EVERYONE)

    assert roles.roles(gone) == {Role.MEMBER}
    assert not gone.is_approver
    assert not roles.may(gone, Deed.GRANT, ALICE)


def test_a_role_adds_and_never_takes_away() -> None:
    both = person("max", is_admin=True, is_finance=True, manages=EVERYONE)

    assert roles.roles(both) == set(Role)
    assert all(roles.may(both, deed, both) for deed in Deed)


def test_approvers_are_those_who_may_decide_for_someone() -> None:
    people = [ALICE, MIA, FAY, LEO]

    assert [p.is_approver for p in people] == [False, True, False, True]
    assert all(roles.may_for_someone(p, deed) == p.is_approver for p in people for deed in DECIDING)


def test_a_deed_for_a_team_is_its_managers_and_the_admins() -> None:
    may = [p for p in (ALICE, MIA, FAY, LEO) if roles.may_for_team(p, Deed.DIGEST, DESIGN)]

    assert may == [MIA, LEO]
    assert not roles.may_for_team(MIA, Deed.DIGEST, EVERYONE)


def test_every_deed_has_a_reach_for_every_role() -> None:
    assert set(TABLE) == set(Deed)
    assert all(set(row) == set(Role) for row in TABLE.values())


def test_docs_show_the_table_as_the_code_has_it() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in DOCS.read_text().splitlines()
        if line.startswith("|")
    ]
    head, _, *body = rows
    columns = [Role(word.lower()) for word in head[1:]]
    documented = {deed: dict(zip(columns, cells, strict=True)) for deed, *cells in body}

    assert documented == {
        deed.value: {role: WORDS[reach] for role, reach in row.items()}
        for deed, row in TABLE.items()
    }

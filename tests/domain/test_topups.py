from bot.domain import topups
from bot.domain.directory import EVERYONE, Member, Standing, TeamId, UserId

DESIGN = TeamId("design")


def person(
    name: str, *, is_admin: bool = False, manages: TeamId | None = None, team: TeamId = EVERYONE
) -> Member:
    return Member(
        user_id=UserId(name),
        standing=Standing.ACTIVE,
        team_id=team,
        is_admin=is_admin,
        manages=frozenset({manages} if manages else ()),
    )


def asked(requester: Member, *approvers: Member) -> list[str]:
    return [approver.user_id for approver in topups.approvers_asked(requester, approvers)]


def test_the_managers_of_the_requesters_team_are_asked() -> None:
    mia, ben = person("mia", manages=DESIGN), person("ben", manages=DESIGN)
    sam = person("sam", manages=TeamId("sales"))
    leo = person("leo", is_admin=True)

    assert asked(person("alice", team=DESIGN), leo, mia, sam, ben) == ["mia", "ben"]


def test_without_a_manager_five_admins_are_asked() -> None:
    admins = [person(f"leo{n}", is_admin=True) for n in range(7)]
    sam = person("sam", manages=TeamId("sales"))

    assert asked(person("alice"), sam, *admins) == ["leo0", "leo1", "leo2", "leo3", "leo4"]


def test_nobody_is_asked_to_decide_their_own_request() -> None:
    mia, leo = person("mia", manages=EVERYONE), person("leo", is_admin=True)

    assert asked(mia, mia, leo) == ["leo"]
    assert asked(leo, mia, leo) == ["mia"]


def test_the_only_approver_is_asked_for_their_own_request() -> None:
    leo = person("leo", is_admin=True)

    assert asked(leo, leo) == ["leo"]


def test_managers_of_other_teams_can_not_be_asked() -> None:
    sam = person("sam", manages=TeamId("sales"))

    assert asked(person("alice"), sam) == []


def test_without_approvers_nobody_is_asked() -> None:
    assert asked(person("alice")) == []

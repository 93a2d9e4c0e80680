from datetime import timedelta

from bot.domain.directory import EVERYONE, Person, Standing, UserId
from bot.domain.notices import HomeStale
from bot.services import directory
from tests.company import Company

ALICE, BOB, CARLA = UserId("UALICE"), UserId("UBOB"), UserId("UCARLA")


def due(company: Company) -> list[UserId]:
    return directory.due(company.database, company.workspace_id, company.now)


def standing(company: Company, user: UserId) -> Standing:
    found = directory.names(company.database, company.workspace_id, [user])
    return found[user].standing


def change(company: Company, person: Person, event_id: str) -> None:
    directory.person_changed(
        company.database,
        company.workspace_id,
        person=person,
        event_id=event_id,
        now=company.later(seconds=1),
    )


def test_a_workspace_is_opened_once(company: Company) -> None:
    directory.open_workspace(company.database, company.workspace_id, company.later(hours=1))

    accounts = company.rows("SELECT account_id FROM account ORDER BY account_id")
    assert [row["account_id"] for row in accounts] == [
        "consumed",
        "expired",
        "treasury",
        "unattributed",
    ]
    assert directory.workspace_ids(company.database) == ["T1"]


def test_what_slack_says_of_a_workspace_is_written_down(company: Company) -> None:
    for name in ("Acme", "Acme Ltd"):
        directory.describe_workspace(
            company.database,
            company.workspace_id,
            name=name,
            url="https://acme.slack.test/",
            bot_user_id="UBOT",
            now=company.now,
        )

    (row,) = company.rows("SELECT name, url, bot_user_id FROM workspace")
    assert row == {"name": "Acme Ltd", "url": "https://acme.slack.test/", "bot_user_id": "UBOT"}


def test_people_are_known_as_slack_says(company: Company) -> None:
    person = Person(
        user_id=ALICE, name="alice", email="alice@acme.test", zone="Europe/Berlin", is_admin=True
    )

    directory.learn(company.database, company.workspace_id, [person], company.now)

    found = directory.names(company.database, company.workspace_id, [ALICE, BOB])
    alice = found[ALICE]
    assert (alice.name, alice.standing, alice.team_id, alice.is_admin, alice.fetched_at) == (
        "alice",
        Standing.ACTIVE,
        EVERYONE,
        True,
        company.now,
    )
    assert found[BOB].standing is Standing.UNSEEN


def test_an_admin_who_left_is_no_admin(company: Company) -> None:
    person = Person(user_id=ALICE, name="alice", is_admin=True, is_deactivated=True)

    directory.learn(company.database, company.workspace_id, [person], company.now)

    found = directory.names(company.database, company.workspace_id, [ALICE])
    assert not found[ALICE].is_admin


def test_facts_learnt_again_leave_roles_as_they_are(company: Company) -> None:
    mia = company.approver("mia")

    directory.learn(
        company.database,
        company.workspace_id,
        [Person(user_id=mia, name="Mia Smith")],
        company.later(hours=1),
    )

    found = directory.names(company.database, company.workspace_id, [mia])[mia]
    assert (found.name, found.manages) == ("Mia Smith", frozenset({EVERYONE}))


def test_the_unknown_are_looked_up_first_and_then_those_of_long_ago(company: Company) -> None:
    company.member("carla")
    company.later(hours=1)
    company.member("bob")
    directory.want(company.database, company.workspace_id, [ALICE, BOB])

    at_once = due(company)
    company.later(days=1, seconds=1)

    assert at_once == [ALICE]
    assert due(company) == [ALICE, CARLA, BOB]


def test_facts_are_good_for_a_day(company: Company) -> None:
    company.member("alice")
    company.now += timedelta(days=1)

    assert due(company) == []


def test_wanting_nobody_or_somebody_known_changes_nothing(company: Company) -> None:
    alice = company.member("alice")

    directory.want(company.database, company.workspace_id, [])
    directory.want(company.database, company.workspace_id, [alice])

    assert due(company) == []
    assert standing(company, alice) is Standing.ACTIVE


def test_at_most_fifty_are_looked_up_in_one_go(company: Company) -> None:
    people = [UserId(f"U{n}") for n in range(60)]

    directory.want(company.database, company.workspace_id, people)

    assert len(due(company)) == 50


def test_whoever_slack_does_not_know_is_missing_and_not_asked_for_again(company: Company) -> None:
    directory.want(company.database, company.workspace_id, [ALICE])

    directory.mark_missing(company.database, company.workspace_id, ALICE, company.now)

    assert standing(company, ALICE) is Standing.MISSING
    assert due(company) == []


def test_an_event_changes_a_person_once(company: Company) -> None:
    alice = company.member("alice")
    gone = Person(user_id=alice, name="alice", is_deactivated=True)

    change(company, gone, "Ev1")
    after_first = standing(company, alice)
    company.member("alice")
    change(company, gone, "Ev1")

    assert after_first is Standing.DEACTIVATED
    assert standing(company, alice) is Standing.ACTIVE
    change(company, gone, "Ev2")
    assert standing(company, alice) is Standing.DEACTIVATED


def test_the_list_of_people_is_read_again_after_a_day(company: Company) -> None:
    def is_due() -> bool:
        return directory.is_list_due(company.database, company.workspace_id, company.now)

    at_first = is_due()
    directory.mark_list_read(company.database, company.workspace_id, company.now)
    just_read = is_due()
    company.later(days=1, seconds=1)

    assert (at_first, just_read, is_due()) == (True, False, True)


def open_home(company: Company, user: UserId, event_id: str) -> None:
    directory.home_opened(
        company.database,
        company.workspace_id,
        user_id=user,
        event_id=event_id,
        now=company.later(seconds=1),
    )


def test_a_home_that_was_opened_is_published_and_its_owner_looked_up(company: Company) -> None:
    open_home(company, ALICE, "Ev1")
    open_home(company, ALICE, "Ev1")

    assert company.notices() == [HomeStale(recipient=ALICE)]
    assert due(company) == [ALICE]


def test_a_home_opened_several_times_is_published_once(company: Company) -> None:
    for event_id in ("Ev1", "Ev2", "Ev3"):
        open_home(company, ALICE, event_id)
    open_home(company, BOB, "Ev4")

    assert company.told() == [("home_stale", ALICE), ("home_stale", BOB)]

"""The directory of a large workspace is read whole, though Slack asks to wait again and again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
import sqlalchemy as sa
from slack_sdk import WebClient

from bot.domain.directory import Standing, UserId, WorkspaceId
from bot.domain.usage_events import SourceRole
from bot.playground.people import CAST
from bot.playground.server import SimulatedSlack
from bot.services import directory, members, usage
from bot.slack.identity import Identity
from bot.slack.roster import Roster
from bot.storage.database import Database
from tests.company import MORNING
from tests.metered import used
from tests.slack.town import TEAM, people

CROWD = people(*(f"p{number:04}" for number in range(900)))


def noon() -> datetime:
    return MORNING


@contextmanager
def roster_of(database: Database) -> Iterator[tuple[SimulatedSlack, Roster]]:
    """A workspace of 900, five pages, and its roster, which nothing wakes but the test."""
    with SimulatedSlack(clock=noon, people=[*CAST, *CROWD]) as slack:
        client = WebClient(
            token=slack.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[]
        )
        yield slack, Roster(database, client, Identity(database, slack.bot_token, noon), noon)


def standing(database: Database, user_id: str) -> Standing:
    return members.member(database, WorkspaceId(TEAM), UserId(user_id)).standing


def test_a_list_goes_on_where_slack_asked_to_wait(database: Database) -> None:
    with roster_of(database) as (slack, roster):
        for _ in range(5):
            slack.faults.fail_next(1, "429", "users.list")
            roster.step()
            roster.step()

        pages = [call for call in slack.calls("users.list") if call.performed]

    assert len(pages) == 5
    assert not directory.is_list_due(database, TEAM, MORNING)
    assert standing(database, CROWD[-1].id) is Standing.ACTIVE


def test_somebody_asked_for_is_looked_up_before_a_list_that_takes_its_time(
    database: Database,
) -> None:
    with roster_of(database) as (slack, roster):
        slack.faults.fail_next(1, "429", "users.list")
        roster.step()
        directory.want(database, TEAM, [UserId(CROWD[-1].id)])
        slack.faults.fail_next(1, "429", "users.list")

        roster.step()

    assert standing(database, CROWD[-1].id) is Standing.ACTIVE
    assert directory.is_list_due(database, TEAM, MORNING)


def test_one_whom_slack_will_not_tell_of_holds_up_nobody_behind(database: Database) -> None:
    with roster_of(database) as (slack, roster):
        roster.step()
        directory.want(database, TEAM, [UserId("U0GHOST"), UserId("U0XLATER")])
        slack.add_person(people("later")[0], tell=False)
        slack.faults.fail_next(1, "error:access_denied", "users.info")

        roster.step()

    assert standing(database, "U0GHOST") is Standing.MISSING
    assert standing(database, "U0XLATER") is Standing.ACTIVE


@pytest.mark.parametrize("code", ["invalid_auth", "account_inactive"])
def test_what_slack_says_of_the_token_is_told_by_readiness(database: Database, code: str) -> None:
    with SimulatedSlack(clock=noon) as slack:
        client = WebClient(
            token=slack.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[]
        )
        identity = Identity(database, slack.bot_token, noon)
        slack.faults.always(f"error:{code}", "auth.test")

        Roster(database, client, identity, noon).step()

    assert (identity.workspace_id, identity.trouble) == (None, code)


def test_slack_is_asked_once_a_day_whose_address_a_source_sent(database: Database) -> None:
    eve = people("eve", email="eve@example.com")[0]
    directory.open_workspace(database, TEAM, MORNING)
    take_in(database, "Eve@Example.com", "nobody@example.com")
    with roster_of(database) as (slack, roster):
        roster.step()
        slack.add_person(eve)
        take_in(database, "eve@Example.com")
        roster.step()
        roster.step()

        asked = [call.arguments["email"] for call in slack.calls("users.lookupByEmail")]

    assert sorted(asked) == ["Eve@Example.com", "eve@Example.com", "nobody@example.com"]
    assert accounts(database) == {
        "Eve@Example.com": None,
        "eve@Example.com": f"member:{eve.id}",
        "nobody@example.com": None,
    }


def test_where_slack_asks_to_wait_an_address_is_asked_about_again(database: Database) -> None:
    directory.open_workspace(database, TEAM, MORNING)
    take_in(database, "nobody@example.com")
    with roster_of(database) as (slack, roster):
        slack.faults.fail_next(1, "429", "users.lookupByEmail")
        roster.step()
        roster.step()
        roster.step()

        outcomes = [call.outcome for call in slack.calls("users.lookupByEmail")]

    assert outcomes == ["429", "error:users_not_found"]


def take_in(database: Database, *names: str) -> None:
    """A source tells of a call of each of these."""
    usage.take_in(
        database,
        TEAM,
        [used(name, 7, MORNING) for name in names],
        role=SourceRole.GATEWAY,
        owner=None,
        actor="key:test",
        now=MORNING,
    )


def accounts(database: Database) -> dict[str, str | None]:
    with database.reading() as tx:
        rows = tx.connection.execute(sa.text("SELECT name, account_id FROM identity"))
        return {row.name: row.account_id for row in rows}

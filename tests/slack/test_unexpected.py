"""A fault of our own: one friendly answer where the person is; the log has its reference."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from bot.playground.people import BEN, MIA
from bot.storage import opening
from tests.slack.town import Town

#: What a person typed; the log must never have it.
PRIVATE = "for-my-secret-project"


@contextmanager
def broken(town: Town) -> Iterator[None]:
    """A table is not where the code looks for it."""
    rename(town, "topup", "mislaid")
    yield
    rename(town, "mislaid", "topup")


def rename(town: Town, before: str, after: str) -> None:
    stranger = sa.create_engine(opening.parse(town.settings.database_url))
    with stranger.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")
    stranger.dispose()


def reference(town: Town, shown: str) -> str:
    """What the answer says to quote; the log has it."""
    assert shown.startswith("Something broke on my side. Look at /tokens history before")
    found = re.search(r"reference ([0-9a-f]{8})", shown)
    assert found
    assert found[1] in town.logged.getvalue()
    return found[1]


def test_a_bug_behind_a_command_is_answered_with_a_reference_and_a_retry_works(
    town: Town,
) -> None:
    with broken(town):
        asked = [town.say(BEN, f"request 500k for {PRIVATE}") for _ in range(2)]
    again = town.say(BEN, "request 500k")

    first, second = (reference(town, shown) for shown in asked)
    assert first != second
    assert PRIVATE not in town.logged.getvalue()
    assert "500k (500,000) tokens asked for" in again


def test_a_bug_behind_a_form_is_told_over_the_form_which_keeps_what_was_typed(
    town: Town,
) -> None:
    town.say(BEN, "request")
    with broken(town):
        sent = town.slack.submit(BEN, {"How many?": "500k", "What for?": PRIVATE})
    town.slack.close_modal(BEN)
    again = town.slack.submit(BEN)

    reference(town, sent.shown.partition("\n")[2])
    assert PRIVATE not in town.logged.getvalue()
    assert "500k (500,000) tokens asked for" in again.shown


def test_a_bug_behind_a_click_is_told_to_the_one_who_clicked(town: Town) -> None:
    town.say(BEN, "request 500k")
    request = town.dm(MIA, containing="asks for")
    with broken(town):
        clicked = town.slack.click(MIA, request, "Approve 500k")
    town.settle()

    assert clicked.status == 200
    reference(town, town.read(town.slack.ephemerals(MIA)[-1], MIA))
    assert town.available(BEN) == 0


def test_an_event_that_met_a_bug_is_done_when_slack_sends_it_again(town: Town) -> None:
    rename(town, "outbox", "mislaid")
    failed = town.slack.open_home(BEN)
    rename(town, "mislaid", "outbox")
    (event_id,) = town.slack.workspace.sent_events

    again = town.slack.redeliver(event_id)

    assert (failed.status, again.status) == (500, 200)
    town.home(BEN, containing="No tokens right now")


def test_what_a_person_wrote_is_not_in_the_log_of_a_statement_that_failed(
    sqlite_town: Town,
) -> None:
    town = sqlite_town
    with town.bot.database.writing() as tx:
        tx.connection.exec_driver_sql(
            "CREATE TRIGGER wrong BEFORE INSERT ON topup BEGIN SELECT RAISE(ABORT, 'no'); END"
        )

    shown = town.say(BEN, f"request 500k for {PRIVATE}")

    reference(town, shown)
    assert PRIVATE not in town.logged.getvalue()

"""Homes on their way to Slack: once a second at most, the last state wins, nothing twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.domain.directory import UserId
from bot.playground.server import SimulatedSlack
from bot.playground.web_api.calls import Call
from bot.services import directory, fresh_homes, outbox
from bot.slack.delivery import Delivery
from bot.slack.homes import HomeWatch
from tests.clockwork import use
from tests.company import Company
from tests.held import hold, void
from tests.slack.postbox import Postbox, person
from tests.threads import at_once

ANA, BEN, LEO = (UserId(f"U{name}") for name in ("ANA", "BEN", "LEO"))
MILLION = 1_000_000


@pytest.fixture
def postbox(company: Company) -> Iterator[Postbox]:
    """Leo grants; Ana and Ben have a million each, and Ana looks at her Home."""
    company.admin("leo")
    for name in ("ana", "ben"):
        company.member(name, available=MILLION)
    cast = [person(user) for user in (ANA, BEN, LEO)]
    with SimulatedSlack(clock=lambda: company.now, people=cast, team_id="T1") as slack:
        made = Postbox(company, slack)
        look_at_home(made, ANA)
        yield made
        made.close()


def look_at_home(postbox: Postbox, user: UserId, *, is_bare: bool = False) -> None:
    company = postbox.company
    directory.home_opened(
        company.database,
        company.workspace_id,
        user_id=user,
        event_id=f"Ev{user}{company.now}",
        is_bare=is_bare,
        now=company.later(seconds=2),
    )
    postbox.deliver()


def look(postbox: Postbox) -> None:
    fresh_homes.look(postbox.company.database, postbox.company.now)


def run(postbox: Postbox, *, seconds: int) -> None:
    """As many seconds of looks, four in each, and of sending."""
    for _ in range(seconds * 4):
        look(postbox)
        sender = postbox.senders[0]
        while sender.deliver_due():
            pass
        postbox.company.later(milliseconds=250)


def published(postbox: Postbox) -> list[Call]:
    return postbox.slack.calls("views.publish")


def shown(postbox: Postbox, user: UserId) -> str:
    return postbox.slack.as_text(postbox.slack.home(user))


def test_a_burst_is_published_once_a_second_and_its_end_is_shown(postbox: Postbox) -> None:
    company, before = postbox.company, len(published(postbox))
    began = company.now

    for _ in range(10):
        for _ in range(5):
            use(company, ANA, 1_000)
            company.later(seconds=-0.95)  # each use takes a second of its own
        look(postbox)
        while postbox.senders[0].deliver_due():
            pass
    taken = (company.now - began).total_seconds()
    burst = len(published(postbox)) - before
    run(postbox, seconds=3)

    assert burst <= taken + 1
    assert "950k tokens available" in shown(postbox, ANA)
    assert len(published(postbox)) - before <= taken + 4


def test_what_slack_has_is_not_published_again(postbox: Postbox) -> None:
    company, before = postbox.company, len(published(postbox))
    company.grant(LEO, BEN, tokens=5)
    look_at_home(postbox, ANA)
    run(postbox, seconds=3)

    assert len(published(postbox)) == before


def test_what_slack_has_lost_is(postbox: Postbox) -> None:
    before = len(published(postbox))

    look_at_home(postbox, ANA, is_bare=True)

    assert len(published(postbox)) == before + 1


def test_a_change_back_and_forth_within_a_second_publishes_nothing(postbox: Postbox) -> None:
    company, before = postbox.company, len(published(postbox))
    topup = company.ask(ANA, 500)
    company.withdraw(ANA, topup.topup_id)

    run(postbox, seconds=3)

    assert len(published(postbox)) == before


@pytest.mark.parametrize("fault", ["429", "500", "timeout"])
def test_slack_that_fails_meanwhile_gets_the_last_state(postbox: Postbox, fault: str) -> None:
    company = postbox.company
    postbox.slack.faults.fail_next(2, fault, "views.publish")
    company.grant(LEO, ANA, tokens=100_000)
    run(postbox, seconds=2)
    company.transfer(ANA, BEN, 300_000)

    run(postbox, seconds=15)

    assert "800k tokens available" in shown(postbox, ANA)
    waiting = company.rows("SELECT state FROM outbox WHERE kind = 'home_stale'")
    assert {str(row["state"]) for row in waiting} == {"sent"}


def test_a_home_that_slack_refuses_is_tried_no_more_until_it_is_opened(postbox: Postbox) -> None:
    company = postbox.company
    postbox.slack.faults.fail_next(1, "error:invalid_arguments", "views.publish")
    company.grant(LEO, ANA, tokens=100_000)
    run(postbox, seconds=2)
    before = len(published(postbox))
    company.grant(LEO, ANA, tokens=100_000)
    run(postbox, seconds=3)
    meanwhile = len(published(postbox))

    look_at_home(postbox, ANA)

    assert meanwhile == before
    assert "1.2M tokens available" in shown(postbox, ANA)


def test_two_processes_publish_it_once_a_second_too(postbox: Postbox) -> None:
    company, before = postbox.company, len(published(postbox))
    senders = [postbox.senders[0], postbox.sender()]
    began = company.now
    for _ in range(6):
        use(company, ANA, 1_000)
        company.later(seconds=-0.6)
        at_once([lambda: look(postbox), lambda: look(postbox)])
        at_once([sender.deliver_due for sender in senders])
    taken = (company.now - began).total_seconds()
    burst = len(published(postbox)) - before
    run(postbox, seconds=3)

    assert burst <= taken + 1
    assert "994k tokens available" in shown(postbox, ANA)


def test_a_crash_between_publish_and_mark_is_made_good(postbox: Postbox) -> None:
    """The notice comes back when its lease ends; what it shows is what there is by then."""
    company = postbox.company
    company.grant(LEO, ANA, tokens=100_000)
    look(postbox)
    claim(company)  # by a process that is killed before it says what became of it
    company.transfer(ANA, BEN, 300_000)

    run(postbox, seconds=2)
    before = shown(postbox, ANA)
    company.later(seconds=outbox.LEASE.total_seconds())
    run(postbox, seconds=2)

    assert "1M tokens available" in before
    assert "800k tokens available" in shown(postbox, ANA)


def test_what_slack_took_unheard_is_not_taken_for_what_it_had(postbox: Postbox) -> None:
    """By the time it is tried again, all is as it was when Slack last answered."""
    company = postbox.company
    postbox.slack.faults.fail_next(1, "timeout", "views.publish", performed=True)
    standing = hold(company, ANA, 400_000)
    run(postbox, seconds=1)
    unheard = shown(postbox, ANA)
    void(company, standing)

    run(postbox, seconds=8)

    assert "600k tokens available" in unheard
    assert "1M tokens available" in shown(postbox, ANA)


def test_one_notice_is_kept_for_each_home_however_often_it_is_drawn(postbox: Postbox) -> None:
    company = postbox.company
    for _ in range(5):
        company.grant(LEO, ANA, tokens=1)
        run(postbox, seconds=2)

    rows = company.rows("SELECT state FROM outbox WHERE kind = 'home_stale'")

    assert [row["state"] for row in rows] == ["sent"]


def test_somebody_who_opens_it_goes_before_those_whose_homes_are_refreshed(
    postbox: Postbox,
) -> None:
    company = postbox.company
    company.grant(LEO, ANA, tokens=1)
    look(postbox)
    directory.home_opened(
        company.database,
        company.workspace_id,
        user_id=BEN,
        event_id="Ev9",
        now=company.later(seconds=2),
    )

    first = claim(company, limit=1)

    assert first == [BEN]


def claim(company: Company, *, limit: int = 9) -> list[str]:
    """Whose Homes the next sender draws."""
    found = outbox.claim(company.database, now=company.now, spacing=timedelta(0), limit=limit)
    return [one.notice.recipient for one in found if one.kind == "home_stale"]


def test_a_sender_needs_no_spacing_where_it_sends_all_and_ends(postbox: Postbox) -> None:
    """`tokenbot tick` draws what is stale, without a process that looks."""
    company = postbox.company
    company.grant(LEO, ANA, tokens=100_000)
    look(postbox)
    client = postbox.senders[0]._teller._client
    sender = Delivery(company.database, client, lambda: company.now, spacing=timedelta(0))
    postbox.senders.append(sender)

    while sender.deliver_due():
        pass

    assert "1.1M tokens available" in shown(postbox, ANA)


def test_a_watch_that_is_woken_again_and_again_looks_once_in_a_while(postbox: Postbox) -> None:
    """Each commit that owes somebody something wakes it."""
    company = postbox.company
    passed = [100.0]
    watch = HomeWatch(company.database, lambda: company.now, seconds=lambda: passed[0])
    first = watch.step()
    company.grant(LEO, ANA, tokens=100_000)

    rests = [watch.step() for _ in range(20)]
    meanwhile = company.told()
    passed[0] += first
    watch.step()

    assert 0 < first < 1
    assert set(rests) == {first}
    assert ("home_stale", ANA) not in meanwhile
    assert ("home_stale", ANA) in company.told()

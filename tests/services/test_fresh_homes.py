"""Homes are drawn anew after each change of what they show, by whomever it was made."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.domain.allowance_wishes import AllowanceWish, Started
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import EVERYONE, Person, Role, UserId
from bot.domain.home import WATCHED_FOR, Step
from bot.domain.leaves import Leave
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import HomeStale
from bot.domain.periods import Period
from bot.domain.policies import Policy
from bot.services import (
    advances,
    allowances,
    approvers,
    deadlines,
    digests,
    directory,
    fresh_homes,
    pools,
    stand_ins,
    team_members,
)
from bot.services.team_choice import Asked
from bot.storage import homes, opening
from bot.storage.homes import Drawing
from bot.storage.tables import AccountRow, HomeRow, table
from tests import held
from tests.clockwork import use
from tests.company import Company
from tests.services.homes import Lookers
from tests.test_schedule import counted
from tests.threads import at_once

MILLION = 1_000_000


@pytest.fixture
def lookers(company: Company) -> Lookers:
    """Ana and Ben are in Search, which Mia looks after; Leo is an admin. All four look."""
    mia = company.member("mia")
    company.admin("leo", available=5)
    people = [company.member(name, available=MILLION) for name in ("ana", "ben")]
    company.team("Search", *people, managers=(mia,))
    made = Lookers(company)
    made.open(ANA, BEN, MIA, LEO)
    made.fresh()
    return made


ANA, BEN, MIA, LEO = (UserId(f"U{name}") for name in ("ANA", "BEN", "MIA", "LEO"))
#: What is done, and whose Homes show it. Whoever sees others' figures is drawn anew with any.
Act = Callable[[Company], object]


def allow(company: Company, tokens: int, key: str = "command:1") -> Started:
    wish = AllowanceWish(
        subject=Subject(SubjectKind.MEMBER, ANA), tokens=tokens, period=Period.WEEK
    )
    return allowances.start(
        company.database,
        company.workspace_id,
        actor=LEO,
        wish=wish,
        key=IdempotencyKey(key),
        now=company.later(seconds=1),
    )


def place_digest(company: Company) -> object:
    return digests.place(
        company.database,
        company.workspace_id,
        Asked(actor=LEO, team_id=EVERYONE),
        channel="C1",
        key=IdempotencyKey("modal:1"),
        now=company.later(seconds=1),
    )


def give_role(company: Company) -> object:
    return approvers.add(
        company.database,
        company.workspace_id,
        user_id=BEN,
        role=Role.MANAGER,
        actor=LEO,
        now=company.later(seconds=1),
    )


def become_guest(company: Company) -> None:
    person = Person(user_id=ANA, name="ana", is_guest=True)
    directory.learn(company.database, company.workspace_id, [person], company.later(seconds=1))


ACTS: dict[str, tuple[Act, set[UserId]]] = {
    "a grant": (lambda company: company.grant(LEO, ANA, tokens=7), {ANA}),
    "a transfer": (lambda company: company.transfer(ANA, BEN, 5), {ANA, BEN}),
    "a hold": (lambda company: held.hold(company, ANA, 50), {ANA}),
    "usage": (lambda company: use(company, ANA, 900), {ANA}),
    "a request": (lambda company: company.ask(ANA, 9), {ANA, MIA}),
    "a role": (give_role, {BEN}),
    "what Slack says of somebody": (become_guest, {ANA}),
    "an allowance": (lambda company: allow(company, 500), {ANA}),
    "a policy": (lambda company: held.set_policy(company, LEO, Policy(advance=50)), {ANA}),
    "a channel": (place_digest, {LEO}),
}


@pytest.mark.parametrize("what", ACTS)
def test_what_shows_on_homes_makes_them_stale(lookers: Lookers, what: str) -> None:
    act, whose = ACTS[what]
    assert lookers.look() == []

    act(lookers.company)

    assert whose <= set(lookers.look())


def test_a_member_s_home_is_left_alone_by_what_concerns_others(lookers: Lookers) -> None:
    company = lookers.company
    company.grant(LEO, BEN, tokens=7)
    use(company, BEN, 900)
    company.ask(BEN, 5)

    assert ANA not in lookers.look()


def test_a_request_is_seen_until_it_is_decided(lookers: Lookers) -> None:
    company = lookers.company
    topup = company.ask(ANA, 9, note="the demo")
    asked = lookers.fresh()
    waiting, mine = lookers.newest(MIA).queue, lookers.newest(ANA).open_topups
    company.later(seconds=1)

    company.deny(LEO, topup.topup_id)
    lookers.fresh()

    assert {ANA, MIA} <= set(asked)
    assert waiting is not None
    assert [one.topup.note for one in waiting.first] == ["the demo"]
    assert [one.topup.topup_id for one in mine] == [topup.topup_id]
    assert lookers.newest(ANA).open_topups == ()
    after = lookers.newest(MIA).queue
    assert after is not None
    assert after.count == 0


def test_a_withdrawn_request_leaves_both_homes(lookers: Lookers) -> None:
    company = lookers.company
    topup = company.ask(ANA, 9)
    lookers.fresh()

    company.withdraw(ANA, topup.topup_id)

    assert {ANA, MIA} <= set(lookers.fresh())
    assert lookers.newest(ANA).open_topups == ()


def test_a_hold_is_seen_and_its_end_too(lookers: Lookers) -> None:
    company = lookers.company
    standing = held.hold(company, ANA, 400_000)
    lookers.fresh()
    while_held = lookers.newest(ANA).balance.available

    held.void(company, standing)
    lookers.fresh()

    assert while_held == MILLION - 400_000
    assert lookers.newest(ANA).balance.available == MILLION


def test_a_hold_that_runs_out_is_seen_by_the_clock_alone(lookers: Lookers) -> None:
    company = lookers.company
    held.hold(company, ANA, 400_000, ttl=timedelta(minutes=5))
    lookers.fresh()

    company.later(minutes=6)

    assert ANA in lookers.fresh()
    assert lookers.newest(ANA).balance.available == MILLION


def test_an_allowance_day_is_seen_by_the_clock_alone(lookers: Lookers) -> None:
    company = lookers.company
    allow(company, 70_000)
    company.later(days=6, hours=13)
    lookers.open(ANA)
    before = lookers.newest(ANA).balance

    company.later(hours=2)

    assert ANA in lookers.fresh()
    after = lookers.newest(ANA).balance
    assert [one.coming.on.day for one in (before, after) if one.coming] == [9, 16]
    assert before.expiring != after.expiring


def test_a_changed_allowance_shows_what_comes_next(lookers: Lookers) -> None:
    company = lookers.company
    started = allow(company, 500)
    lookers.fresh()

    allowances.change(
        company.database,
        company.workspace_id,
        actor=LEO,
        allowance_id=started.preview.allowance.allowance_id,
        tokens=800,
        carry_max=0,
        now=company.later(seconds=1),
    )

    assert ANA in lookers.fresh()


def test_a_pool_that_is_filled_shows_to_those_who_look_after_it(lookers: Lookers) -> None:
    company = lookers.company
    team_id = lookers.newest(MIA).glances[0].team.team_id
    pools.fill(
        company.database,
        company.workspace_id,
        asked=Asked(actor=LEO, team_id=team_id),
        tokens=300,
        note="",
        key=IdempotencyKey("modal:9"),
        now=company.later(seconds=1),
    )

    found = lookers.fresh()

    assert {MIA, LEO} <= set(found)
    assert ANA not in found
    assert lookers.newest(MIA).glances[0].pool == 300


def test_a_member_near_their_end_shows_to_their_manager(lookers: Lookers) -> None:
    company = lookers.company
    use(company, ANA, 900_000)

    lookers.fresh()

    glance = lookers.newest(MIA).glances[0]
    assert [(one.user_id, one.available) for one in glance.near] == [(ANA, 100_000)]
    assert glance.used == 900_000
    assert lookers.newest(ANA).glances == ()


def test_a_stand_in_sees_what_was_passed_on_to_them(lookers: Lookers) -> None:
    company = lookers.company
    company.ask(ANA, 9)
    lookers.fresh()
    stand_ins.name(
        company.database,
        company.workspace_id,
        actor=MIA,
        stand_in=BEN,
        leave=Leave(None, company.now.date() + timedelta(days=3)),
        key=IdempotencyKey("command:8"),
        now=company.later(seconds=1),
    )

    found = lookers.fresh()

    assert {ANA, BEN} <= set(found)
    assert [one.deciders for one in lookers.newest(ANA).open_topups] == [(BEN,)]
    shown = lookers.newest(BEN).queue
    assert shown is not None
    assert shown.count == 1


def test_set_up_that_is_done_leaves_the_admins_home(lookers: Lookers) -> None:
    company = lookers.company
    before = lookers.newest(LEO).missing

    place_digest(company)
    lookers.fresh()
    allow(company, 5)
    lookers.fresh()

    assert before == (Step.CHANNEL, Step.ALLOWANCE)
    assert lookers.newest(LEO).missing == ()
    assert lookers.newest(MIA).missing == ()


def test_an_advance_goes_from_home_once_it_is_taken(lookers: Lookers) -> None:
    company = lookers.company
    allow(company, 500)
    held.set_policy(company, LEO, Policy(advance=50))
    lookers.fresh()
    offered = lookers.newest(ANA).balance.has_advance
    offer = advances.look(company.database, company.workspace_id, actor=ANA, now=company.now)

    advances.take(
        company.database,
        company.workspace_id,
        actor=ANA,
        repaid_on=offer.repaid_on,
        now=company.later(seconds=1),
    )
    lookers.fresh()

    assert offered
    assert not lookers.newest(ANA).balance.has_advance


def test_nobody_s_home_is_kept_fresh_for_ever(lookers: Lookers) -> None:
    company = lookers.company
    company.later(seconds=WATCHED_FOR.total_seconds() + 1)
    company.grant(LEO, ANA, tokens=7)

    later = lookers.look()
    fresh_homes.clicked(company.database, company.workspace_id, ANA, company.now)

    assert later == []
    assert lookers.look() == [ANA]


def test_whoever_never_opened_home_has_none_to_keep_fresh(company: Company) -> None:
    leo, ana = company.admin("leo"), company.member("ana")
    company.grant(leo, ana, tokens=7)

    assert Lookers(company).look() == []


def test_a_home_that_slack_does_not_take_is_let_go_until_it_is_opened(lookers: Lookers) -> None:
    company = lookers.company
    fresh_homes.not_taken(company.database, company.workspace_id, ANA, company.now)
    company.grant(LEO, ANA, tokens=7)

    assert ANA not in lookers.look()
    lookers.open(ANA)
    assert lookers.newest(ANA).balance.available == MILLION + 7


def test_several_processes_owe_a_stale_home_once(lookers: Lookers, database_url: str) -> None:
    company = lookers.company
    company.grant(LEO, ANA, tokens=7)
    others = [opening.connect(database_url) for _ in range(4)]

    at_once([partial(fresh_homes.look, one, company.now) for one in others])

    assert company.told().count(("home_stale", ANA)) == 1
    for one in others:
        one.close()


def test_a_crowd_is_looked_at_in_a_few_statements_and_owed_in_portions(
    company: Company,
) -> None:
    """10,000 people have their Homes open, and 300 of them use tokens at once."""
    users = [f"U{number:05}" for number in range(10_000)]
    people_the_town(company, users)
    with counted() as statements:
        fresh_homes.look(company.database, company.now)
    first = len(statements)
    drain(company)
    with company.database.writing() as tx:
        tx.connection.execute(
            sa.text("UPDATE account SET balance = balance - 1 WHERE account_id < 'member:U00300'")
        )

    rounds = [fresh_homes.look(company.database, company.now), drain(company)]
    while owed := fresh_homes.look(company.database, company.now):
        rounds += [owed, drain(company)]

    assert first <= 5
    assert max(rounds) <= fresh_homes.STALE_MAX
    assert sum(rounds) == 2 * 300


def people_the_town(company: Company, users: Sequence[str]) -> None:
    """Their accounts, and Homes that were drawn from what is there."""
    shared = {"workspace_id": company.workspace_id}
    far = company.now + timedelta(hours=1)
    accounts = [
        {**shared, "account_id": f"member:{user}", "kind": "member", "balance": 100, "held": 0}
        for user in users
    ]
    with company.database.writing() as tx:
        tx.connection.execute(sa.insert(table(AccountRow)), accounts)
        seen = homes.sight(tx, company.workspace_id, UserId(users[0]))
        drawing = {"is_wide": False, "seen": seen.seen, "tide": seen.tide, "drawn": "x"}
        times = {"watched_until": far, "look_at": far, "drawn_at": company.now, "drawn_by": ""}
        rows = [{**shared, "user_id": user, **drawing, **times} for user in users]
        tx.connection.execute(sa.insert(table(HomeRow)), rows)


def drain(company: Company) -> int:
    """What is owed is drawn: notes it as delivery does; how many."""
    waiting = [one for one in company.notices() if isinstance(one, HomeStale)]
    with company.database.writing() as tx:
        for one in waiting:
            sight = homes.sight(tx, company.workspace_id, one.recipient)
            far = company.now + timedelta(hours=1)
            drawing = Drawing(
                is_wide=False, seen=sight.seen, tide=sight.tide, look_at=far, drawn="y"
            )
            homes.draw(tx, company.workspace_id, one.recipient, drawing, company.now)
        tx.connection.execute(sa.text("UPDATE outbox SET state = 'sent'"))
    return len(waiting)


def test_a_change_while_a_home_is_drawn_is_not_lost(lookers: Lookers) -> None:
    """What it was drawn from is read before what it shows."""
    company = lookers.company
    sight = fresh_homes.sight(company.database, company.workspace_id, ANA)
    shown = lookers.newest(ANA)
    company.grant(LEO, ANA, tokens=7)
    fresh_homes.drawn(
        company.database, company.workspace_id, shown, of=sight, fingerprint="x", now=company.now
    )

    assert ANA in lookers.look()


def test_members_who_change_nothing_cost_nothing(lookers: Lookers) -> None:
    """Team members come and go; the manager's Home says how many there are."""
    company = lookers.company
    eve = company.member("eve")
    team_id = lookers.newest(MIA).glances[0].team.team_id
    team_members.move(
        company.database,
        company.workspace_id,
        Asked(actor=LEO, team_id=team_id),
        joining=[eve],
        leaving=[],
        now=company.later(seconds=1),
    )

    found = lookers.fresh()

    assert MIA in found
    assert not {ANA, BEN} & set(found)
    assert lookers.newest(MIA).glances[0].people == 3
    deadlines.do_due(company.database, company.now)
    assert lookers.fresh() == []

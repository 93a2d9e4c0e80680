"""Limits over the wire: `/tokens why`, word of a refusal, and lifts."""

from collections.abc import Iterator

import httpx
import pytest
from tokenbot_client import LimitReached

from bot.domain.api_keys import Scope
from bot.domain.directory import EVERYONE, Role, UserId
from bot.domain.limits import Measure
from bot.domain.policies import Cap, CapId, CapPeriod, Mode, Policy
from bot.playground.people import ANA, BEN, CAST, LEO, MIA, Person
from bot.services import api_keys, approvers, policies
from bot.services.team_choice import Asked
from tests.databases import Databases
from tests.slack.town import TEAM, Town, people, town_on

FAY, EVE = people("fay", "eve")
ROBOT = Person(id="U0XROBOT", name="robot", real_name="Robot", is_bot=True)


def set_policy(town: Town, policy: Policy) -> None:
    asked = Asked(actor=UserId(LEO.id), team_id=EVERYONE)
    policies.put(town.bot.database, TEAM, asked, policy=policy, now=town.clock())


def set_cap(town: Town, measure: Measure, name: str, tokens: int) -> None:
    cap = Cap(
        cap_id=CapId(""),
        team_id=EVERYONE,
        measure=measure,
        name=name,
        tokens=tokens,
        period=CapPeriod.WEEK,
    )
    asked = Asked(actor=UserId(LEO.id), team_id=EVERYONE)
    policies.put_cap(town.bot.database, TEAM, asked, cap=cap, now=town.clock())


def hold(town: Town, who: Person, amount: int) -> httpx.Response:
    """What a gateway asks before a call of theirs."""
    made = api_keys.create(
        town.bot.database,
        TEAM,
        name=f"gateway-{town.clock().timestamp()}",
        scopes=(Scope.HOLDS,),
        user_id=None,
        actor="command line",
        now=town.clock(),
    )
    return httpx.post(
        f"{town.handle.url}/v1/holds",
        json={"user": who.id, "amount": amount, "model": "gpt-4o"},
        headers={"Authorization": f"Bearer {made.credential}"},
        timeout=30,
        trust_env=False,
    )


def answer(town: Town, who: Person) -> str:
    """The newest thing that only they see."""
    town.settle()
    return town.read(town.slack.ephemerals(who)[-1], who)


@pytest.fixture(scope="module")
def office(databases: Databases) -> Iterator[Town]:
    """A town in which Ana has a million, her calls have limits, and Fay is in finance."""
    cast = (*CAST, FAY, EVE, ROBOT)
    with databases.migrated("sqlite") as url, town_on(url, cast=cast) as made:
        approvers.add(
            made.bot.database,
            TEAM,
            user_id=UserId(FAY.id),
            role=Role.FINANCE,
            actor="command line",
            now=made.clock(),
        )
        made.fund(ANA)
        set_policy(made, Policy(day_tokens=400_000, fallback_model="gpt-4o-mini"))
        set_cap(made, Measure.MODEL, "gpt-4*", 300_000)
        set_cap(made, Measure.MODEL, "claude*", 500_000)
        yield made


# Why.


def test_why_shows_every_limit_where_it_stands_and_what_the_policy_does(office: Town) -> None:
    shown = office.say(ANA, "why")

    assert "A call of yours may need up to 400k (400,000) tokens now." in shown
    assert "Available: 1M (1,000,000) left" in shown
    assert "Today: 400k (400,000) left; begins anew" in shown
    assert "Models gpt-4*: 300k (300,000) of 300k (300,000) a week left" in shown
    assert "(the tightest)" in shown
    assert "The policy of Everyone is hard: a call that doesn't fit is refused." in shown
    assert "may use gpt-4o-mini instead" in shown
    assert "Request more…" in shown


def test_why_of_a_model_shows_its_caps_alone(office: Town) -> None:
    shown = office.say(ANA, "why claude-opus-4-5")

    assert "A call for claude-opus-4-5 of yours may need up to 400k" in shown
    assert "claude*" in shown
    assert "gpt-4*" not in shown
    assert "No cap is on <b>llama</b>" in office.say(ANA, "why <b>llama</b>")


def test_who_has_nothing_yet_is_told_kindly_how_to_get_some(office: Town) -> None:
    shown = office.say(BEN, "why")

    assert "You have no tokens yet, so no call of yours fits. Ask for some" in shown


def test_others_limits_are_for_those_who_may_see_their_balance(office: Town) -> None:
    assert "A call of @Ana" in (seen := office.say(LEO, "why @ana"))
    assert "Lift for 4 hours" in seen
    assert "Lift for 4 hours" not in office.say(FAY, "why @ana")
    assert "is private" in office.say(BEN, "why @ana")
    assert "is nobody I can find" in office.say(LEO, "why @nobody")


def test_the_button_of_ones_own_opens_a_request(office: Town) -> None:
    office.say(ANA, "why")
    office.slack.click(ANA, "ephemeral", "Request more…")

    assert "Request tokens" in office.slack.as_text(office.slack.modal(ANA))


# Typed lifts.


@pytest.mark.parametrize(
    ("who", "typed", "said"),
    [
        (LEO, "lift", "Who is it for?"),
        (LEO, "lift @nobody 4", "is nobody I can find"),
        (LEO, "lift 4", "is nobody I can find"),
        (LEO, "lift @ana 0", "0 lifts nothing. /tokens lift @ana off ends a lift."),
        (LEO, "lift @ana -4", "-4 is below zero."),
        (LEO, "lift @ana 73", "73 is too long: a lift lasts 72 hours at most."),
        (LEO, "lift @ana 99999999999999999999", "are no full hours"),
        (LEO, "lift @ana soon", "soon are no full hours, from 1 to 72."),
        (LEO, "lift @ana 1.5", "1.5 are no full hours"),
        (LEO, "lift @ana ٤", "are no full hours"),
        (LEO, "lift @ana 4 hours please", "are no full hours"),
        (LEO, "lift @leo 4", "That would lift your own limits, so another approver does it."),
        (LEO, "lift @robot 4", "is an app"),
        (LEO, "lift @ana off", "Nothing changed: no lift is in force for"),
        (BEN, "lift @ana 4", "Limits are lifted by approvers."),
        (FAY, "lift @ana 4", "Limits are lifted by approvers."),
    ],
)
def test_what_cannot_be_lifted_is_refused_in_words(
    office: Town, who: Person, typed: str, said: str
) -> None:
    assert said in office.say(who, typed)
    assert office.rows("SELECT 1 FROM lift") == []


def test_a_manager_of_another_team_lifts_nobody_elses(sqlite_town: Town) -> None:
    town = sqlite_town
    town.say(LEO, "team create search @ana")
    town.say(LEO, "team manager search @ben")

    assert "lifted until" in town.say(BEN, "lift @ana 4")
    for whom in ("leo", "mia"):
        said = town.say(BEN, f"lift @{whom} 4")
        assert "You can lift the limits of your own team" in said


def test_a_typed_lift_is_told_shown_replaced_and_ended(sqlite_town: Town) -> None:
    town = sqlite_town
    town.fund(ANA)

    first = town.say(LEO, "lift @ana 8h")
    again = town.say(MIA, "lift @ana for 2 hours")
    mine = town.say(ANA, "why")
    ended = town.say(MIA, "lift @ana off")

    assert "are lifted until" in first
    assert "They are told" in first
    assert "This takes the place of the lift by @Leo" in again
    assert "Nothing refuses your calls until" in mine
    assert "The lift for @Ana" in ended
    told = [one for one in town.dms(ANA) if "lift" in one]
    assert ["lifted your limits until" in one for one in told] == [True, True, False]
    assert "ended the lift: your limits hold again" in told[-1]
    changes = town.rows("SELECT actor FROM audit WHERE what = 'lift' ORDER BY audit_id")
    assert [row["actor"] for row in changes] == [LEO.id, MIA.id, MIA.id]


# A refusal, from the gateway to the lift.


def test_a_refused_member_asks_for_more_and_an_approver_lifts_the_limit(town: Town) -> None:
    town.fund(ANA)
    set_policy(town, Policy(day_tokens=10_000))

    assert [hold(town, ANA, 12_000).status_code for _ in range(3)] == [402] * 3
    dm = town.dm(ANA, containing="A call to gpt-4o was refused")
    assert "it needs 12k (12,000) tokens, and 10k (10,000) of today's" in town.read(dm, ANA)
    town.slack.click(ANA, dm, "Request more…")
    town.slack.submit(ANA, {"amount": "50k", "reason": "the release"})
    asked = town.dm(MIA, containing="asks for 50k")
    assert "More tokens alone don't change that." in town.read(asked, MIA)

    town.slack.click(MIA, asked, "Lift for 4 hours")

    assert "are lifted until" in answer(town, MIA)
    assert hold(town, ANA, 12_000).status_code == 201
    assert "lifted your limits until" in town.read(town.dm(ANA, containing="lifted"), ANA)
    assert "Their limits are lifted until" in town.read(town.dm(MIA, containing="50k"), MIA)
    assert len([one for one in town.dms(ANA) if "was refused" in one]) == 1
    assert town.wrong_in_the_books() == []


def test_of_two_approvers_who_press_the_button_the_second_changes_nothing(town: Town) -> None:
    town.fund(ANA)
    for who in (LEO, MIA):
        town.say(who, "why @ana")

    town.slack.click(LEO, "ephemeral", "Lift for 4 hours")
    town.slack.click(MIA, "ephemeral", "Lift for 4 hours")

    assert "The limits of @Ana" in answer(town, LEO)
    assert "Nothing changed: the limits of @Ana" in (said := answer(town, MIA))
    assert "by @Leo" in said
    assert len(town.rows("SELECT 1 FROM lift")) == 1

    town.slack.click(MIA, "ephemeral", "End the lift")
    assert "The lift for @Ana" in answer(town, MIA)
    town.clock.forward(seconds=5)
    town.slack.click(LEO, "ephemeral", "End the lift")
    assert "Nothing changed: no lift is in force" in answer(town, LEO)


def test_an_old_button_after_a_lift_that_has_ended_says_how_to_lift_anew(
    sqlite_town: Town,
) -> None:
    town = sqlite_town
    town.fund(ANA)
    town.say(MIA, "why @ana")
    town.say(LEO, "lift @ana 1")
    town.clock.forward(hours=2)

    town.slack.click(MIA, "ephemeral", "Lift for 4 hours")

    assert "Nothing changed: no lift is in force for @Ana" in (said := answer(town, MIA))
    assert "/tokens lift and their name lifts their limits" in said
    assert len(town.rows("SELECT 1 FROM lift")) == 1


def test_a_button_pressed_by_whoever_may_lift_no_longer_does_nothing(sqlite_town: Town) -> None:
    town = sqlite_town
    town.fund(ANA)
    town.say(MIA, "why @ana")
    approvers.remove(
        town.bot.database,
        TEAM,
        user_id=UserId(MIA.id),
        role=Role.MANAGER,
        actor="command line",
        now=town.clock(),
    )

    town.slack.click(MIA, "ephemeral", "Lift for 4 hours")

    assert "Limits are lifted by approvers." in answer(town, MIA)
    assert town.rows("SELECT 1 FROM lift") == []


def test_what_a_policy_lets_pass_is_told_once(sqlite_town: Town) -> None:
    town = sqlite_town
    town.fund(ANA, "1k")
    set_policy(town, Policy(mode=Mode.SOFT, grace_tokens=500))
    for _ in range(2):
        assert hold(town, ANA, 600).status_code == 201
    set_policy(town, Policy(mode=Mode.WARN))
    for _ in range(2):
        assert hold(town, ANA, 5_000).status_code == 201

    told = [one for one in town.dms(ANA) if "passed" in one]

    assert ["using your grace" in one for one in told] == [True, False]
    assert "300 of the grace are left" in told[0]
    assert "your team's policy only warns" in told[1]


# The way from a refused call to Slack.


def test_a_refused_call_leads_to_the_home_whose_first_button_asks_for_more(town: Town) -> None:
    before = hold(town, ANA, 5).json()["slack_url"]
    town.slack.open_home(ANA)

    shown = town.home(ANA, containing="Request more…")
    found = town.soon(lambda: hold(town, ANA, 5).json()["slack_url"])
    refused = hold(town, ANA, 5)

    assert before is None
    assert found == f"slack://app?team={TEAM}&id=A0TOKENBOT&tab=home"
    assert LimitReached(refused.status_code, refused.json()).slack == found
    assert shown.index("Request more…") < shown.index("Transfer…")

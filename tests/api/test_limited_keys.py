"""Keys that are limited to a team or to people: one that leaks does not drain a company."""

from collections.abc import Iterator

import httpx
import pytest

from bot.domain.api_keys import Reach, Scope
from bot.domain.directory import TeamId, UserId
from bot.services import books, team_ends
from bot.services.team_choice import Asked
from tests import otlp_bodies as bodies
from tests.api.serving import Json, Served, event
from tests.company import MORNING


@pytest.fixture
def ana(served: Served) -> UserId:
    """In a team of her own."""
    return served.company.member("ana", available=1_000)


@pytest.fixture
def ben(served: Served) -> UserId:
    return served.company.member("ben", available=1_000)


@pytest.fixture
def search(served: Served, ana: UserId) -> TeamId:
    return served.company.team("search", ana)


@pytest.fixture
def teams_key(served: Served, search: TeamId) -> Iterator[httpx.Client]:
    made = served.made("search gateway", reach=Reach(team_id=search))
    with served.speaking(str(made.credential)) as client:
        yield client


@pytest.fixture
def bens_key(served: Served, ben: UserId) -> Iterator[httpx.Client]:
    made = served.made("ben's things", reach=Reach(people=frozenset({ben})))
    with served.speaking(str(made.credential)) as client:
        yield client


@pytest.fixture(autouse=True)
def clean_books(served: Served) -> Iterator[None]:
    yield
    assert [str(wrong) for wrong in books.check(served.company.database)] == []


def hold(client: httpx.Client, user: str, amount: int = 100) -> httpx.Response:
    return client.post("/v1/holds", json={"user": user, "amount": amount})


def settlement(tokens: int) -> Json:
    return {"input_tokens": tokens, "output_tokens": 0}


def test_a_teams_key_holds_for_its_people_and_refuses_others_alike(
    teams_key: httpx.Client, ana: UserId, ben: UserId
) -> None:
    mine, others, nobodys = (hold(teams_key, user) for user in (ana, ben, "nobody@corp.test"))
    asked = teams_key.post("/v1/authorize", json={"user": ben, "amount": 1})

    assert (mine.status_code, mine.json()["user"]) == (201, ana)
    assert [one.status_code for one in (others, nobodys, asked)] == [403] * 3
    assert others.json()["type"] == "urn:tokenbot:problem:not-for-this-key"
    said = {
        one.json()["detail"].replace(name, "X")
        for one, name in ((others, ben), (nobodys, "nobody@corp.test"))
    }
    assert said == {
        "X is nobody whom this key may hold for; tokenbot api-key list shows whose tokens it may "
        "hold."
    }


def test_a_key_of_some_people_holds_for_them_alone(
    bens_key: httpx.Client, ana: UserId, ben: UserId
) -> None:
    assert hold(bens_key, ben).status_code == 201
    assert hold(bens_key, ana).status_code == 403


@pytest.mark.parametrize("action", ["", "/settle", "/void", "/extend"])
def test_a_hold_of_others_is_none_that_a_limited_key_may_see(
    served: Served, teams_key: httpx.Client, bens_key: httpx.Client, action: str
) -> None:
    ana, ben = UserId("UANA"), UserId("UBEN")
    path = f"/v1/holds/{hold(served.client, ben).json()['id']}"
    theirs = f"/v1/holds/{hold(served.client, ana).json()['id']}"
    method, body = ("POST", settlement(1)) if action else ("GET", None)

    unseen = [
        teams_key.request(method, f"{path}{action}", json=body),
        bens_key.request(method, f"{theirs}{action}", json=body),
    ]
    seen = teams_key.request(method, f"{theirs}{action}", json=body)

    assert [one.status_code for one in unseen] == [404] * 2
    assert seen.status_code == 200
    assert served.client.get(path).json()["state"] == "open"


def test_of_many_at_once_those_of_others_are_refused_alone(
    served: Served, teams_key: httpx.Client, ana: UserId, ben: UserId
) -> None:
    theirs = hold(served.client, ben).json()["id"]
    asked = [{"user": user, "amount": 10} for user in (ana, ben)]

    made = teams_key.post("/v1/holds", json={"holds": asked}).json()["results"]
    mine = made[0]["hold"]["id"]
    settlements = [{"hold": one, **settlement(5)} for one in (mine, theirs)]
    done = teams_key.post("/v1/settlements", json={"settlements": settlements}).json()["results"]

    assert made[1]["problem"]["status"] == 403
    assert done[0]["hold"]["settled"] == 5
    assert done[1]["problem"]["status"] == 404


def test_whoever_left_the_team_is_held_for_no_more_and_what_was_held_is_settled(
    served: Served, teams_key: httpx.Client, ana: UserId
) -> None:
    made = hold(teams_key, ana).json()
    served.company.team("ads", ana)

    after = hold(teams_key, ana)
    done = teams_key.post(f"/v1/holds/{made['id']}/settle", json=settlement(40))

    assert after.status_code == 403
    assert (done.status_code, done.json()["settled"]) == (200, 40)


def test_a_key_of_a_team_that_ended_holds_for_nobody(
    served: Served, teams_key: httpx.Client, search: TeamId, ana: UserId
) -> None:
    leo = served.company.admin("leo")
    team_ends.end(
        served.company.database,
        served.company.workspace_id,
        asked=Asked(actor=leo, team_id=search),
        now=MORNING,
    )

    assert hold(teams_key, ana).status_code == 403


def test_a_limited_key_reports_usage_of_those_people_alone(
    served: Served, teams_key: httpx.Client, ana: UserId, ben: UserId
) -> None:
    events = [event(id=user, user=user) for user in (ana, ben, "nobody@corp.test")]

    answer = teams_key.post("/v1/usage", json={"events": events}).json()

    assert (answer["accepted"], [one["index"] for one in answer["rejected"]]) == (1, [1, 2])
    assert "user is nobody whom this key may charge" in answer["rejected"][0]["error"]
    assert served.events() == [("app", ana)]


def test_a_limited_key_reports_telemetry_of_those_people_alone(
    served: Served, bens_key: httpx.Client
) -> None:
    call = bodies.api_request(session="s", sequence=1, at_ns=int(MORNING.timestamp()) * 10**9)

    answer = bens_key.post(
        "/v1/logs",
        content=call.SerializeToString(),
        headers={"Content-Type": "application/x-protobuf"},
    )

    assert answer.status_code == 200
    assert b"user is nobody whom this key may charge" in answer.content
    assert served.events() == []


def test_a_limited_key_without_the_scope_holds_nothing(served: Served, ben: UserId) -> None:
    made = served.made("meter", Scope.USAGE_WRITE, reach=Reach(people=frozenset({ben})))
    with served.speaking(str(made.credential)) as client:
        assert hold(client, ben).status_code == 403

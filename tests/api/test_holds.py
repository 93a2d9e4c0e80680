"""`/v1/holds` over real sockets."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.domain.api_keys import Scope
from bot.domain.directory import UserId
from bot.domain.limits import Measure
from bot.domain.policies import CapPeriod, Mode, Policy
from bot.services import books
from bot.storage.moments import as_moment
from tests.api.serving import Served
from tests.company import MORNING
from tests.held import set_cap, set_policy

Json = dict[str, Any]


@pytest.fixture
def ana(served: Served) -> UserId:
    return served.company.member("ana", available=1_000)


def hold(served: Served, user: str, amount: int, **more: object) -> Json:
    answer = served.client.post("/v1/holds", json={"user": user, "amount": amount, **more})
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


def settlement(tokens: int, **more: object) -> Json:
    return {"input_tokens": tokens, "output_tokens": 0, **more}


def test_a_call_is_held_for_made_and_charged(served: Served, ana: UserId) -> None:
    made = hold(served, ana, 600, model="gpt-4o")

    done = served.client.post(f"/v1/holds/{made['id']}/settle", json=settlement(250))
    seen = served.client.get(f"/v1/holds/{made['id']}")

    assert (made["state"], made["held"], made["available"]) == ("open", 600, 400)
    assert done.json() == seen.json()
    assert (done.json()["state"], done.json()["settled"]) == ("settled", 250)
    assert done.json()["available"] == 750


def test_what_does_not_fit_is_a_402_that_says_what_to_do(served: Served, ana: UserId) -> None:
    answer = served.client.post("/v1/holds", json={"user": ana, "amount": 1_001})

    said = answer.json()
    assert answer.status_code == 402
    assert said["type"] == "urn:tokenbot:problem:limit-reached"
    assert (said["needed"], said["available"]) == (1_001, 1_000)
    assert said["detail"] == (
        "This call needs 1,001 tokens, and 1,000 are available. Ask for more in Slack: "
        "/tokens request. What limits you: /tokens why."
    )


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (
            Policy(request_max=100),
            "and one call may need 100 at most. Make it smaller, or ask to have that lifted, in "
            "Slack: /tokens request. What limits you: /tokens why.",
        ),
        (
            Policy(day_tokens=100),
            "and 100 of today's 100 are left. That begins anew on 3 March, 00:00 UTC. If you "
            "can't wait, ask to have it lifted, in Slack: /tokens request. What limits you: "
            "/tokens why.",
        ),
    ],
    ids=["one call", "today"],
)
def test_a_402_asks_for_no_more_tokens_where_they_change_nothing(
    served: Served, ana: UserId, policy: Policy, said: str
) -> None:
    set_policy(served.company, served.company.admin("leo"), policy)

    answer = served.client.post("/v1/holds", json={"user": ana, "amount": 101})

    assert answer.status_code == 402
    assert answer.json()["detail"] == f"This call needs 101 tokens, {said}"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (0, "and 1,050 are available, the grace of 50 included"),
        (1_000, "and 50 of the grace are left"),
        (1_049, "and 1 of the grace is left"),
        (1_050, "and nothing of the grace is left"),
    ],
)
def test_a_402_within_the_grace_says_so(
    served: Served, ana: UserId, before: int, said: str
) -> None:
    soft = Policy(mode=Mode.SOFT, grace_tokens=50)
    set_policy(served.company, served.company.admin("leo"), soft)
    if before:
        hold(served, ana, before)

    answer = served.client.post("/v1/holds", json={"user": ana, "amount": 2_000})

    assert answer.json()["detail"].startswith(f"This call needs 2,000 tokens, {said}. Ask for")
    assert answer.json()["available"] == max(1_000 - before, 0)


@pytest.mark.parametrize(
    ("measure", "name", "said"),
    [
        (Measure.MODEL, "gpt-4*", "100 of 100 a week for gpt-4* are left"),
        (Measure.PROJECT, "ranking", "100 of all teams' 100 a week for the project ranking are"),
    ],
)
def test_a_402_by_a_cap_says_in_which_time_and_for_whom_it_counts(
    served: Served, ana: UserId, measure: Measure, name: str, said: str
) -> None:
    leo = served.company.admin("leo")
    set_cap(served.company, leo, measure, name, 200, period=CapPeriod.MONTH)
    set_cap(served.company, leo, measure, name, 100, period=CapPeriod.WEEK)
    call = {"user": ana, "amount": 101, "model": "gpt-4o", "project": "ranking"}

    answer = served.client.post("/v1/holds", json=call)

    assert said in answer.json()["detail"]
    assert answer.json()["limit"]["period"] == "week"
    assert [one["period"] for one in answer.json()["limits"]] == ["", "month", "week"]


def test_a_402_where_nothing_is_left_reads_well(served: Served, ana: UserId) -> None:
    hold(served, ana, 1_000)

    answer = served.client.post("/v1/holds", json={"user": ana, "amount": 1})

    assert answer.json()["detail"] == (
        "This call needs 1 token, and nothing is available. Ask for more in Slack: "
        "/tokens request. What limits you: /tokens why."
    )


def test_a_key_without_the_scope_holds_nothing(served: Served, ana: UserId) -> None:
    key = served.made("meter", Scope.USAGE_WRITE).credential
    with served.speaking(str(key)) as client:
        assert client.post("/v1/holds", json={"user": ana, "amount": 1}).status_code == 403


def test_settling_twice_is_the_same_answer_and_another_settlement_a_conflict(
    served: Served, ana: UserId
) -> None:
    path = f"/v1/holds/{hold(served, ana, 600)['id']}/settle"

    first, again, other = (
        served.client.post(path, json=settlement(250, id=name)) for name in ("a", "a", "b")
    )
    differing = served.client.post(path, json=settlement(251, id="a"))

    assert first.json() == again.json()
    assert (other.status_code, other.json()["type"]) == (409, "urn:tokenbot:problem:hold-ended")
    assert other.json()["state"] == "settled"
    assert differing.status_code == 422


def test_the_same_key_is_the_same_hold_and_with_other_content_a_conflict(
    served: Served, ana: UserId
) -> None:
    first = hold(served, ana, 600, idempotency_key="k")
    again = hold(served, ana, 600, idempotency_key="k")
    by_header = served.client.post(
        "/v1/holds", json={"user": ana, "amount": 600}, headers={"Idempotency-Key": "k"}
    )
    other = served.client.post("/v1/holds", json={"user": ana, "amount": 5, "idempotency_key": "k"})

    assert first["id"] == again["id"] == by_header.json()["id"]
    assert (other.status_code, other.json()["type"]) == (409, "urn:tokenbot:problem:key-reused")
    assert again["available"] == 400


def test_a_hold_whose_call_was_not_made_is_voided_and_can_not_be_settled(
    served: Served, ana: UserId
) -> None:
    made = hold(served, ana, 600)

    voided = served.client.post(f"/v1/holds/{made['id']}/void")
    settled = served.client.post(f"/v1/holds/{made['id']}/settle", json=settlement(1))

    assert (voided.json()["state"], voided.json()["available"]) == ("voided", 1_000)
    assert settled.status_code == 409
    assert settled.json()["state"] == "voided"  # its usage is to be reported by itself
    assert "/v1/usage" in settled.json()["detail"]


def test_a_long_call_settles_part_by_part_and_is_extended(served: Served, ana: UserId) -> None:
    path = f"/v1/holds/{hold(served, ana, 600)['id']}"

    part = served.client.post(f"{path}/settle", json=settlement(250, id="1", final=False)).json()
    longer = served.client.post(f"{path}/extend", json={"ttl_seconds": 3_600}).json()
    end = served.client.post(f"{path}/settle", json=settlement(100, id="2")).json()

    assert (part["state"], part["held"], part["available"]) == ("open", 350, 400)
    assert longer["expires_at"] > part["expires_at"]
    assert (end["state"], end["settled"], end["available"]) == ("settled", 350, 650)


def test_asking_holds_nothing(served: Served, ana: UserId) -> None:
    yes = served.client.post("/v1/authorize", json={"user": ana, "amount": 1_000})
    no = served.client.post("/v1/authorize", json={"user": ana, "amount": 1_001})

    assert yes.json() == {"allowed": True, "needed": 1_000, "available": 1_000}
    assert no.status_code == 402
    assert hold(served, ana, 1_000)["available"] == 0


def test_an_estimate_holds_input_and_what_the_call_may_put_out(served: Served, ana: UserId) -> None:
    def needed(**estimate: object) -> int:
        asked = {"user": ana, "estimate": {"model": "gpt-4o", **estimate}}
        found: int = served.client.post("/v1/authorize", json=asked).json()["needed"]
        return found

    assert needed(input_tokens=100, max_output_tokens=50) == 150
    # Nothing is known of such calls yet: a client's 32,000 are not believed, unless it insists.
    served.company.grant(served.company.admin("leo"), ana, tokens=100_000)
    assert needed(input_tokens=100, max_output_tokens=32_000) == 1_100
    assert needed(input_tokens=100, max_output_tokens=32_000, strict=True) == 32_100


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"user": "UANA"},
        {"user": "UANA", "amount": 0},
        {"user": "UANA", "amount": -5},
        {"user": "UANA", "amount": 10**15 + 1},
        {"user": "UANA", "amount": 10**40},
        {"user": "UANA", "amount": "5"},
        {"user": "UANA", "amount": 1.5},
        {"user": "UANA", "amount": True},
        {"user": "UANA", "amount": 5, "estimate": {"input_tokens": 5}},
        {"user": "UANA", "estimate": 5},
        {"user": "UANA", "estimate": {}},
        {"user": "UANA", "estimate": {"input_tokens": -1}},
        {"user": "UANA", "estimate": {"input_tokens": 1, "strict": "yes"}},
        {"user": "UANA", "amount": 5, "ttl_seconds": 0},
        {"user": "UANA", "amount": 5, "ttl_seconds": 86_401},
        {"user": "UANA", "amount": 5, "idempotency_key": "x" * 201},
        {"user": "UANA", "amount": 5, "metadata": {"a": {}}},
        {"user": "U\x00", "amount": 5},
        {"user": "", "amount": 5},
        {"amount": 5},
        {"user": "UANA", "amount": 5, "project": "\ud800"},
    ],
)
def test_what_no_hold_can_be_is_refused_in_words_and_holds_nothing(
    served: Served, ana: UserId, body: object
) -> None:
    answer = served.client.post(
        "/v1/holds", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 10
    assert hold(served, ana, 1_000)["available"] == 0


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("settle", {"input_tokens": -1, "output_tokens": 0}),
        ("settle", {"output_tokens": 0}),
        ("settle", {"input_tokens": 1, "output_tokens": 0, "final": "no"}),
        ("settle", {"input_tokens": 1, "output_tokens": 0, "final": False}),
        ("settle", {"input_tokens": 1, "output_tokens": 0, "at": "yesterday"}),
        ("settle", []),
        ("extend", {"ttl_seconds": 0}),
        ("extend", {"ttl_seconds": 86_401}),
        ("extend", []),
    ],
)
def test_what_no_settlement_or_extension_can_be_is_refused_and_changes_nothing(
    served: Served, ana: UserId, action: str, body: object
) -> None:
    path = f"/v1/holds/{hold(served, ana, 600)['id']}"

    answer = served.client.post(f"{path}/{action}", json=body)

    assert answer.status_code == 422, answer.text
    assert served.client.get(path).json()["state"] == "open"


@pytest.mark.parametrize("at", ["2020-01-01T00:00:00Z", "2099-12-31T23:59:59+00:00"])
def test_a_call_is_charged_when_it_was_made_whatever_its_callers_clock_says(
    served: Served, ana: UserId, at: str
) -> None:
    path = f"/v1/holds/{hold(served, ana, 600)['id']}/settle"

    done = [served.client.post(path, json=settlement(250, at=at)) for _ in range(2)]

    (event,) = served.company.rows("SELECT occurred_at FROM usage_event")
    assert [answer.status_code for answer in done] == [200, 200]
    assert done[1].json()["settled"] == 250
    assert as_moment(event["occurred_at"]) == MORNING


@pytest.mark.parametrize("action", ["", "/settle", "/void", "/extend"])
def test_a_hold_that_nobody_made_is_a_404(served: Served, ana: UserId, action: str) -> None:
    method = "POST" if action else "GET"
    answer = served.client.request(
        method, f"/v1/holds/nothing{action}", json=settlement(1) if action else None
    )

    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:tokenbot:problem:hold-unknown"


def test_a_key_that_is_a_persons_holds_theirs_and_sees_no_others(
    served: Served, ana: UserId
) -> None:
    ben = served.company.member("ben", available=50)
    theirs = hold(served, ana, 100)
    with served.speaking(str(served.made("ben's", user_id=ben).credential)) as client:
        mine = client.post("/v1/holds", json={"user": ana, "amount": 50}).json()
        unseen = client.post(f"/v1/holds/{theirs['id']}/void")

    assert (mine["user"], mine["available"]) == (ben, 0)
    assert unseen.status_code == 404


def test_a_key_that_is_revoked_in_mid_stream_settles_nothing_more(
    served: Served, ana: UserId
) -> None:
    made = served.made("gateway", Scope.HOLDS)
    with served.speaking(str(made.credential)) as client:
        kept = client.post("/v1/holds", json={"user": ana, "amount": 600}).json()
        served.revoke("gateway")
        answer = client.post(f"/v1/holds/{kept['id']}/settle", json=settlement(250))

    assert answer.status_code == 401
    assert served.client.get(f"/v1/holds/{kept['id']}").json()["state"] == "open"


def test_calls_of_nobody_are_metered_or_refused_as_the_setting_says(served: Served) -> None:
    asked = {"user": "nobody@corp.test", "source": "litellm", "amount": 600}
    met = served.client.post("/v1/holds", json=asked)
    done = served.client.post(f"/v1/holds/{met.json()['id']}/settle", json=settlement(250))
    served.company.put_setting("unknown_users", "refuse")
    refused = served.client.post("/v1/holds", json=asked)

    assert (met.status_code, met.json()["user"], met.json()["held"]) == (201, None, 0)
    assert done.json()["settled"] == 250
    assert refused.status_code == 404
    assert "/tokens link" in refused.json()["detail"]
    assert served.events() == [("litellm", met.json()["id"])]


def test_of_many_at_once_none_overspends_and_none_is_told_to_come_again(
    served: Served, ana: UserId
) -> None:
    def ask(_: int) -> int:
        with served.speaking(served.key) as client:
            return client.post("/v1/holds", json={"user": ana, "amount": 100}).status_code

    with ThreadPoolExecutor(32) as crowd:
        statuses = list(crowd.map(ask, range(32)))

    assert sorted(statuses) == [201] * 10 + [402] * 22
    assert books.check(served.company.database) == []


def test_many_are_held_for_and_settled_at_once_and_one_refused_stops_none(
    served: Served, ana: UserId
) -> None:
    asked = [{"user": ana, "amount": 600}, {"user": ana, "amount": 600}, {"user": ana}, 5]
    made = served.client.post("/v1/holds", json={"holds": asked}).json()["results"]
    first = made[0]["hold"]["id"]
    settlements = [{"hold": first, **settlement(250)}, {"hold": "no", **settlement(1)}, []]
    done = served.client.post("/v1/settlements", json={"settlements": settlements})
    too_many = served.client.post("/v1/holds", json={"holds": asked * 26})

    assert [one["problem"]["status"] for one in made[1:]] == [402, 422, 422]
    assert [list(one) for one in done.json()["results"]] == [["hold"], ["problem"], ["problem"]]
    assert done.json()["results"][0]["hold"]["available"] == 750
    assert too_many.status_code == 413
    for name, body in (("holds", {"holds": 5}), ("settlements", {}), ("settlements", [])):
        assert served.client.post(f"/v1/{name}", json=body).status_code in {400, 422}


def test_other_methods_and_places_are_not_taken_for_holds(served: Served, ana: UserId) -> None:
    made = hold(served, ana, 600)

    method = served.client.get(f"/v1/holds/{made['id']}/settle")
    nowhere = served.client.post(f"/v1/holds/{made['id']}/settle/twice", json=settlement(1))
    under = served.client.post("/v2/v1/holds", json={"user": ana, "amount": 1})

    assert (method.status_code, method.headers["allow"]) == (405, "POST")
    assert [nowhere.status_code, under.status_code] == [404, 404]
    assert served.client.get(f"/v1/holds/{made['id']}").json() == made

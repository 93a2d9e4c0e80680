"""What goes wrong around holds over HTTP: clients that go, come twice, or come all at once."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from bot.domain.directory import UserId
from bot.domain.holds import OPEN_MAX
from bot.services import books
from tests.api.serving import Json, Served
from tests.waiting import until

#: Of a request.
MANY = 100


@pytest.fixture
def ana(served: Served) -> UserId:
    return served.company.member("ana", available=100_000)


@pytest.fixture(autouse=True)
def clean_books(served: Served) -> Iterator[None]:
    yield
    assert [str(wrong) for wrong in books.check(served.company.database)] == []


def settlement(tokens: int) -> Json:
    return {"input_tokens": tokens, "output_tokens": 0}


def count(served: Served) -> int:
    return int(str(served.company.rows("SELECT COUNT(*) AS n FROM hold")[0]["n"]))


def test_a_thousand_open_holds_are_as_many_as_a_person_may_have(
    served: Served, ana: UserId
) -> None:
    one = {"user": ana, "amount": 1}
    made = [
        served.client.post("/v1/holds", json={"holds": [one] * MANY}).json()["results"]
        for _ in range(OPEN_MAX // MANY)
    ]
    refused = served.client.post("/v1/holds", json=one)
    served.client.post(f"/v1/holds/{made[0][0]['hold']['id']}/void")

    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:tokenbot:problem:too-many-holds"
    assert "1,000 holds of theirs are open" in refused.json()["detail"]
    assert served.client.post("/v1/holds", json=one).status_code == 201


def test_a_client_that_goes_before_the_answer_asks_again_with_its_key(
    served: Served, ana: UserId
) -> None:
    asked = {"user": ana, "amount": 600, "idempotency_key": "call-1"}
    body = json.dumps(asked).encode()
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port)) as gone:
        gone.sendall(
            b"POST /v1/holds HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\n"
            + f"Authorization: Bearer {served.key}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
    until(lambda: count(served) == 1)

    again = served.client.post("/v1/holds", json=asked)

    assert (again.status_code, again.json()["available"]) == (201, 99_400)
    assert count(served) == 1


def test_a_hold_of_nobody_is_seen_and_asked_for_again_as_any_other(served: Served) -> None:
    asked = {"user": "nobody@corp.test", "amount": 600, "idempotency_key": "call-1"}
    first = served.client.post("/v1/holds", json=asked).json()
    done = served.client.post(f"/v1/holds/{first['id']}/settle", json=settlement(250))

    again = served.client.post("/v1/holds", json=asked)
    seen = served.client.get(f"/v1/holds/{first['id']}")

    assert (again.status_code, seen.status_code) == (201, 200)
    assert done.json() == again.json() == seen.json()
    assert (seen.json()["settled"], seen.json()["available"]) == (250, 0)


def test_two_gateways_that_call_for_one_person_hold_what_there_is_between_them(
    served: Served, ana: UserId
) -> None:
    keys = [str(served.made(name).credential) for name in ("one", "two")]

    def call(number: int) -> tuple[int, int]:
        with served.speaking(keys[number % 2]) as client:
            asked = {"user": ana, "amount": 10_000, "idempotency_key": f"call-{number // 2}"}
            made = client.post("/v1/holds", json=asked)
            if made.status_code == 402:
                return 402, 0
            path = f"/v1/holds/{made.json()['id']}/settle"
            done = client.post(path, json=settlement(10_000))
            return done.status_code, done.json()["settled"]

    with ThreadPoolExecutor(16) as crowd:
        outcomes = list(crowd.map(call, range(32)))

    assert sorted(outcomes) == [(200, 10_000)] * 10 + [(402, 0)] * 22
    assert served.company.available(ana) == 0


def test_of_two_settlements_at_once_one_is_charged_and_both_hear_of_it(
    served: Served, ana: UserId
) -> None:
    made = served.client.post("/v1/holds", json={"user": ana, "amount": 600}).json()

    def settle(_: int) -> Json:
        with served.speaking(served.key) as client:
            answer = client.post(f"/v1/holds/{made['id']}/settle", json=settlement(250))
            found: Json = answer.json()
            return found

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(settle, range(8)))

    assert all(answer == answers[0] for answer in answers)
    assert served.company.available(ana) == 99_750


def test_an_id_that_no_hold_can_have_is_unknown_and_stops_no_other(
    served: Served, ana: UserId
) -> None:
    made = served.client.post("/v1/holds", json={"user": ana, "amount": 600}).json()
    both = [{"hold": one, **settlement(250)} for one in ("a\0b", made["id"])]

    unknown, settled = served.client.post("/v1/settlements", json={"settlements": both}).json()[
        "results"
    ]
    path = "/v1/holds/a%00b"
    alone = [
        served.client.get(path),
        served.client.post(f"{path}/void"),
        served.client.post(f"{path}/settle", json=settlement(250)),
    ]

    assert unknown["problem"]["status"] == 404
    assert settled["hold"]["settled"] == 250
    assert [answer.status_code for answer in alone] == [404] * 3

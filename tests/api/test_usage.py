"""`POST /v1/usage`: each form of body, each way to get it wrong, and what is kept of it."""

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from urllib.parse import urlsplit

import httpx
import pytest

from bot.domain.api_keys import Scope
from bot.domain.directory import WorkspaceId
from bot.services import directory
from tests.api.serving import Json, Served, at, event, lines, packed
from tests.company import MORNING
from tests.waiting import until

JSON = "application/json"
LINES = "application/x-ndjson"
CLOUD = "application/cloudevents+json"
CLOUD_BATCH = "application/cloudevents-batch+json"


def post(
    client: httpx.Client, content: bytes | object, media_type: str = JSON, **headers: str
) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {"content-type": media_type, **headers}
    sent = [(n.replace("_", "-").encode(), value.encode()) for n, value in named.items()]
    return client.post("/v1/usage", content=body, headers=sent)


def cloud_event(**changed: object) -> Json:
    fields: Json = {
        "specversion": "1.0",
        "type": "tokenbot.usage",
        "source": "/apps/search",
        "id": "1",
        "time": MORNING.isoformat(),
        "data": {"user": "UANA", "model": "gpt-4o", "input_tokens": 10, "output_tokens": 5},
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


# What is taken.


def test_one_event_is_charged_to_the_person_whom_it_names(served: Served) -> None:
    ana = served.company.member("ana", available=10_000)

    said = post(served.client, event(user=ana))

    assert said.status_code == 200
    assert said.json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert served.company.available(ana) == 8_750


def test_good_events_are_kept_although_others_are_rejected(served: Served) -> None:
    batch = [event(id="a"), event(id="b", output_tokens=-1), event(id="c"), 7]

    said = post(served.client, {"events": batch})

    assert said.status_code == 200
    assert (said.json()["accepted"], said.json()["duplicates"]) == (2, 0)
    assert [(one["index"], one["id"]) for one in said.json()["rejected"]] == [(1, "b"), (3, "")]
    assert "output_tokens" in said.json()["rejected"][0]["error"]
    assert served.events() == [("app", "a"), ("app", "c")]


def test_places_and_ids_of_what_the_books_reject_are_the_senders(served: Served) -> None:
    batch = [event(id=None), event(id="late", at=at(days=91)), event(id="new")]

    said = post(served.client, {"events": batch}).json()

    assert [(one["index"], one["id"]) for one in said["rejected"]] == [(0, ""), (1, "late")]
    assert "90 days" in said["rejected"][1]["error"]


def test_all_rejected_is_422(door: Served) -> None:
    said = post(door.client, event(model=5))

    assert said.status_code == 422
    assert said.json()["accepted"] == 0
    assert said.json()["rejected"][0]["error"] == "model must be text, not 5"


def test_the_same_again_is_a_duplicate_and_other_figures_are_a_conflict(served: Served) -> None:
    post(served.client, event())

    again, other = post(served.client, event()), post(served.client, event(output_tokens=51))

    assert (again.status_code, again.json()["duplicates"]) == (200, 1)
    assert other.status_code == 422
    assert "came before with other figures" in other.json()["rejected"][0]["error"]


def test_a_later_revision_charges_the_difference(served: Served) -> None:
    ana = served.company.member("ana", available=10_000)
    post(served.client, event(user=ana))

    said = post(served.client, event(user=ana, output_tokens=150, revision=1))

    assert said.json()["accepted"] == 1
    assert served.company.available(ana) == 8_650


def test_lines_are_events_and_empty_ones_are_none(served: Served) -> None:
    body = lines(event(id="a"), event(id="b")) + b"\n\n" + lines(event(id="c")) + b"\r\n"

    said = post(served.client, body, LINES)

    assert said.json()["accepted"] == 3


def test_nothing_to_keep_is_no_fault(door: Served) -> None:
    for answered in (post(door.client, {"events": []}), post(door.client, b"", LINES)):
        assert answered.status_code == 200
        assert answered.json() == {"accepted": 0, "duplicates": 0, "rejected": []}


def test_cloud_events_are_taken_one_by_one_in_batches_and_with_headers(served: Served) -> None:
    data = {"model": "gpt-4o", "input_tokens": 10, "output_tokens": 5}
    headers = {
        "ce_specversion": "1.0",
        "ce_type": "tokenbot.usage",
        "ce_source": "/apps/caf%C3%A9",
        "ce_id": "4",
        "ce_time": "2026-03-02T10:30:00.25+01:00",
    }

    one = post(served.client, cloud_event(), f"{CLOUD}; charset=UTF-8")
    batch = post(served.client, [cloud_event(id="2"), cloud_event(id="3")], CLOUD_BATCH)
    binary = post(served.client, data, JSON, **headers)

    assert [said.json()["accepted"] for said in (one, batch, binary)] == [1, 2, 1]
    assert served.events() == [
        ("/apps/café", "4"),
        *(("/apps/search", number) for number in "123"),
    ]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"type": None}, "type is missing"),
        ({"id": None}, "id is missing"),
        ({"source": None}, "source is missing"),
        ({"time": None}, "at is missing"),
        ({"data": None}, "data is missing"),
        ({"data": [1]}, "data is missing"),
        ({"data_base64": "AA=="}, "data_base64"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
    ],
)
def test_a_cloud_event_that_lacks_something_is_rejected_with_words(
    door: Served, changed: Json, words: str
) -> None:
    said = post(door.client, cloud_event(**changed), CLOUD)

    assert said.status_code == 422
    assert words in said.json()["rejected"][0]["error"]


def test_headers_of_a_cloud_event_that_are_no_utf8_reject_it(door: Served) -> None:
    headers = {"ce_specversion": "1.0", "ce_type": "t", "ce_source": "%ff", "ce_id": "1"}

    said = post(door.client, {}, JSON, **headers)

    assert said.status_code == 422
    assert "ce-source" in said.json()["rejected"][0]["error"]


def test_unknown_fields_are_ignored_and_counted(served: Served) -> None:
    batch = [event(id="a", colour="red"), event(id="b", colour="blue", size=3), event(id="c")]

    said = post(served.client, {"events": batch, "sender": "x"}).json()

    assert said["accepted"] == 3
    assert said["ignored_fields"] == {"colour": 2, "size": 1, "sender": 1}


def test_a_gzip_body_of_several_members_is_one_body(served: Served) -> None:
    body = packed(lines(event(id="a")) + b"\n") + packed(lines(event(id="b")))

    said = post(served.client, body, LINES, content_encoding="gzip")

    assert said.json()["accepted"] == 2


def test_a_body_in_chunks_without_a_length_is_taken(served: Served) -> None:
    body = json.dumps(event()).encode()

    said = served.client.post(
        "/v1/usage", content=iter([body[:9], body[9:]]), headers={"content-type": JSON}
    )

    assert said.json()["accepted"] == 1


def test_ten_thousand_events_are_taken_and_one_more_is_refused_whole(served: Served) -> None:
    many = lines(*(event(id=str(n)) for n in range(10_001)))

    refused = post(served.client, packed(many), LINES, content_encoding="gzip")
    taken = post(served.client, many.rpartition(b"\n")[0], LINES)

    assert refused.status_code == 413
    assert "10,001" in refused.json()["detail"]
    assert taken.json()["accepted"] == 10_000


def test_what_litellm_sends_is_taken_as_it_is(served: Served) -> None:
    ana = served.company.member("ana", available=10_000)
    call = {
        "id": "chatcmpl-1",
        "litellm_call_id": "c1",
        "startTime": MORNING.timestamp(),
        "status": "success",
        "model": "gpt-4o",
        "custom_llm_provider": "openai",
        "prompt_tokens": 1_200,
        "completion_tokens": 50,
        "total_tokens": 1_250,
        "metadata": {"user_api_key_user_id": ana},
    }
    batch = [call, {**call, "status": "failure"}, {**call, "prompt_tokens": "x"}]

    said = served.client.post("/v1/usage/litellm", json=batch).json()

    assert (said["accepted"], said["duplicates"]) == (1, 0)
    assert [(one["index"], one["id"]) for one in said["rejected"]] == [(2, "chatcmpl-1")]
    assert served.company.available(ana) == 8_750


# Bodies that are not taken: nothing of them is kept.


@pytest.mark.parametrize(
    ("body", "media_type", "words"),
    [
        (b"", JSON, "line 1 column 0"),
        (b"{", JSON, "line 1 column 1"),
        (b'{"a": NaN}', JSON, "line 1 column"),
        (b"[" * 5_000, JSON, "recursion limit"),
        (b"1" * 9_999, JSON, "number out of range"),
        (b'{"id": "\xff"}', JSON, "Byte 8"),
        (b'"\\ud800"', JSON, "line 1"),
        (b"[]", JSON, "one event as a JSON object"),
        (b"null", JSON, "one event as a JSON object"),
        (b'{"events": {}}', JSON, "must be a JSON array"),
        (b"{}", CLOUD_BATCH, "JSON array"),
        (b"{}\n{", LINES, "Line 2"),
        (b"\x00", LINES, "Line 1"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(
    door: Served, body: bytes, media_type: str, words: str
) -> None:
    said = post(door.client, body, media_type)

    assert said.status_code == 400
    assert said.headers["content-type"] == "application/problem+json"
    assert said.json()["type"] == "urn:tokenbot:problem:not-readable"
    assert words in said.json()["detail"]


def test_a_good_line_before_a_broken_one_is_not_kept(served: Served) -> None:
    said = post(served.client, lines(event()) + b'\n{"source": "ap', LINES)

    assert said.status_code == 400
    assert "Line 2" in said.json()["detail"]
    assert served.events() == []


@pytest.mark.parametrize(
    ("media_type", "named"),
    [
        ("text/csv", "text/csv"),
        ("", "There is none"),
        ("application/json; charset=latin-1", "latin-1"),
        ("multipart/form-data", "multipart"),
    ],
)
def test_another_media_type_is_415_and_told_what_is_taken(
    door: Served, media_type: str, named: str
) -> None:
    said = post(door.client, event(), media_type)

    assert said.status_code == 415
    assert named in said.json()["detail"]
    assert LINES in said.json()["detail"]


@pytest.mark.parametrize("encoding", ["deflate", "br", "gzip, gzip"])
def test_another_encoding_is_415_and_told_what_is_taken(door: Served, encoding: str) -> None:
    said = post(door.client, event(), content_encoding=encoding)

    assert said.status_code == 415
    assert "send gzip" in said.json()["detail"]
    assert encoding in said.json()["detail"]


def test_too_many_bytes_are_refused_by_their_length_and_by_their_count(door: Served) -> None:
    big = b" " * (10 * 2**20 + 1)

    by_length = post(door.client, big)
    by_count = door.client.post(
        "/v1/usage",
        content=(big[n : n + 2**20] for n in range(0, len(big), 2**20)),
        headers={"content-type": JSON},
    )

    assert [said.status_code for said in (by_length, by_count)] == [413, 413]
    assert "10,485,760 bytes" in by_count.json()["detail"]


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(door: Served) -> None:
    bomb = packed(b" " * (20 * 2**20))

    said = post(door.client, bomb, content_encoding="gzip")

    assert said.status_code == 413
    assert "once unpacked" in said.json()["detail"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "ends too early"),
        (packed(b"{}")[:-3], "ends too early"),
        (packed(b"{}") + b"rest", "no gzip stream"),
        (b"no gzip", "no gzip stream"),
        (packed(b"") * 1_001, "members"),
    ],
)
def test_a_gzip_stream_that_is_none_is_refused(door: Served, body: bytes, words: str) -> None:
    said = post(door.client, body, content_encoding="gzip")

    assert said.status_code == 400
    assert words in said.json()["detail"]


def test_a_batch_that_is_cut_off_half_way_keeps_nothing(served: Served) -> None:
    body = lines(*(event(id=str(n)) for n in range(100)))
    address = urlsplit(served.url)
    head = (
        f"POST /v1/usage HTTP/1.1\r\nHost: bot\r\nAuthorization: Bearer {served.key}\r\n"
        f"Content-Type: {LINES}\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + body[: len(body) // 2])

    cut_off = 'tokenbot_http_requests_total{route="/v1/usage",status="400"} 1.0'
    until(lambda: cut_off in served.client.get("/metrics").text)
    assert post(served.client, event(id="after")).json()["accepted"] == 1
    assert served.events() == [("app", "after")]


def test_whoever_stalls_keeps_a_place_and_the_next_are_told_to_come_again(
    served: Served,
) -> None:
    address = urlsplit(served.url)
    head = (
        f"POST /v1/usage HTTP/1.1\r\nHost: bot\r\nAuthorization: Bearer {served.key}\r\n"
        f"Content-Type: {JSON}\r\nContent-Length: 9\r\n\r\n"
    )
    with ExitStack() as stalled:

        def is_full() -> bool:
            connection = socket.create_connection((address.hostname, address.port))
            stalled.enter_context(connection).sendall(head.encode())
            return post(served.client, event()).status_code == 503

        until(is_full)

    until(lambda: post(served.client, event()).status_code == 200)


# Keys.


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer tbk_T1_abc", "Basic dXNlcjpwYXNz", "Bearer tbk_T1_\u00e9", "x" * 5_000],
)
def test_without_a_key_nothing_is_taken(door: Served, header: str) -> None:
    with door.speaking(None) as client:
        said = post(client, event(), authorization=header)

    assert said.status_code == 401
    assert said.headers["www-authenticate"] == "Bearer"
    assert said.json()["type"] == "urn:tokenbot:problem:key"
    assert "tokenbot api-key create" in said.json()["detail"]


def test_a_wrong_secret_a_foreign_workspace_and_a_revoked_key_let_nobody_in(
    served: Served,
) -> None:
    made = served.made("gone")
    wrong = str(made.credential)[:-1] + ("0" if str(made.credential)[-1] != "0" else "1")
    elsewhere = str(made.credential).replace("tbk_T1_", "tbk_T2_")

    for key in (wrong, elsewhere):
        with served.speaking(key) as client:
            said = post(client, event())
        assert (said.status_code, "No such key" in said.json()["detail"]) == (401, True)
    with served.speaking(str(made.credential)) as client:
        assert post(client, event()).status_code == 200
        served.revoke("gone")
        said = post(client, event())
    assert (said.status_code, "revoked" in said.json()["detail"]) == (401, True)


def test_a_missing_scope_is_named_with_the_remedy(served: Served) -> None:
    with served.speaking(str(served.made("dash", Scope.READ).credential)) as client:
        said = post(client, event())

    assert said.status_code == 403
    assert "dash lacks the scope usage:write" in said.json()["detail"]
    assert "--scope usage:write" in said.json()["detail"]


def test_a_key_of_another_workspace_writes_there_alone(served: Served) -> None:
    ana = served.company.member("ana", available=10_000)
    directory.open_workspace(served.handle.bot.database, WorkspaceId("T2"), MORNING)
    other = served.made("all", workspace_id=WorkspaceId("T2"))

    with served.speaking(str(other.credential)) as client:
        said = post(client, event(user=ana))

    assert said.json()["accepted"] == 1
    assert served.company.available(ana) == 10_000
    assert post(served.client, event(user=ana)).json()["accepted"] == 1


def test_size_is_refused_before_the_key_and_the_key_before_the_form(door: Served) -> None:
    with door.speaking(None) as client:
        big = client.post("/v1/usage", content=b" " * (11 * 2**20))
        strange = post(client, b"\xff", "text/csv", content_encoding="br")
    form = post(door.client, b"\xff", "text/csv", content_encoding="br")
    encoding = post(door.client, b"\xff", content_encoding="br")

    assert [said.status_code for said in (big, strange, form, encoding)] == [413, 401, 415, 415]
    assert form.json()["type"] == "urn:tokenbot:problem:media-type"
    assert encoding.json()["type"] == "urn:tokenbot:problem:encoding"


def test_what_a_persons_own_key_sends_is_theirs_whatever_it_says(served: Served) -> None:
    ana = served.company.member("ana", available=10_000)
    ben = served.company.member("ben", available=10_000)
    own = served.made("anas", Scope.USAGE_WRITE, user_id=ana)

    with served.speaking(str(own.credential)) as client:
        said = post(client, event(user=ben))

    assert said.json()["accepted"] == 1
    assert (served.company.available(ana), served.company.available(ben)) == (8_750, 10_000)


def test_a_persons_own_key_cannot_take_the_ids_of_a_gateway(served: Served) -> None:
    """Else a call could be told as tiny first, and the gateway's report of it be a conflict."""
    ana = served.company.member("ana", available=10_000)
    own = served.made("anas", Scope.USAGE_WRITE, user_id=ana)
    with served.speaking(str(own.credential)) as client:
        sent = event(source="litellm", user=ana, input_tokens=0, cached_input_tokens=0)
        post(client, sent)
        again = post(client, {**sent, "output_tokens": 1})

    said = post(served.client, event(source="litellm", user=ana))

    assert said.json()["accepted"] == 1
    assert again.json()["rejected"][0]["id"] == "1"


# Many at once.


def at_once(count: int, send: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    barrier = Barrier(count)

    def one(number: int) -> httpx.Response:
        barrier.wait()
        return send(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_the_same_batch_by_two_clients_at_once_counts_once(served: Served) -> None:
    ana = served.company.member("ana", available=10_000_000)
    body = lines(*(event(id=str(n), user=ana) for n in range(2_000)))

    said = at_once(2, lambda _: post(served.client, body, LINES))

    assert [one.status_code for one in said] == [200, 200]
    assert sum(one.json()["accepted"] for one in said) == 2_000
    assert sum(one.json()["duplicates"] for one in said) == 2_000
    assert served.company.available(ana) == 10_000_000 - 2_000 * 1_250
    assert served.handle.check() == []

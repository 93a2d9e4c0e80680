"""`/docs`, `/openapi.json`, `/metrics`, and what no route answers."""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from jsonschema import (  # type: ignore[import-untyped]  # it has no types
    Draft202012Validator,
    ValidationError,
    validate,
)

from bot.bootstrap.listening import is_loopback
from bot.domain.api_keys import Scope
from tests.api.serving import Served, event, serving
from tests.databases import Databases

PAGES = ["/docs", "/openapi.json", "/metrics"]


@pytest.mark.parametrize("path", PAGES)
def test_on_loopback_pages_need_no_key(door: Served, path: str) -> None:
    with door.speaking(None) as client:
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_whoever_comes_through_a_proxy_needs_a_key(door: Served, path: str) -> None:
    with door.speaking(None) as client:
        said = client.get(path, headers={"x-forwarded-for": "203.0.113.9"})

    assert said.status_code == 401


def test_off_loopback_pages_need_a_key_that_may_read(databases: Databases) -> None:
    with databases.migrated("sqlite") as url, serving(url, host="0.0.0.0") as served:  # noqa: S104
        reader = str(served.made("reader", Scope.READ).credential)
        writer = str(served.made("writer", Scope.USAGE_WRITE).credential)
        with served.speaking(None) as client:
            for path in PAGES:
                assert client.get(path).status_code == 401
                assert client.get(f"{path}?key={reader}").status_code == 200
                assert client.get(f"{path}?key={writer}").status_code == 403
        with served.speaking(reader) as client:
            assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize(
    ("host", "is_so"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("10.0.0.5", False),
        ("bot.example", False),
    ],
)
def test_loopback_is_what_this_machine_alone_reaches(host: str, *, is_so: bool) -> None:
    assert is_loopback(host) is is_so


def test_the_page_loads_nothing_from_elsewhere_and_its_style_is_allowed(door: Served) -> None:
    said = door.client.get("/docs")
    policy = said.headers["content-security-policy"]
    (style,) = re.findall("<style>(.*?)</style>", said.text, re.DOTALL)

    assert "default-src 'none'" in policy
    assert b64encode(sha256(style.encode()).digest()).decode() in policy
    assert "<script" not in said.text
    assert "http://" not in said.text
    assert "https://" not in said.text
    for words in ("POST /v1/usage", "GET /v1/usage", "GET /v1/balances/{user}"):
        assert words in said.text


def document(door: Served) -> dict[str, Any]:
    found: dict[str, Any] = door.client.get("/openapi.json").json()
    return found


def test_the_document_describes_each_form_of_body_and_each_answer(door: Served) -> None:
    posted = document(door)["paths"]["/v1/usage"]["post"]

    assert set(posted["requestBody"]["content"]) == {
        "application/json",
        "application/x-ndjson",
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
    }
    statuses = {"200", "400", "401", "403", "408", "413", "415", "422", "500", "503"}
    assert set(posted["responses"]) == statuses
    assert posted["security"] == [{"key": []}]


def test_the_document_tells_how_a_hold_is_named_and_that_one_may_not_be_there(
    door: Served,
) -> None:
    paths = document(door)["paths"]

    (header,) = paths["/v1/holds"]["post"]["parameters"]
    unknown = paths["/v1/holds/{hold_id}/settle"]["post"]["responses"]["404"]
    assert (header["in"], header["name"]) == ("header", "Idempotency-Key")
    assert unknown["description"] == "No such hold that this key may see"


def test_every_schema_that_is_named_is_there(door: Served) -> None:
    found = document(door)
    named = set(re.findall(r"#/components/schemas/(\w+)", str(found)))

    assert named == set(found["components"]["schemas"])
    for schema in found["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("path", "name"),
    [("/v1/usage?group_by=team", "Sums"), ("/v1/balances/UX", "Problem"), ("/nowhere", "Problem")],
)
def test_answers_are_as_the_document_says(door: Served, path: str, name: str) -> None:
    found = document(door)
    schema = {"$ref": f"#/components/schemas/{name}", "components": found["components"]}

    validate(door.client.get(path).json(), schema)


def test_events_are_as_the_document_says(door: Served) -> None:
    components = document(door)["components"]
    schema = {"$ref": "#/components/schemas/Event", "components": components}

    validate(components["schemas"]["Event"]["example"], schema)
    validate(event(), schema)
    for wrong in (event(id=None), event(input_tokens=-1), event(cost_usd="1,5")):
        with pytest.raises(ValidationError):
            validate(wrong, schema)


def test_the_metrics_count_events_and_requests(served: Served) -> None:
    batch = [event(id="1"), event(id="1"), event(id=None)]

    served.client.post("/v1/usage", json={"events": batch})
    served.client.get("/v1/balances/UNOBODY")

    said = served.client.get("/metrics").text
    for line in (
        'tokenbot_usage_events_total{outcome="accepted",source="app"} 1.0',
        'tokenbot_usage_events_total{outcome="duplicate",source="app"} 1.0',
        'tokenbot_usage_events_total{outcome="rejected",source="app"} 1.0',
        'tokenbot_http_requests_total{route="/v1/usage",status="200"} 1.0',
        'tokenbot_http_requests_total{route="/v1/balances/{user}",status="404"} 1.0',
        'tokenbot_outbox_notices{state="dead"} 0.0',
    ):
        assert line in said


def test_sources_without_end_do_not_fill_the_metrics(served: Served) -> None:
    for number in range(60):
        served.client.post("/v1/usage", json=event(source=f"s{number}"))

    said = served.client.get("/metrics").text

    assert 'source="s49"' in said
    assert 'source="s50"' not in said
    assert 'tokenbot_usage_events_total{outcome="accepted",source="other"} 10.0' in said


def test_what_no_route_answers_is_a_problem_too(door: Served) -> None:
    nowhere, method = door.client.get("/v1/nothing"), door.client.delete("/v1/usage")

    assert (nowhere.status_code, nowhere.json()["title"]) == (404, "No such route")
    assert (method.status_code, method.json()["title"]) == (405, "The route has other methods")
    assert set(method.headers["allow"].split(", ")) == {"GET", "POST"}

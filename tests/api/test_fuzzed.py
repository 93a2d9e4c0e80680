"""Requests of all kinds to a running bot: no fault of ours, answers as documented, honest counts.

`FUZZ_EXAMPLES=500` looks further.
"""

import os
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api import fuzzing
from tests.api.fuzzing import AnyCase, AnyOperation
from tests.api.serving import Served, serving
from tests.databases import Databases

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "50"))
#: Whether bad data is refused, and good data taken, isn't asked of schemathesis: one bad event of
#: several is refused by itself, and a good one may be too old.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def fuzzed(databases: Databases) -> Iterator[Served]:
    with databases.migrated("sqlite") as url, serving(url) as made:
        made.person("ana", "ana@example.com")
        yield made


@pytest.fixture(scope="module")
def operations(fuzzed: Served) -> dict[str, AnyOperation]:
    return documented(fuzzed)


def documented(served: Served) -> dict[str, AnyOperation]:
    """Of the document that the bot serves, by method and path."""
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    schema = schemathesis.openapi.from_url(f"{served.url}/openapi.json", config=config)
    found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    return {one.label: one for one in found}


@pytest.mark.parametrize("label", fuzzing.ROUTES)
def test_whatever_is_sent_gets_a_documented_answer_and_counts_what_is_kept(
    fuzzed: Served, operations: dict[str, AnyOperation], label: str
) -> None:
    accepted = 0

    @settings(max_examples=EXAMPLES)
    @given(case=fuzzing.cases(operations[label]))
    def send(case: AnyCase) -> None:
        nonlocal accepted
        before = kept(fuzzed)
        answer = case.call(headers={"Authorization": f"Bearer {fuzzed.key}"})
        case.validate_response(answer, checks=CHECKS)
        more = kept(fuzzed) - before
        said = answer.json() if "json" in answer.headers.get("content-type", [""])[0] else {}
        if "accepted" in said:
            assert said["accepted"] == more
        elif answer.status_code != 200 or case.method != "POST":
            assert more == 0
        accepted += more

    send()
    # Or else it has shown nothing.
    assert (accepted > 0) == label.startswith("POST")


def kept(served: Served) -> int:
    """Rows of events, and of later figures of them."""
    tables = ("usage_event", "usage_revision")
    return sum(
        int(str(served.company.rows(f"SELECT COUNT(*) AS n FROM {name}")[0]["n"]))  # noqa: S608
        for name in tables
    )

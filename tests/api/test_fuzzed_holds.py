"""Requests of all kinds about holds: no fault of ours, answers as documented, exact books after.

`FUZZ_EXAMPLES=500` looks further.
"""

from collections.abc import Iterator, Sequence
from itertools import count

import pytest
from hypothesis import given, settings

from bot.services import books
from tests.api import fuzzing, fuzzing_holds
from tests.api.fuzzing import AnyCase, AnyOperation
from tests.api.serving import Served, serving
from tests.api.test_fuzzed import CHECKS, EXAMPLES, documented
from tests.databases import Databases

FUNDS = 1_000_000
#: A person for each test: calls that are made up may use any number of tokens.
_numbers = count(1)


@pytest.fixture(scope="module")
def fuzzed(databases: Databases) -> Iterator[Served]:
    with databases.migrated("sqlite") as url, serving(url) as made:
        made.person("ana", "ana@example.com")
        made.company.member("ana", available=FUNDS)
        yield made


@pytest.fixture(scope="module")
def operations(fuzzed: Served) -> dict[str, AnyOperation]:
    return documented(fuzzed)


@pytest.fixture
def known(fuzzed: Served) -> Sequence[str]:
    """Some that are open, of somebody and of nobody."""
    ben = fuzzed.company.member(f"ben{next(_numbers)}", available=FUNDS)
    asked = [{"user": user, "amount": 100, "ttl_seconds": 600} for user in (ben, "nobody") * 4]
    answer = fuzzed.client.post("/v1/holds", json={"holds": asked})
    return [one["hold"]["id"] for one in answer.json()["results"]]


@pytest.mark.parametrize("label", fuzzing_holds.ROUTES)
def test_whatever_is_asked_of_holds_gets_a_documented_answer_and_leaves_exact_books(
    fuzzed: Served, operations: dict[str, AnyOperation], known: Sequence[str], label: str
) -> None:
    done: set[int] = set()

    @settings(max_examples=EXAMPLES)
    @given(case=fuzzing_holds.cases(operations[label], known))
    def send(case: AnyCase) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {fuzzed.key}"})
        case.validate_response(answer, checks=CHECKS)
        done.add(answer.status_code)

    send()

    assert done & {200, 201}, "it has shown nothing"
    assert [str(wrong) for wrong in books.check(fuzzed.company.database)] == []


def test_each_route_is_fuzzed(operations: dict[str, AnyOperation]) -> None:
    assert sorted((*fuzzing.ROUTES, *fuzzing_holds.ROUTES)) == sorted(operations)

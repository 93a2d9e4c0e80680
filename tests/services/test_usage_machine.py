"""Any sequence of batches, on both databases, against sums kept in a dict."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.counts import Counts
from bot.domain.usage_events import UsageEvent
from bot.services import books
from bot.storage.database import Database
from tests.company import MORNING, Company
from tests.metered import take, used, with_email

USERS = ("UANA", "UBEN", "ben@example.com", "robot", "")
OWNERS = {"ben@example.com": "UBEN"}
FUNDS = 1_000
workspaces = count(1)


@dataclass(frozen=True, slots=True)
class Sent:
    """An event as it is sent: which call of which source, with which figures."""

    call: int
    source: str
    user: str
    tokens: int
    revision: int
    days_ago: int
    model: str
    project: str


sent = st.builds(
    Sent,
    call=st.integers(0, 7),
    source=st.sampled_from(("litellm", "app")),
    user=st.sampled_from(USERS),
    tokens=st.sampled_from((0, 1, 40, 700, 5_000)),
    revision=st.integers(0, 2),
    days_ago=st.integers(0, 3),
    model=st.sampled_from(("gpt", "opus")),
    project=st.sampled_from(("a", "b")),
)
batches = st.lists(st.lists(sent, min_size=1, max_size=6), max_size=8)


class Model:
    """What stands of each call: whose, when, for what, and how much."""

    def __init__(self) -> None:
        self.calls: dict[tuple[str, int], Sent] = {}

    def take(self, batch: Sequence[Sent]) -> Counter[str]:
        """How many of the batch are new or later, known, and refused.

        Of one call the batch's own last word is what counts.
        """
        outcome: Counter[str] = Counter()
        last: dict[tuple[str, int], Sent] = {}
        for one in batch:
            key = (one.source, one.call)
            before = last.get(key)
            if before is None:
                last[key] = one
            elif one.tokens == before.tokens:
                outcome["known"] += 1
            elif one.revision > before.revision:
                outcome["known"] += 1
                last[key] = one
            else:
                outcome["refused"] += 1
        for key, one in last.items():
            outcome[self._take(key, one)] += 1
        return outcome

    def _take(self, key: tuple[str, int], one: Sent) -> str:
        stands = self.calls.get(key)
        if stands is None:
            self.calls[key] = one
            return "taken"
        if stands.tokens == one.tokens:
            return "known"
        if one.revision > stands.revision:
            self.calls[key] = replace(
                stands, tokens=one.tokens, revision=one.revision, model=one.model
            )
            return "taken"
        return "refused"

    def sums(self, *names: str) -> dict[tuple[object, ...], int]:
        """Tokens by these fields."""
        found: Counter[tuple[object, ...]] = Counter()
        for one in self.calls.values():
            found[tuple(getattr(one, name) for name in names)] += one.tokens
        return dict(+found)


def events(batch: Sequence[Sent]) -> Iterator[UsageEvent]:
    for one in batch:
        yield used(
            one.user,
            0,
            MORNING - timedelta(days=one.days_ago),
            external_id=f"call-{one.call}",
            source=one.source,
            model=one.model,
            project=one.project,
            revision=one.revision,
            counts=Counts(output=one.tokens),
        )


def by(company: Company, *names: str) -> dict[tuple[object, ...], int]:
    listed = ", ".join(names)
    found = company.rows(
        f"SELECT {listed}, SUM(tokens) AS tokens FROM rollup"  # noqa: S608 - names of ours
        f" WHERE workspace_id = :workspace_id GROUP BY {listed} HAVING SUM(tokens) <> 0"
    )
    return {tuple(row[name] for name in names): int(str(row["tokens"])) for row in found}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"], indirect=True)
@settings(max_examples=30)
@given(sequence=batches)
def test_sums_are_those_of_what_stands(database: Database, sequence: list[list[Sent]]) -> None:
    company = Company(database, f"T{next(workspaces)}")
    ana, ben = (company.member(name, available=FUNDS) for name in ("ana", "ben"))
    with_email(company, ben, "ben@example.com")
    model = Model()

    for batch in sequence:
        taken = take(company, *events(batch))
        outcome = model.take(batch)
        assert (taken.accepted, taken.duplicates, len(taken.rejected)) == (
            outcome["taken"],
            outcome["known"],
            outcome["refused"],
        )

    spent: Counter[str] = Counter()
    for (user,), tokens in model.sums("user").items():
        spent[OWNERS.get(str(user), str(user))] += tokens
    assert company.available(ana) == FUNDS - spent["UANA"]
    assert company.available(ben) == FUNDS - spent["UBEN"]
    assert [str(wrong) for wrong in books.check(database)] == []
    assert by(company, "model", "project") == model.sums("model", "project")
    days = {
        ((MORNING - timedelta(days=int(str(ago)))).date().isoformat(),): tokens
        for (ago,), tokens in model.sums("days_ago").items()
    }
    assert by(company, "day") == days

"""Any order of calls, reports, links and runs, on both databases, against figures kept in dicts.

The model knows nothing of entries: at the end of a run each person has paid what the rules say of
the calls and rows that there are, however they came to be.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.directory import UserId
from bot.domain.ledger import AccountId, member_account
from bot.domain.usage_events import SourceRole
from bot.services import books, true_ups
from bot.storage.database import Database
from tests.company import Company
from tests.metered import put_down_to, take, used

FUNDS = 100_000
PEOPLE = ("UANA", "UBEN")
#: Also what belongs to nobody.
EVERYBODY = (*PEOPLE, "")
#: The report's names of the models, and the gateway's.
MODELS = {"gpt-4o-2024-08-06": "gpt-4o", "gpt-5": "gpt-5"}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
workspaces = count(1)


@dataclass(frozen=True, slots=True)
class Call:
    user: str
    model: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Row:
    """A report's row grows to so many tokens."""

    place: int
    user: str
    model: str
    tokens: int


@dataclass(frozen=True, slots=True)
class Link:
    """A row turns out to be of somebody else."""

    place: int
    user: str


@dataclass(frozen=True, slots=True)
class Run:
    """The clock trues up, maybe by what it had read before the last step."""

    is_late: bool


tokens = st.sampled_from((1, 40, 300, 700))
steps = st.lists(
    st.one_of(
        st.builds(Call, st.sampled_from(EVERYBODY), st.sampled_from((*MODELS.values(),)), tokens),
        st.builds(
            Row, st.integers(0, 3), st.sampled_from(EVERYBODY), st.sampled_from((*MODELS,)), tokens
        ),
        st.builds(Link, st.integers(0, 3), st.sampled_from(EVERYBODY)),
        st.builds(Run, st.booleans()),
    ),
    max_size=14,
)


class Model:
    """Calls that were charged, the report's rows, and what each person has paid in the end."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.rows: dict[int, Row] = {}
        #: By person and model, beyond their calls.
        self.trued: Counter[tuple[str, str]] = Counter()

    def run(self) -> None:
        charged: defaultdict[tuple[str, str], int] = defaultdict(int)
        reported: defaultdict[tuple[str, str], int] = defaultdict(int)
        for call in self.calls:
            charged[call.user, call.model] += call.tokens
        for row in self.rows.values():
            reported[row.user, MODELS[row.model]] += row.tokens
        missing: dict[tuple[str, str], int] = {}
        for user in PEOPLE:
            missing |= self._run(
                user,
                {model: n for (whose, model), n in charged.items() if whose == user},
                {model: n for (whose, model), n in reported.items() if whose == user},
                {model: n for (whose, model), n in reported.items() if whose == ""},
            )
        for model in MODELS.values():
            self._cut(
                {user: missing.get((user, model), 0) for user in PEOPLE},
                model,
                too_much=self._paid_for(model) - self._reported(model),
            )

    def _cut(self, missing: dict[str, int], model: str, *, too_much: int) -> None:
        """Take off what only stands, then what is missing, the most of it first."""
        last_first = sorted(PEOPLE, key=lambda user: (missing[user], user), reverse=True)
        for kept in (missing, dict.fromkeys(PEOPLE, 0)):
            for user in last_first:
                spare = max(0, self.trued[user, model] - max(0, kept[user]))
                off = min(spare, max(0, too_much))
                self.trued[user, model] -= off
                too_much -= off

    def _paid_for(self, model: str) -> int:
        calls = sum(call.tokens for call in self.calls if call.model == model)
        return calls + sum(n for (_, which), n in self.trued.items() if which == model)

    def _reported(self, model: str) -> int:
        return sum(row.tokens for row in self.rows.values() if MODELS[row.model] == model)

    def _run(
        self,
        user: str,
        charged: dict[str, int],
        reported: dict[str, int],
        nobodys: dict[str, int],
    ) -> dict[tuple[str, str], int]:
        """By their own rows alone; what is missing by person and model."""
        spare = 0
        missing: dict[tuple[str, str], int] = {}
        for model, n in charged.items():
            if model not in reported and n > nobodys.get(model, 0):
                spare += n - nobodys.get(model, 0)
        for model in sorted(MODELS.values()):
            if model not in reported:
                self.trued[user, model] = 0
                continue
            floor, ceiling = reported[model], reported[model] + nobodys.get(model, 0)
            if model not in charged:
                floor, spare = max(0, floor - spare), max(0, spare - floor)
            paid = charged.get(model, 0) + self.trued[user, model]
            self.trued[user, model] += min(max(paid, floor), ceiling) - paid
            missing[user, model] = floor - charged.get(model, 0)
        return missing

    def paid(self, user: str) -> int:
        calls = sum(call.tokens for call in self.calls if call.user == user)
        return calls + sum(n for (whose, _), n in self.trued.items() if whose == user)


def named(user: str) -> AccountId | None:
    return member_account(UserId(user)) if user else None


class World:
    def __init__(self, company: Company) -> None:
        self.company = company
        self.settled = NOON + timedelta(hours=19)
        # Somebody's first call puts the gateway in charge of everybody's.
        for user in (company.member("founder"), ""):
            take(company, used(user, 1, NOON - timedelta(hours=12), model="gpt-3.5-turbo"))

    def step(self, step: Call | Row | Link, model: Model) -> None:
        match step:
            case Call():
                take(self.company, used(step.user, step.tokens, NOON, model=step.model))
                model.calls.append(step)
            case Row():
                self._report(step, model)
            case Link():
                self._link(step, model)

    def _report(self, step: Row, model: Model) -> None:
        """Each by a key of its own; its user and model stay as they were when it came first."""
        before = model.rows.get(step.place)
        user, name = (before.user, before.model) if before else (step.user, step.model)
        grown = step.tokens + (before.tokens if before else 0)
        key = f"key-{step.place}"
        event = used(
            key,
            grown,
            NOON,
            source="openai",
            external_id=f"row-{step.place}",
            model=name,
            revision=grown,
        )
        take(self.company, event, role=SourceRole.REPORT)
        put_down_to(self.company, key, named(user))
        model.rows[step.place] = Row(step.place, user, name, grown)

    def _link(self, step: Link, model: Model) -> None:
        row = model.rows.get(step.place)
        if row is None:
            return
        put_down_to(self.company, f"key-{step.place}", named(step.user))
        model.rows[step.place] = Row(step.place, step.user, row.model, row.tokens)

    def plan(self) -> list[true_ups.Work]:
        return list(true_ups.plan(self.company.database, self.company.workspace_id, NOON.date()))

    def over_the_report(self, model: Model) -> list[str]:
        """The models of which true-ups charge somebody more than the report has room for."""
        stands = self.company.rows(
            "SELECT model, tokens FROM true_up WHERE workspace_id = :workspace_id"
        )
        found = []
        for name in MODELS.values():
            trued = [int(str(one["tokens"])) for one in stands if one["model"] == name]
            calls = sum(call.tokens for call in model.calls if call.model == name)
            has = sum(row.tokens for row in model.rows.values() if MODELS[row.model] == name)
            if max(trued, default=0) > 0 and calls + sum(trued) > has:
                found.append(name)
        return found

    def run(self) -> None:
        true_ups.true_up(self.company.database, self.company.workspace_id, self.settled)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"], indirect=True)
@settings(max_examples=40)
@given(sequence=steps)
def test_everybody_has_paid_what_the_rules_say_of_what_there_is(
    database: Database, sequence: Sequence[Call | Row | Link | Run]
) -> None:
    company = Company(database, f"T{next(workspaces)}")
    people = [company.member(name, available=FUNDS) for name in ("ana", "ben")]
    world, model = World(company), Model()

    for step in [*sequence, Run(is_late=False)]:
        if not isinstance(step, Run):
            world.step(step, model)
            continue
        late = world.plan() if step.is_late else []
        world.run()
        model.run()
        assert world.over_the_report(model) == []
        for work in late:
            assert not true_ups.write(database, company.workspace_id, work, now=world.settled)

    assert [FUNDS - company.available(user) for user in people] == [
        model.paid(user) for user in PEOPLE
    ]
    assert [str(wrong) for wrong in books.check(database)] == []
    world.run()
    assert [FUNDS - company.available(user) for user in people] == [
        model.paid(user) for user in PEOPLE
    ]

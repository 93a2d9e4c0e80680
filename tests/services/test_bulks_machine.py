"""Any sequence of decisions on several requests, and of their undoing, against a naive model."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bot.domain.bulks import Bulk, Verdict
from bot.domain.directory import UserId
from bot.domain.refusals import DecisionRefused, NotAllowed, NotEnoughTokens
from bot.domain.topups import OPEN_MAX, TopUpId
from bot.services import books
from bot.storage.database import Database
from tests.company import Company
from tests.services import machines
from tests.services.bulk_company import Floor
from tests.services.bulks_model import MINUTE, BulksModel, Request
from tests.threads import at_once

LENGTH = machines.length(quick=(10, 20), mutants=(60, 30), soak=(200, 60))
BUDGET = 900_000
workspaces = count(1)
amounts = st.sampled_from((1, 100_000, 250_000, 400_000))
askers = st.sampled_from(("ana", "ben"))
deciders = st.sampled_from(("mia", "leo"))


class BulksMachine(RuleBasedStateMachine):
    """A manager, an admin, and two people who ask, spend and wait."""

    databases: Iterator[Database]

    @initialize(filled=st.sampled_from((100_001, 700_000, 2_000_000)))
    def found(self, filled: int) -> None:
        self.company = Company(next(self.databases), f"T{next(workspaces)}")
        self.floor = Floor(self.company, filled=filled)
        self.floor.budget(BUDGET)
        self.model = BulksModel(pool=filled, budget=BUDGET)
        self.ids: list[TopUpId] = []
        #: Each decision on several, and whether it was undone, as what.
        self.bulks: list[tuple[Bulk, str, list[int], list[str] | None]] = []
        self.keys = count(1)

    @rule(name=askers, tokens=amounts)
    def ask(self, name: str, tokens: int) -> None:
        mine = [one for one in self.model.requests if (one.asker, one.state) == (name, "open")]
        if len(mine) < OPEN_MAX:
            self.ids.append(self.company.ask(self.person(name), tokens).topup_id)
            self.model.requests.append(Request(name, tokens))

    @precondition(lambda self: self.ids)
    @rule(by=deciders, kind=st.sampled_from(("approve", "deny")), data=st.data())
    def decide(self, by: str, kind: str, data: st.DataObject) -> None:
        which = self.some(data)
        key = f"modal:{next(self.keys)}"
        chosen = [self.ids[n] for n in which]

        bulk = getattr(self.floor, kind)(self.person(by), chosen, key=key)

        said = getattr(self.model, kind)(by, which, bulk.made_at)
        assert [one.verdict.value for one in bulk.items] == said
        again = getattr(self.floor, kind)(self.person(by), chosen, key=key)
        assert again == bulk
        decided = [self.ids.index(one.topup_id) for one in bulk.decided]
        self.bulks.append((bulk, by, decided, None))

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def two_decide_at_once(self, data: st.DataObject) -> None:
        which = self.some(data)
        chosen = [self.ids[n] for n in which]
        key = next(self.keys)
        ways = {
            "leo": lambda: self.floor.deny(self.floor.leo, chosen, key=f"modal:{key}:leo"),
            "mia": lambda: self.floor.approve(self.floor.mia, chosen, key=f"modal:{key}:mia"),
        }

        running = dict(zip(ways, at_once(list(ways.values())), strict=True))

        made = {name: one.result() for name, one in running.items()}
        # Mia came first where she found anything open: Leo leaves nothing so.
        is_mia_first = any(one.verdict is not Verdict.CLOSED for one in made["mia"].items)
        for name in ("mia", "leo") if is_mia_first else ("leo", "mia"):
            act = self.model.deny if name == "leo" else self.model.approve
            said = act(name, which, made[name].made_at)
            assert [one.verdict.value for one in made[name].items] == said

    @precondition(lambda self: self.ids)
    @rule(by=deciders, data=st.data())
    def undo_one(self, by: str, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(range(len(self.ids))))
        one = self.model.requests[number]
        if one.state == "open":
            return
        try:
            self.floor.undo(self.person(by), self.ids[number], reopened=one.times)
            said = "undone"
        except NotAllowed:
            said = "changed"  # as the model calls it where another decided
        except DecisionRefused as refused:
            said = refused.fault.value
        assert said == self.model.undo(by, number, self.company.now)

    @precondition(lambda self: self.bulks)
    @rule(data=st.data())
    def undo_several(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(range(len(self.bulks))))
        bulk, by, which, before = self.bulks[place]
        is_late = self.company.now + timedelta(seconds=1) - bulk.made_at > MINUTE
        if before is None and is_late:
            with pytest.raises(DecisionRefused):
                self.floor.undo_all(self.person(by), bulk)
            return
        undone = self.floor.undo_all(self.person(by), bulk)
        said = before
        if before is None:
            stands = [self.model.requests[n].at == bulk.made_at for n in which]
            said = [
                self.model.undo(by, n, self.company.now) if same else "changed"
                for n, same in zip(which, stands, strict=True)
            ]
            if which:
                self.bulks[place] = (bulk, by, which, said)
        assert [one.verdict.value for one in undone.items] == said

    @rule(name=askers, tokens=amounts)
    def spend(self, name: str, tokens: int) -> None:
        try:
            self.company.transfer(self.person(name), self.floor.leo, tokens)
        except NotEnoughTokens:
            assert self.model.has.get(name, 0) < tokens
        else:
            self.model.has[name] -= tokens

    @rule(tokens=amounts)
    def fill(self, tokens: int) -> None:
        self.floor.fill(tokens)
        self.model.pool += tokens

    @rule(seconds=st.sampled_from((1, 20, 61)))
    def let_time_pass(self, seconds: int) -> None:
        self.company.later(seconds=seconds)

    @invariant()
    def all_is_as_the_model_says(self) -> None:
        assert self.floor.has() == self.model.pool
        assert self.floor.state().spent == self.model.spent
        assert self.floor.states(self.ids) == [one.state for one in self.model.requests]
        for name in ("ana", "ben"):
            assert self.company.available(self.person(name)) == self.model.has.get(name, 0)

    @invariant()
    def the_auditor_finds_nothing(self) -> None:
        if machines.PROFILE != "mutants":
            self.teardown()

    def teardown(self) -> None:
        assert [str(wrong) for wrong in books.check(self.company.database)] == []

    def some(self, data: st.DataObject) -> list[int]:
        return data.draw(
            st.lists(st.sampled_from(range(len(self.ids))), min_size=1, max_size=8, unique=True)
        )

    def person(self, name: str) -> UserId:
        found: UserId = getattr(self.floor, name)
        return found


@pytest.mark.timeout(machines.TIMEOUT)
def test_decisions_and_their_undoing_hold_whatever_is_wished_for(several: list[Database]) -> None:
    machines.run(BulksMachine, several, LENGTH)

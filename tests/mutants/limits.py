"""Bugs in limits and caps, and who waits for whom."""

from tests.mutants.mutant import Mutant

#: SQLite's writers wait for each other whatever they lock.
HOLD_LOCKS = ("tests/services/test_hold_faults.py", "-k", "postgresql and waits")
POLICIES = ("tests/services/test_policies.py", "-k", "sqlite")

MUTANTS = (
    Mutant(
        "all that is left of a limit can be held",
        "bot/domain/limits.py",
        "return needed <= self.room",
        "return needed < self.room",
        POLICIES,
    ),
    Mutant(
        "a cap counts what was used",
        "bot/services/limits.py",
        "        return used + _sum([one for one in self._promises if is_of(cap, one.model)])",
        "        return _sum([one for one in self._promises if is_of(cap, one.model)])",
        POLICIES,
    ),
    Mutant(
        "a cap counts what is promised",
        "bot/services/limits.py",
        "        return used + _sum([one for one in self._promises if is_of(cap, one.model)])",
        "        return used",
        POLICIES,
    ),
    Mutant(
        "of two who count towards one project one waits",
        "bot/services/admission.py",
        "    limits.lock(tx, workspace_id, holder, Subject(new.model, new.project))\n",
        "",
        HOLD_LOCKS,
    ),
    Mutant(
        "of one person's calls whose limits are counted one waits",
        "bot/storage/reservations.py",
        "        .order_by(_account.c.account_id)\n        .with_for_update()\n",
        "        .order_by(_account.c.account_id)\n",
        HOLD_LOCKS,
    ),
)

"""Bugs in intake: which calls count, for whom, and what they cost."""

from tests.mutants.mutant import Mutant

INTAKE = ("tests/services/test_usage.py", "-k", "sqlite")
INTAKE_RUNS = ("tests/services/test_usage_machine.py", "-k", "sqlite")
METERING = ("tests/domain/test_metering.py",)

MUTANTS = (
    Mutant(
        "a call counts once, whatever repeats it",
        "bot/services/intake.py",
        "            if one.key in new:\n",
        "            if one.key:\n",
        INTAKE_RUNS,
    ),
    Mutant(
        "a later revision is charged the difference",
        "bot/services/intake.py",
        "more = charge.tokens - stands.charge.tokens",
        "more = charge.tokens",
        INTAKE_RUNS,
    ),
    Mutant(
        "an earlier revision changes nothing",
        "bot/domain/usage_events.py",
        "    if event.revision > revision:\n",
        "    if event.revision >= revision:\n",
        INTAKE_RUNS,
    ),
    Mutant(
        "of several sources that see a call one is charged",
        "bot/services/placing.py",
        "charge=cost if counts else cost.seen_only",
        "charge=cost",
        INTAKE,
    ),
    Mutant(
        "a call stays charged, whoever is in charge where its person is by now",
        "bot/services/intake.py",
        "stands.charge.is_seen_only else one.cost",
        "stands.charge.is_seen_only else one.charge",
        INTAKE,
    ),
    Mutant(
        "what a source told of a call stays on the day of the call",
        "bot/services/intake.py",
        "            stands.occurred_at,\n",
        "            event.occurred_at,\n",
        INTAKE,
    ),
    Mutant(
        "what calls cost is summed",
        "bot/domain/usage.py",
        "cost_nano=charge.cost_nano or 0,",
        "cost_nano=0,",
        INTAKE,
    ),
    Mutant(
        "a call is summed under the model that it turned out to be",
        "bot/services/intake.py",
        "stands.place._replace(model=one.model)",
        "stands.place",
        INTAKE_RUNS,
    ),
    Mutant(
        "a rate stays with what was charged by it",
        "bot/storage/usage_events.py",
        "        charge.rate,\n",
        '        "raw",\n',
        ("tests/services/test_books.py", "-k", "normal_story and sqlite"),
    ),
    Mutant(
        "usage spends what expires first",
        "bot/storage/charges.py",
        "_spend_lots(tx, workspace_id, spent, entry_id, lot_rows)",
        "_spend_lots(tx, workspace_id, {}, entry_id, ())",
        INTAKE,
    ),
    Mutant(
        "what is due on an account is settled before usage is charged",
        "bot/storage/charges.py",
        "    if due:\n",
        "    if not due and due:\n",
        INTAKE,
    ),
    Mutant(
        "a surer source begins after what the other was charged for",
        "bot/domain/metering.py",
        "max(first, last + _INSTANT)",
        "first",
        METERING,
    ),
)

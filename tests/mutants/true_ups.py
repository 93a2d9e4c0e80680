"""Bugs in what a provider's report trues up."""

from tests.mutants.mutant import Mutant

TRUE_UPS = (
    "tests/services/test_true_ups.py",
    "tests/services/test_true_ups_linked.py",
    "tests/services/test_true_ups_workers.py",
    "-k",
    "sqlite",
)
PULLS = ("tests/services/test_pulls.py", "-k", "sqlite")
TRUE_UP_RULES = ("tests/domain/test_true_ups.py",)
TRUE_UP_RUNS = ("tests/services/test_true_ups_machine.py", "-k", "sqlite")

MUTANTS = (
    Mutant(
        "a true-up rests on what stood when it was read",
        "bot/storage/true_ups.py",
        '_true_up.c.tokens == sa.bindparam("before", type_=sa.BigInteger())',
        '_true_up.c.tokens != sa.bindparam("before", type_=sa.BigInteger())',
        TRUE_UPS,
    ),
    Mutant(
        "what was trued up before counts as charged",
        "bot/domain/true_ups.py",
        "            known.tokens + before,\n",
        "            known.tokens,\n",
        TRUE_UP_RUNS,
    ),
    Mutant(
        "nothing is given back that nobody's row may hold",
        "bot/domain/true_ups.py",
        "most=one.most + nobodys.get(model, 0),",
        "most=one.most,",
        TRUE_UPS,
    ),
    Mutant(
        "all that is charged fits in what the report has in all",
        "bot/domain/true_ups.py",
        "        fits = max(0, min(more, room[model]))\n",
        "        fits = max(0, more)\n",
        TRUE_UP_RUNS,
    ),
    Mutant(
        "what others were charged takes room in the report",
        "bot/services/true_ups.py",
        "charged | rest)",
        "charged)",
        TRUE_UP_RUNS,
    ),
    Mutant(
        "of what is missing the least goes first",
        "bot/domain/true_ups.py",
        "yield False, one.missing, account, model, missing",
        "yield False, -one.missing, account, model, missing",
        TRUE_UP_RULES,
    ),
    Mutant(
        "what nobody has is never trued up",
        "bot/services/true_ups.py",
        "stands.keys()) - {UNATTRIBUTED})",
        "stands.keys()))",
        TRUE_UPS,
    ),
    Mutant(
        "what a report's rows say is for whom their identity is linked to",
        "bot/storage/report_rows.py",
        "sa.func.coalesce(_identity.c.account_id, UNATTRIBUTED)",
        "_event.c.account_id",
        TRUE_UPS,
    ),
    Mutant(
        "nobody is charged for what was used before a report was connected",
        "bot/services/placing.py",
        "event.occurred_at < sender.charged_from",
        "event.occurred_at > sender.charged_from",
        PULLS,
    ),
    Mutant(
        "days before a report was connected are not trued up",
        "bot/services/true_ups.py",
        "if day < (begun[provider] or day):",
        "if day < day:",
        PULLS,
    ),
)

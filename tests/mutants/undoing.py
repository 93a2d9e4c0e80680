"""Bugs in decisions undone."""

from tests.mutants.mutant import Mutant

UNDOING = ("tests/services/test_undoing.py", "-k", "sqlite")

MUTANTS = (
    Mutant(
        "an undone decision is undone within a minute",
        "bot/domain/topups.py",
        "now - made_at <= UNDO_WINDOW",
        "now >= made_at",
        UNDOING,
    ),
    Mutant(
        "several are undone within a minute",
        "bot/services/undoing.py",
        "        if now - bulk.made_at > UNDO_WINDOW:\n",
        "        if now < bulk.made_at:\n",
        UNDOING,
    ),
    Mutant(
        "an undone approval gives the tokens back",
        "bot/services/undoing.py",
        "        ledger.record(tx, workspace_id, wish, is_counted=True)\n",
        "        pass\n",
        UNDOING,
    ),
    Mutant(
        "what is undone of one person's several approvals is counted together",
        "bot/services/undoing.py",
        "        self.left[account] = left - tokens\n",
        "",
        UNDOING,
    ),
    Mutant(
        "an undone request can be approved anew, as another grant",
        "bot/domain/topups.py",
        "{f':{self.reopened}' * bool(self.reopened)}",
        "",
        UNDOING,
    ),
    Mutant(
        "an old button does not undo the next decision",
        "bot/services/undoing.py",
        "topup.state not in requests.DECIDED or topup.reopened != reopened",
        "topup.state not in requests.DECIDED",
        UNDOING,
    ),
    Mutant(
        "only what was decided together is undone together",
        "bot/services/undoing.py",
        "if requests.is_decision(one, bulk.actor, bulk.made_at)]",
        "if one.decided_by == bulk.actor]",
        UNDOING,
    ),
    Mutant(
        "a message on its way is mended once it stands",
        "bot/services/outbox.py",
        "    elif isinstance(notice, TopUpDecided) and not reopening.place_told(",
        "    elif isinstance(notice, TopUpDecided) and not notice and not reopening.place_told(",
        UNDOING,
    ),
)

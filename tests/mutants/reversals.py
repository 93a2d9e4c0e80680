"""Bugs in reversals, and what is taken back of lots."""

from tests.mutants.mutant import Mutant

REVERSED = ("tests/services/test_reversed_lots.py", "-k", "sqlite")

MUTANTS = (
    Mutant(
        "a reversal swaps both ends",
        "bot/domain/ledger.py",
        "Posting(p.destination, p.source, p.tokens)",
        "Posting(p.source, p.destination, p.tokens)",
    ),
    Mutant(
        "an entry is reversed once",
        "bot/storage/ledger.py",
        '"reverses": entry.reverses,',
        '"reverses": entry_id if entry.reverses else None,',
    ),
    Mutant(
        "only a confirmed reversal overdraws",
        "bot/domain/reversals.py",
        "may_overdraw=may_overdraw",
        "may_overdraw=True",
    ),
    Mutant(
        "a confirmed reversal overdraws",
        "bot/domain/reversals.py",
        "may_overdraw=may_overdraw",
        "may_overdraw=False",
    ),
    Mutant(
        "undo is offered for a minute",
        "bot/domain/reversals.py",
        "if now - entry.recorded_at > UNDO_WINDOW:",
        "if now - entry.recorded_at > 2 * UNDO_WINDOW:",
        ("tests/services/test_reversals.py", "-k", "sqlite"),
    ),
    Mutant(
        "the last second of the minute counts",
        "bot/domain/reversals.py",
        "if now - entry.recorded_at > UNDO_WINDOW:",
        "if now - entry.recorded_at >= UNDO_WINDOW:",
        ("tests/services/test_reversals.py", "-k", "sqlite"),
    ),
    Mutant(
        "only one's own entry can be undone",
        "bot/domain/reversals.py",
        "    if entry.actor != actor.user_id:\n        raise NotAllowed(Deed.REVERSE)\n",
        "",
    ),
    Mutant(
        "nobody takes tokens back to their own account",
        "bot/domain/reversals.py",
        "if gain > 0 and not is_only_approver:",
        "if gain > 1_000_000_000 and not is_only_approver:",
        ("tests/services/test_reversals.py", "-k", "sqlite"),
    ),
    Mutant(
        "what is taken back is what was given",
        "bot/domain/lots.py",
        "left = tokens - sum(one.tokens for one in own) - min(lasting, free)",
        "left = tokens - sum(one.tokens for one in own)",
        REVERSED,
    ),
    Mutant(
        "what is taken back and expires comes out of its own lots",
        "bot/domain/lots.py",
        "own = take([lot for lot in lots if lot.entry_id == made_by], tokens)",
        "own = take([lot for lot in lots if lot.entry_id == lasting], tokens)",
        REVERSED,
    ),
)

"""Bugs in accounts, entries and their keys, and commits."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "available never goes negative by a transfer",
        "bot/storage/accounts.py",
        "            _account.c.balance - _account.c.held >= _TOKENS,\n",
        "",
    ),
    Mutant(
        "all that is available can be spent",
        "bot/storage/accounts.py",
        "_account.c.balance - _account.c.held >= _TOKENS",
        "_account.c.balance - _account.c.held > _TOKENS",
    ),
    Mutant(
        "held tokens can't be spent",
        "bot/storage/accounts.py",
        "_account.c.balance - _account.c.held >= _TOKENS",
        "_account.c.balance >= _TOKENS",
        ("tests/storage/test_ledger.py", "-k", "sqlite"),
    ),
    Mutant(
        "a failed guard refuses the entry",
        "bot/storage/ledger.py",
        "    if refused:\n",
        "    if refused and entry.reverses:\n",
        also=(
            (
                "bot/storage/ledger.py",
                "after = {account: rows[0] for",
                "after = {account: (rows or [(0, None, 0, None)])[0] for",
            ),
        ),
    ),
    Mutant(
        "every account of an entry moves",
        "bot/storage/ledger.py",
        "if a not in UNCACHED]\n    # The key",
        "if a not in UNCACHED][:1]\n    # The key",
    ),
    Mutant(
        "what is credited is what was posted",
        "bot/storage/accounts.py",
        '"balance": total,',
        '"balance": _account.c.balance,',
    ),
    Mutant(
        "a key that was used before moves nothing",
        "bot/storage/accounts.py",
        "            _WRITTEN,\n",
        "",
    ),
    Mutant(
        "the same key never counts twice",
        "bot/storage/ledger.py",
        '"idempotency_key": entry.key,',
        '"idempotency_key": entry.key + entry_id,',
    ),
    Mutant(
        "the same key with other content is an error",
        "bot/storage/ledger.py",
        "if row is None or row.fingerprint != entry.fingerprint:",
        "if row is None:",
    ),
    Mutant(
        "every committed effect has its notice",
        "bot/services/transfers.py",
        "                outbox.add(tx, workspace_id, notice, now)\n",
        "                pass\n",
    ),
    Mutant(
        "the same key tells once",
        "bot/domain/notices/__init__.py",
        "if not receipt.is_new:",
        "if not receipt:",
    ),
    Mutant(
        "a refused wish leaves nothing behind",
        "bot/storage/sqlite.py",
        "            if is_first:\n                raw.rollback()\n",
        '            if is_first:\n                raw.execute("COMMIT")\n',
    ),
    Mutant(
        "a writer that fails undoes its own work",
        "bot/storage/sqlite.py",
        '            raw.execute("ROLLBACK TO writer")\n',
        "",
        ("tests/storage/test_group_commit.py",),
    ),
    Mutant(
        "accounts are touched in one order",
        "bot/domain/ledger.py",
        "return sorted((account, tokens) for account, tokens in change.items() if tokens)",
        "return [(account, tokens) for account, tokens in change.items() if tokens]",
        ("tests/domain/test_ledger.py",),
    ),
    Mutant(
        "the fingerprint is of everything that was wished",
        "bot/domain/ledger.py",
        "postings, self.note, self.reverses))",
        "postings, self.reverses))",
        ("tests/domain/test_ledger.py",),
    ),
)

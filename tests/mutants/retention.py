"""Bugs in what is deleted, and what is kept."""

from tests.mutants.mutant import Mutant

RETENTION = ("tests/services/test_retention.py", "-k", "sqlite")

MUTANTS = (
    Mutant(
        "a call of nobody is kept until it is somebody's",
        "bot/storage/retention.py",
        """        _event.c.account_id != sa.literal_column(f"'{UNATTRIBUTED}'"),\n""",
        "",
        RETENTION,
        also=[
            (
                "bot/storage/retention.py",
                "            _account.c.account_id != UNATTRIBUTED,\n",
                "",
            )
        ],
    ),
    Mutant(
        "of a call that is somebody's as it is looked up it is asked again whose it is",
        "bot/storage/retention.py",
        """        _event.c.account_id != sa.literal_column(f"'{UNATTRIBUTED}'"),\n""",
        "",
        RETENTION,
        also=[
            (
                "bot/storage/retention.py",
                "        _event.c.identity_id.is_(None) | _event.c.identity_id.not_in(linked),\n",
                "",
            )
        ],
    ),
    Mutant(
        "the books know which days have lost calls",
        "bot/storage/retention.py",
        "    progress.advance(tx, workspace_id, DAYS, bounds.kept_from.isoformat())\n",
        "",
        RETENTION,
    ),
    Mutant(
        "the books know which entries have lost calls",
        "bot/storage/retention.py",
        "    progress.advance(tx, workspace_id, ENTRIES, bounds.first_entry)\n",
        "",
        RETENTION,
    ),
    Mutant(
        "a call is kept as long as any entry that charged it is compared",
        "bot/storage/retention.py",
        "        ~charged_since,\n",
        "",
        RETENTION,
    ),
    Mutant(
        "a call that came late is kept so long from its coming",
        "bot/storage/retention.py",
        "(_event.c.entry_id < first_entry)",
        "_event.c.entry_id.is_not(None)",
        RETENTION,
    ),
    Mutant(
        "a link can be taken back with all that it moved",
        "bot/storage/retention.py",
        "        _event.c.identity_id.is_(None) | _event.c.identity_id.not_in(linked),\n",
        "",
        RETENTION,
    ),
)

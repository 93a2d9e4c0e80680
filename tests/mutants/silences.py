"""Bugs in sources that fall silent."""

from tests.mutants.mutant import Mutant

SILENCES = ("tests/services/test_silences.py", "-k", "sqlite and not processes")

MUTANTS = (
    Mutant(
        "a source that rests on weekends is not silent then",
        "bot/domain/sources.py",
        "is_new = min(heard) > counts_from\n",
        "is_new = bool(heard)\n",
        ("tests/domain/test_sources.py",),
    ),
    Mutant(
        "whoever is overtaken tells of no silence again",
        "bot/services/silences.py",
        "for key, one in by_key.items() if key in claimed]",
        "for key, one in by_key.items()]",
        SILENCES,
    ),
    Mutant(
        "a source that fell silent anew is told of anew",
        "bot/domain/silences.py",
        "return at if at is not None and at > heard_at else None",
        "return at",
        SILENCES,
    ),
    Mutant(
        "who could not be told for the hour is told later",
        "bot/services/silences.py",
        "for one in plan.due if not plan.is_put_off else ():",
        "for one in plan.due:",
        SILENCES,
    ),
)

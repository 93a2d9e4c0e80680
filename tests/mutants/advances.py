"""Bugs in advances, and what repays them."""

from tests.mutants.mutant import Mutant

ADVANCES = ("tests/services/test_advances_machine.py", "-k", "sqlite")
ADVANCES_TAKEN = ("tests/services/test_advances.py", "-k", "sqlite")

MUTANTS = (
    Mutant(
        "an advance is taken once in a period",
        "bot/services/advances.py",
        "    if done is not None:\n",
        "    if done is not None and not most:\n",
        ADVANCES,
        also=(
            (
                "bot/services/advances.py",
                "    if owed:\n        raise AdvanceRefused(AdvanceFault.OWED",
                "    if owed and not most:\n        raise AdvanceRefused(AdvanceFault.OWED",
            ),
            (
                "bot/domain/advances.py",
                "{self.account}:{self.repaid_on}",
                "{self.account}:{self.repaid_on}:{self.tokens}",
            ),
        ),
    ),
    Mutant(
        "an advance is repaid",
        "bot/domain/dues.py",
        "return advances.repayments(self.advances, credit.tokens)",
        "return ()",
        ADVANCES,
    ),
    Mutant(
        "an advance is repaid once",
        "bot/storage/advances.py",
        'repaid=_advance.c.repaid + given["repaid"]',
        "repaid=_advance.c.repaid",
        ADVANCES,
    ),
    Mutant(
        "an advance is repaid once, however many weeks are late",
        "bot/domain/dues.py",
        "self.advances = advances.after(self.advances, repaid)",
        "pass",
        ADVANCES,
    ),
    Mutant(
        "a credit repays no more than it brings",
        "bot/domain/advances.py",
        "tokens = min(advance.owed, credit)",
        "tokens = advance.owed",
        ADVANCES_TAKEN,
    ),
    Mutant(
        "what a pool paid in advance is not asked of it again",
        "bot/services/fundings.py",
        "tokens = allowance.credit_on(day).tokens - coming_back",
        "tokens = allowance.credit_on(day).tokens",
        ADVANCES_TAKEN,
    ),
    Mutant(
        "an advance is never more than what repays it",
        "bot/domain/advances.py",
        "tokens=min(most, credit),",
        "tokens=most,",
        ADVANCES,
    ),
)

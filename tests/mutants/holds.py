"""Bugs in holds, from the call's beginning to its settlement."""

from tests.mutants.mutant import Mutant

HOLDS = ("tests/services/test_holds.py", "-k", "sqlite")
HOLD_FAULTS = ("tests/services/test_hold_faults.py", "-k", "sqlite")
HOLD_RUNS = ("tests/services/test_calls_machine.py", "-k", "sqlite")
OLD_HOLDS = ("tests/services/test_old_holds.py", "-k", "sqlite")

MUTANTS = (
    Mutant(
        "no more is held than is available",
        "bot/storage/reservations.py",
        """            _account.c.balance - _account.c.held >= given["tokens"],\n""",
        "",
        HOLDS,
    ),
    Mutant(
        "what is held can't be held again",
        "bot/storage/reservations.py",
        '_account.c.balance - _account.c.held >= given["tokens"]',
        '_account.c.balance >= given["tokens"]',
        HOLDS,
    ),
    Mutant(
        "nobody has more open holds than there may be",
        "bot/storage/reservations.py",
        '_account.c.open_holds + given["holds"] <= sa.literal_column',
        '_account.c.open_holds * 0 + given["holds"] <= sa.literal_column',
        HOLDS,
    ),
    Mutant(
        "a hold is settled once",
        "bot/domain/holds.py",
        "if hold.state in {HoldState.VOIDED, HoldState.SETTLED}:",
        "if hold.state is HoldState.VOIDED:",
        HOLDS,
    ),
    Mutant(
        "a hold is settled once, whatever else is asked of it",
        "bot/domain/holds.py",
        "if hold.state in {HoldState.VOIDED, HoldState.SETTLED}:",
        "if hold.state is HoldState.VOIDED:",
        HOLD_RUNS,
    ),
    Mutant(
        "a voided hold is not settled",
        "bot/domain/holds.py",
        "if hold.state in {HoldState.VOIDED, HoldState.SETTLED}:",
        "if hold.state is HoldState.SETTLED:",
        HOLDS,
    ),
    Mutant(
        "a settled hold is not voided",
        "bot/domain/holds.py",
        "    if hold.state is HoldState.SETTLED:\n",
        "    if hold.state is HoldState.SETTLED and not hold.settled:\n",
        HOLD_FAULTS,
    ),
    Mutant(
        "a call that ends after its hold is charged all the same",
        "bot/domain/holds.py",
        "if hold.state in {HoldState.VOIDED, HoldState.SETTLED}:",
        "if not hold.is_open(now):",
        HOLDS,
    ),
    Mutant(
        "an expired hold counts for nothing",
        "bot/domain/dues.py",
        "        moments += [hold.expires_at for hold in self.holds.values()]\n",
        "",
        HOLDS,
    ),
    Mutant(
        "a hold stops counting in the instant of its end",
        "bot/domain/dues.py",
        "ended = [hold for hold in self.holds.values() if hold.expires_at <= at]",
        "ended = [hold for hold in self.holds.values() if hold.expires_at < at]",
        ("tests/domain/test_dues.py", "-k", "instant"),
    ),
    Mutant(
        "an expired hold promises nothing",
        "bot/storage/open_holds.py",
        "if (moment := as_moment(ends)) is not None and moment > now",
        "if (moment := as_moment(ends)) is not None",
        HOLD_FAULTS,
    ),
    Mutant(
        "what is held is free again once it is settled",
        "bot/storage/reservations.py",
        'held=_account.c.held - given["tokens"],',
        "held=_account.c.held,",
        HOLDS,
    ),
    Mutant(
        "a release frees, and holds nothing more",
        "bot/storage/holds.py",
        "sums[0] += stood.held - hold.held",
        "sums[0] += hold.held - stood.held",
        HOLDS,
    ),
    Mutant(
        "a correction of a part holds no more than was held",
        "bot/domain/holds.py",
        "freed = max(charged, 0)",
        "freed = charged",
        HOLD_FAULTS,
    ),
    Mutant(
        "a part frees no more than is held",
        "bot/domain/holds.py",
        "held=max(hold.held - freed, 0)",
        "held=hold.held - freed",
        HOLDS,
    ),
    Mutant(
        "what a call used beyond its hold is charged too",
        "bot/services/intake.py",
        "        self._by_account[one.payer.account] += charge.tokens\n",
        "        self._by_account[one.payer.account] += min(charge.tokens, 600)\n",
        HOLDS,
    ),
    Mutant(
        "what a settlement is told to use is charged",
        "bot/services/settlements.py",
        "    batch.write()\n",
        "",
        HOLDS,
    ),
    Mutant(
        "extensions of a hold come to a day at most",
        "bot/services/holds.py",
        "rules.extended(stored.hold, stored.first_end_at, wanted, now)",
        "rules.extended(stored.hold, stored.hold.expires_at, wanted, now)",
        HOLDS,
    ),
    Mutant(
        "the key of another caller is another key",
        "bot/services/holds.py",
        'idempotency_key=f"{wish.actor}/{wish.key}"',
        'idempotency_key=f"/{wish.key}"',
        HOLD_FAULTS,
    ),
    Mutant(
        "a key that was used before holds nothing more",
        "bot/services/holds.py",
        "if new.hold_id not in fresh or new.account_id not in available",
        "if new.account_id not in available",
        HOLD_FAULTS,
    ),
    Mutant(
        "what holds covered of expired lots expires once they end",
        "bot/storage/reservations.py",
        "next_due_at=lots.DUE_ONCE_LET_GO",
        "next_due_at=_account.c.next_due_at",
        HOLDS,
    ),
    Mutant(
        "a hold that is open is never deleted",
        "bot/storage/old_holds.py",
        """_ENDED = (_hold.c.state != sa.literal_column(f"'{HoldState.OPEN}'")) | (""",
        """_ENDED = (_hold.c.state != sa.literal_column("'none'")) | (""",
        OLD_HOLDS,
    ),
)

"""Bugs in what falls due: credits, lots and what of them expires."""

from tests.mutants.mutant import DUES, Mutant

MUTANTS = (
    Mutant(
        "the soonest to expire is spent first",
        "bot/domain/lots.py",
        "return sorted(lots, key=lambda lot: (lot.expires_at, lot.lot_id))",
        "return sorted(lots, key=lambda lot: lot.lot_id)",
        DUES,
    ),
    Mutant(
        "what carries over does not expire too",
        "bot/domain/dues.py",
        "going.append((lot, lot.remaining - kept))",
        "going.append((lot, lot.remaining))",
        DUES,
    ),
    Mutant(
        "no more than the cap carries over",
        "bot/domain/dues.py",
        "            staying -= kept\n",
        "",
        DUES,
    ),
    Mutant(
        "gifts are no part of what carries over",
        "bot/domain/dues.py",
        "if lot.allowance_id == allowance.allowance_id and lot.expires_at <= at",
        "if lot.expires_at <= at",
        DUES,
    ),
    Mutant(
        "a credit repays a debt before it is a lot",
        "bot/domain/dues.py",
        "good = min(kept, max(self.balance, 0))",
        "good = kept",
        DUES,
    ),
    Mutant(
        "what holds cover of a lot stays payable",
        "bot/domain/dues.py",
        "free = max(0, self.balance - self.held)",
        "free = max(0, self.balance)",
        DUES,
    ),
    Mutant(
        "a period begins at its moment, not after it",
        "bot/domain/dues.py",
        "while (at := work.next_at()) is not None and at <= now:",
        "while (at := work.next_at()) is not None and at < now:",
        DUES,
    ),
    Mutant(
        "all that entries settled together take of one lot is gone from it",
        "bot/storage/dues.py",
        "tokens[use.lot.lot_id] = tokens.get(use.lot.lot_id, 0) + use.tokens",
        "tokens[use.lot.lot_id] = use.tokens",
        ("tests/services/test_dues.py", "-k", "sqlite"),
    ),
    Mutant(
        "an account knows of a day that has begun in a new zone already",
        "bot/services/zones.py",
        "soonest = min([now, *begins.values(), *(new for _, new in moved)])",
        "soonest = now",
        ("tests/services/test_zones.py", "-k", "sqlite"),
    ),
)

"""Bugs in allowances, packages and their periods."""

from tests.mutants.mutant import DUES, Mutant

PACKAGES = ("tests/services/test_dues.py", "-k", "package and sqlite")
LATE_CLOCK = ("tests/services/test_late_clock.py", "-k", "sqlite")

MUTANTS = (
    Mutant(
        "periods begin at the team's midnight",
        "bot/domain/periods.py",
        "local = datetime.combine(day, time(hour), zone)",
        "local = datetime.combine(day, time(hour), UTC)",
        DUES,
    ),
    Mutant(
        "a month that is too short begins on its last day",
        "bot/domain/periods.py",
        "return date(year, month + 1, min(day.day, _days_of(year, month + 1)))",
        "return date(year, month + 1, min(day.day, _days_of(year, month + 1) - 1))",
        DUES,
    ),
    Mutant(
        "a month lasts to the day before its anchor",
        "bot/domain/periods.py",
        "if months_after(anchor, count * months) > day:",
        "if months_after(anchor, count * months) >= day:",
        DUES,
    ),
    Mutant(
        "the parts of a package come to its total",
        "bot/domain/allowances.py",
        "part - 1 if part > first else 0",
        "part - 1",
        DUES,
    ),
    Mutant(
        "an allowance ends on its last day",
        "bot/domain/allowances.py",
        "return None if self.ends_on is not None and day >= self.ends_on else day",
        "return None if self.ends_on is not None and day > self.ends_on else day",
        DUES,
    ),
    Mutant(
        "whoever comes in mid-period gets a part",
        "bot/domain/allowances.py",
        "tokens = tokens * (span.end - day).days // span.days",
        "tokens = tokens * (span.end - day).days // (span.days - 1)",
        DUES,
    ),
    Mutant(
        "no part of a package is paid twice",
        "bot/domain/allowances.py",
        " and day > (paid_until or date.min))",
        ")",
        PACKAGES,
    ),
    Mutant(
        "what was due before a pause is credited",
        "bot/services/allowances.py",
        "    dues.settle_rule(database, workspace_id, allowance_id, now)\n",
        "",
        LATE_CLOCK,
    ),
)

"""One-line bugs, each of which breaks a rule of the books; the tests have to notice every one.

A copy of the package is changed, never the repository. `python -m tests.mutants` tries them all.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MACHINE = ("tests/services/test_books_machine.py", "-k", "sqlite")
QUIETLY = ("-q", "-x", "-n", "0", "-p", "no:cacheprovider")
TESTS_FAILED = 1  # of pytest's exit codes; others mean that it could not run them


@dataclass(frozen=True, slots=True)
class Mutant:
    """In `path`, `old` is replaced by `new`, which breaks `rule`; `tests` must fail."""

    rule: str
    path: str
    old: str
    new: str
    tests: Sequence[str] = MACHINE
    #: What has to change with the first: another guard of the same rule, or the rest of the bug.
    also: Sequence[tuple[str, str, str]] = ()

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        return [(self.path, self.old, self.new), *self.also]


#: The patient calendar of allowances and lots.
DUES = ("tests/domain/test_dues.py",)
BUDGETS = ("tests/services/test_budgets.py", "-k", "sqlite")
COUNTS = ("tests/services/test_budget_counts.py", "-k", "sqlite")
POOLS = ("tests/services/test_pools_machine.py", "-k", "sqlite")
REVERSED = ("tests/services/test_reversed_lots.py", "-k", "sqlite")
TEAMS = ("tests/services/test_teams.py", "-k", "sqlite")
PACKAGES = ("tests/services/test_dues.py", "-k", "package and sqlite")
CLOCK_RACES = ("tests/services/test_clock_races.py", "-k", "joiner and sqlite")
TRUE_UPS = ("tests/services/test_true_ups.py", "-k", "sqlite")
PULLS = ("tests/services/test_pulls.py", "-k", "sqlite")
TRUE_UP_RULES = ("tests/domain/test_true_ups.py",)
TRUE_UP_RUNS = ("tests/services/test_true_ups_machine.py", "-k", "sqlite")
INTAKE = ("tests/services/test_usage.py", "-k", "sqlite")
INTAKE_RUNS = ("tests/services/test_usage_machine.py", "-k", "sqlite")
METERING = ("tests/domain/test_metering.py",)
SILENCES = ("tests/services/test_silences.py", "-k", "sqlite and not processes")
RETENTION = ("tests/services/test_retention.py", "-k", "sqlite")
ADVANCES = ("tests/services/test_advances_machine.py", "-k", "sqlite")
ADVANCES_TAKEN = ("tests/services/test_advances.py", "-k", "sqlite")
HOLDS = ("tests/services/test_holds.py", "-k", "sqlite")
HOLD_FAULTS = ("tests/services/test_hold_faults.py", "-k", "sqlite")
#: SQLite's writers wait for each other whatever they lock.
HOLD_LOCKS = ("tests/services/test_hold_faults.py", "-k", "postgresql and waits")
HOLD_RUNS = ("tests/services/test_calls_machine.py", "-k", "sqlite")
POLICIES = ("tests/services/test_policies.py", "-k", "sqlite")
OLD_HOLDS = ("tests/services/test_old_holds.py", "-k", "sqlite")
LIMITED_KEYS = ("tests/api/test_limited_keys.py", "-k", "sqlite")
BULKS = ("tests/services/test_bulks.py", "-k", "sqlite")
BULK_RUNS = ("tests/services/test_bulks_machine.py", "-k", "sqlite")
#: SQLite's writers wait for each other whatever they lock.
BULK_RACES = ("tests/services/test_bulk_races.py", "-k", "postgresql and in_hand")
UNDOING = ("tests/services/test_undoing.py", "-k", "sqlite")
LATE_CLOCK = ("tests/services/test_late_clock.py", "-k", "sqlite")

MUTANTS = (
    Mutant(
        "what a pool has is shared out once among several approved together",
        "bot/domain/bulks.py",
        "            left[item.source] = purse.less(item.tokens)\n",
        "",
        BULKS,
        also=(("bot/storage/grants.py", "    if refused:\n", "    if False:\n"),),
    ),
    Mutant(
        "a budget is kept by several approved together",
        "bot/domain/bulks.py",
        "item.tokens > purse.budget.left",
        "item.tokens > purse.budget.budget.tokens",
        BULKS,
    ),
    Mutant(
        "nobody decides their own among several",
        "bot/domain/bulks.py",
        "topup.requester == bench.actor and not bench.is_only_approver",
        "topup.requester == bench.actor and not bench.actor",
        BULKS,
    ),
    Mutant(
        "several are decided by the same roles as one",
        "bot/domain/bulks.py",
        "    if not roles.may(actor, Deed.DECIDE, requester):  # says",
        "    if not actor:  # says",
        BULKS,
    ),
    Mutant(
        "a request decided before stays as it is among several",
        "bot/domain/bulks.py",
        "    if topup.state is not TopUpState.OPEN:\n",
        "    if topup.state is TopUpState.EXPIRED:\n",
        BULKS,
    ),
    Mutant(
        "the same submission of several gives the same outcome",
        "bot/services/bulks.py",
        "        if earlier is not None:\n",
        "        if earlier is not None and not earlier.items:\n",
        BULKS,
    ),
    Mutant(
        "grants of several take their lots from the pool one after the other",
        "bot/storage/grants.py",
        "        left = spending.without(left, taken)\n",
        "",
        BULKS,
    ),
    Mutant(
        "a debt is repaid first by each of several grants",
        "bot/storage/grants.py",
        "        balance[account] -= tokens\n",
        "",
        BULKS,
    ),
    Mutant(
        "several that decide the same requests wait for each other",
        "bot/storage/bulks.py",
        "found.with_for_update() if lock else found",
        "found",
        BULK_RACES,
    ),
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
        BULK_RUNS,
    ),
    Mutant(
        "a message on its way is mended once it stands",
        "bot/services/outbox.py",
        "    elif isinstance(notice, TopUpDecided) and not reopening.place_told(",
        "    elif isinstance(notice, TopUpDecided) and not notice and not reopening.place_told(",
        UNDOING,
    ),
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
        "a grant reaches each of its recipients",
        "bot/domain/grants.py",
        "for user, taker in people.items()\n",
        "for user, taker in list(people.items())[:1]\n",
    ),
    Mutant(
        "nobody grants to themselves",
        "bot/domain/grants.py",
        "if is_to_self and not is_only_approver:",
        "if is_to_self and is_only_approver:",
    ),
    Mutant(
        "tokens never go to a bot or to somebody who has left",
        "bot/services/grants.py",
        "            participants.refuse_absent(tx, workspace_id, *takers)\n",
        "",
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
        "a request is decided once, which two guards see to",
        "bot/services/decisions.py",
        "    if topup.state is not TopUpState.OPEN:\n        raise TopUpClosed(topup)\n",
        "",
        also=(
            (
                "bot/storage/topups.py",
                "            _topup.c.topup_id == topup_id,\n"
                "            _topup.c.state == TopUpState.OPEN.value,\n",
                "            _topup.c.topup_id == topup_id,\n",
            ),
        ),
    ),
    Mutant(
        "nobody decides their own request",
        "bot/services/decisions.py",
        "if actor == topup.requester and not approvers.is_only_one(tx, workspace_id, actor):",
        "if actor == topup.requester and not topup:",
    ),
    Mutant(
        "an approval grants the amount that was decided",
        "bot/services/decisions.py",
        "amount = topup.tokens if tokens is None else tokens",
        "amount = topup.tokens",
    ),
    Mutant(
        "only the requester withdraws",
        "bot/services/topups.py",
        "if topup is None or topup.requester != requester:",
        "if topup is None:",
        ("tests/services/test_topups.py", "-k", "sqlite"),
    ),
    Mutant(
        "every copy of a request learns of its end",
        "bot/services/topups.py",
        "    for user_id in have:\n",
        "    for user_id in list(have)[1:]:\n",
    ),
    Mutant(
        "a member has at most three open requests",
        "bot/services/topups.py",
        ">= rules.OPEN_MAX:",
        "> rules.OPEN_MAX:",
        ("tests/services/test_topups.py", "-k", "sqlite"),
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
        "all that entries settled together take of one lot is gone from it",
        "bot/storage/dues.py",
        "tokens[use.lot.lot_id] = tokens.get(use.lot.lot_id, 0) + use.tokens",
        "tokens[use.lot.lot_id] = use.tokens",
        ("tests/services/test_dues.py", "-k", "sqlite"),
    ),
    Mutant(
        "a budget is never exceeded",
        "bot/storage/budgets.py",
        """            *_at(workspace_id, pool, now),
            _budget.c.spent + _reserved(workspace_id, pool) + tokens <= _budget.c.tokens,
""",
        "            *_at(workspace_id, pool, now),\n",
        POOLS,
    ),
    Mutant(
        "all of a budget can be spent",
        "bot/storage/budgets.py",
        "_budget.c.spent + _reserved(workspace_id, pool) + tokens <= _budget.c.tokens",
        "_budget.c.spent + _reserved(workspace_id, pool) + tokens < _budget.c.tokens",
        BUDGETS,
    ),
    Mutant(
        "what is reserved can't be granted beyond the budget",
        "bot/storage/budgets.py",
        "_budget.c.spent + _reserved(workspace_id, pool) + tokens <= _budget.c.tokens",
        "_budget.c.spent + tokens <= _budget.c.tokens",
        COUNTS,
    ),
    Mutant(
        "a budget set anew counts what left meanwhile",
        "bot/storage/budgets.py",
        """    count_anew(tx, workspace_id, pool)
    found = state(""",
        "    found = state(",
        COUNTS,
    ),
    Mutant(
        "a budget's days are those of the team's zone",
        "bot/services/zones.py",
        "    budgets.count_anew(tx, workspace_id, pool)\n",
        "",
        COUNTS,
    ),
    Mutant(
        "a pool pays each credit once",
        "bot/services/fundings.py",
        "self._given[key] = given + tokens",
        "self._given[key] = 0",
        POOLS,
    ),
    Mutant(
        "a team of whom one asked first is made good whole",
        "bot/services/fundings.py",
        """    if any(turn.is_due_on(day) for turn in turns):
        return  # theirs comes first; what is left then is left for the next tick
""",
        "",
        COUNTS,
        also=(
            (
                "bot/schedule.py",
                """    if found.has_dues or found.has_memberships:
        yield dues.settle_all
    if found.has_fundings:
""",
                "    if found.has_fundings:\n",
            ),
        ),
    ),
    Mutant(
        "whoever comes in on the very day is paid too",
        "bot/services/fundings.py",
        "if funding.state is FundingState.RESERVED and funding.rest - given < tokens:",
        "if funding.state is None:",
        COUNTS,
    ),
    Mutant(
        "what nobody took of a pool comes free",
        "bot/services/fundings.py",
        """    if funding.rest:
        fundings.release(tx, funding.workspace_id""",
        """    if not funding.rest:
        fundings.release(tx, funding.workspace_id""",
        COUNTS,
    ),
    Mutant(
        "what a pool owed goes to the treasury when its team ends",
        "bot/services/team_ends.py",
        "    fundings.give_up(tx, workspace_id, pool, now)\n",
        "",
        COUNTS,
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
    Mutant(
        "what is taken back may be spent again",
        "bot/domain/budgets.py",
        "frozenset({EntryKind.REVERSAL, EntryKind.RETURN})",
        "frozenset({EntryKind.RETURN})",
        BUDGETS,
    ),
    Mutant(
        "what a pool reserves for its team counts",
        "bot/storage/fundings.py",
        "if budgets.allows(tx, workspace_id, pool, tokens, now):",
        "if tokens:",
        BUDGETS,
    ),
    Mutant(
        "a manager's grant is the pool's",
        "bot/domain/grants.py",
        "if giver.is_admin or taker.team_id == EVERYONE:",
        "if giver or taker.team_id == EVERYONE:",
        BUDGETS,
    ),
    Mutant(
        "no part of a package is paid twice",
        "bot/domain/allowances.py",
        " and day > (paid_until or date.min))",
        ")",
        PACKAGES,
    ),
    Mutant(
        "no two teams pay somebody who moves while the clock works",
        "bot/services/memberships.py",
        "        or (turn.next_on is not None and turn.allowance.is_of_other_team(allowance))\n",
        "",
        CLOCK_RACES,
    ),
    Mutant(
        "what was due before a pause is credited",
        "bot/services/allowances.py",
        "    dues.settle_rule(database, workspace_id, allowance_id, now)\n",
        "",
        LATE_CLOCK,
    ),
    Mutant(
        "what expires moves with the team's zone",
        "bot/services/zones.py",
        "expires=[*later, *earlier],",
        "expires=[],",
        TEAMS,
    ),
    Mutant(
        "what is credited moves with the team's zone",
        "bot/services/zones.py",
        "begins={day: periods.start_of(day, after) for day in days},",
        "begins={},",
        TEAMS,
    ),
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
    Mutant(
        "a call counts once, whatever repeats it",
        "bot/services/intake.py",
        "            if one.key in new:\n",
        "            if one.key:\n",
        INTAKE_RUNS,
    ),
    Mutant(
        "a later revision is charged the difference",
        "bot/services/intake.py",
        "more = charge.tokens - stands.charge.tokens",
        "more = charge.tokens",
        INTAKE_RUNS,
    ),
    Mutant(
        "an earlier revision changes nothing",
        "bot/domain/usage_events.py",
        "    if event.revision > revision:\n",
        "    if event.revision >= revision:\n",
        INTAKE_RUNS,
    ),
    Mutant(
        "of several sources that see a call one is charged",
        "bot/services/placing.py",
        "charge=cost if counts else cost.seen_only",
        "charge=cost",
        INTAKE,
    ),
    Mutant(
        "a call stays charged, whoever is in charge where its person is by now",
        "bot/services/intake.py",
        "stands.charge.is_seen_only else one.cost",
        "stands.charge.is_seen_only else one.charge",
        INTAKE,
    ),
    Mutant(
        "what a source told of a call stays on the day of the call",
        "bot/services/intake.py",
        "            stands.occurred_at,\n",
        "            event.occurred_at,\n",
        INTAKE,
    ),
    Mutant(
        "what calls cost is summed",
        "bot/domain/usage.py",
        "cost_nano=charge.cost_nano or 0,",
        "cost_nano=0,",
        INTAKE,
    ),
    Mutant(
        "a call is summed under the model that it turned out to be",
        "bot/services/intake.py",
        "stands.place._replace(model=one.model)",
        "stands.place",
        INTAKE_RUNS,
    ),
    Mutant(
        "a rate stays with what was charged by it",
        "bot/storage/usage_events.py",
        "        charge.rate,\n",
        '        "raw",\n',
        ("tests/services/test_books.py", "-k", "normal_story and sqlite"),
    ),
    Mutant(
        "usage spends what expires first",
        "bot/storage/charges.py",
        "    if not spent:\n",
        "    if spent:\n",
        INTAKE,
    ),
    Mutant(
        "what is due on an account is settled before usage is charged",
        "bot/storage/charges.py",
        "    if due:\n",
        "    if not due and due:\n",
        INTAKE,
    ),
    Mutant(
        "a surer source begins after what the other was charged for",
        "bot/domain/metering.py",
        "max(first, last + _INSTANT)",
        "first",
        METERING,
    ),
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
        "all that is left of a limit can be held",
        "bot/domain/limits.py",
        "return needed <= self.room",
        "return needed < self.room",
        POLICIES,
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
        '(_covered(given["now"]), given["now"]), else_',
        '(_covered(given["now"]) & sa.false(), given["now"]), else_',
        HOLDS,
    ),
    Mutant(
        "a cap counts what was used",
        "bot/services/limits.py",
        "        return used + _sum([one for one in self._promises if is_of(cap, one.model)])",
        "        return _sum([one for one in self._promises if is_of(cap, one.model)])",
        POLICIES,
    ),
    Mutant(
        "a cap counts what is promised",
        "bot/services/limits.py",
        "        return used + _sum([one for one in self._promises if is_of(cap, one.model)])",
        "        return used",
        POLICIES,
    ),
    Mutant(
        "of two who count towards one project one waits",
        "bot/services/admission.py",
        "    limits.lock(tx, workspace_id, holder, Subject(new.model, new.project))\n",
        "",
        HOLD_LOCKS,
    ),
    Mutant(
        "of one person's calls whose limits are counted one waits",
        "bot/storage/reservations.py",
        "        .order_by(_account.c.account_id)\n        .with_for_update()\n",
        "        .order_by(_account.c.account_id)\n",
        HOLD_LOCKS,
    ),
    Mutant(
        "a hold that is open is never deleted",
        "bot/storage/old_holds.py",
        """_ENDED = (_hold.c.state != sa.literal_column(f"'{HoldState.OPEN}'")) | (""",
        """_ENDED = (_hold.c.state != sa.literal_column("'none'")) | (""",
        OLD_HOLDS,
    ),
    Mutant(
        "a limited key holds for nobody else",
        "bot/services/authorizing.py",
        "    return caller.reach.has(account, team_id)\n",
        "    return True\n",
        LIMITED_KEYS,
    ),
    Mutant(
        "a limited key charges nobody else",
        "bot/services/placing.py",
        "    if sender.reach == ALL:\n",
        "    if sender.reach:\n",
        LIMITED_KEYS,
    ),
)


def home(mutant: Mutant | None, folder: Path) -> Path:
    """A copy of package and tests with the bug in it."""
    for name in ("bot", "tests", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    if mutant is not None:
        for path, old, new in mutant.changes:
            source = (folder / path).read_text()
            if source.count(old) != 1:
                raise ValueError(f"{path} has the mutant's text {source.count(old)} times: {old}")
            (folder / path).write_text(source.replace(old, new))
    return folder


def survives(mutant: Mutant | None, tests: Sequence[str]) -> str:
    """What the tests said if they passed all the same; empty when they failed, as they must."""
    with tempfile.TemporaryDirectory(prefix="tokenbot-mutant-") as name:
        folder = home(mutant, Path(name))
        run = subprocess.run(  # noqa: S603 - our own interpreter and tests
            [sys.executable, "-m", "pytest", *QUIETLY, *tests],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "HYPOTHESIS_PROFILE": "mutants"},
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode == TESTS_FAILED:
        return ""
    return f"exit code {run.returncode}\n{run.stdout[-2000:]}{run.stderr[-2000:]}"


def try_all(mutants: Sequence[Mutant] = MUTANTS, *, at_once: int = 2) -> dict[str, str]:
    """The rules whose mutants live, and what the tests said."""
    with ThreadPoolExecutor(at_once) as pool:
        said = pool.map(lambda mutant: survives(mutant, mutant.tests), mutants)
        return {m.rule: each for m, each in zip(mutants, said, strict=True) if each}


if __name__ == "__main__":
    living = try_all()
    for rule, said in living.items():
        sys.stdout.write(f"LIVES: {rule}\n{said}\n")
    sys.stdout.write(f"{len(MUTANTS) - len(living)} of {len(MUTANTS)} mutants were noticed\n")
    sys.exit(bool(living))

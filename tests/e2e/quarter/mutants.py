"""Bugs that only show when a worker is killed at the wrong moment, or when two work at once.

Most of them take apart what has to be one commit. Each is planted by the machinery of
`tests.mutants`, and the quarter has to notice it.
"""

from tests.mutants import Mutant

QUARTER = ("tests/e2e/test_quarter_killed.py", "-m", "quarter")
#: Two who meet between a read and a write, which a quarter may go without.
RACES = ("tests/services/test_clock_races.py", "-k", "anothers_digests and postgresql")
#: A quarter shows it as well, but only at its end.
LEASES = ("tests/services/test_outbox.py", "-k", "lease and sqlite")
REPORTS = "bot/services/reports.py"
TIDINGS = "bot/services/tidings.py"
DUES = "bot/storage/dues.py"

#: Ends the commit under way in the middle of a service, and begins another.
_COMMIT = "    tx.commit(); tx._is_open = False; tx._pending.append((b'BEGIN', ()))\n"
_CLAIM = (
    "        mine = runs.claim_all(\n"
    "            tx, workspace_id, job=digests.TEAM, subjects=list(channels),"
    " period=period, now=now\n"
    "        )\n"
)
_CLAIM_OWN = (
    "        mine = runs.claim_all(\n"
    "            tx, workspace_id, job=digests.OWN, subjects=subjects, period=period, now=now\n"
    "        )\n"
)
_PUT_TURNS = "    tx.bulk(allowance_turns.MOVE, list(_turns(workspace_id, settled)))\n"
_EXPIRE_HOLDS = (
    "    ended = [(workspace_id, hold_id) for one in settled for hold_id in one.ended]\n"
    "    tx.bulk(open_holds.EXPIRE, ended)\n"
)
_PUT_ACCOUNTS = "    tx.bulk(PUT_ACCOUNTS, [_account_row(workspace_id, one) for one in settled])\n"
_ADD_ENTRIES = "    tx.bulk(ledger.ADD_NEW_ENTRIES, entries)\n"
_USE_LOTS = "    tx.bulk(lots.USE_MANY, _used(workspace_id, dues))\n"
_CARRY_OUT = (
    "        with database.writing() as tx:\n            _carry_out(tx, workspace_id, plan, now)\n"
)
_TELL_ALERTS = (
    "    for key in sorted(runs.claim(tx, workspace_id, _TOLD, ours, now)):\n"
    "        outbox.add(tx, workspace_id, plan.notices[key], now)\n"
)

MUTANTS = (
    Mutant(
        "a digest is not claimed before its notice",
        REPORTS,
        "        for week in facts:\n            if week.team_id in mine:\n",
        "    with database.writing() as tx:\n"
        "        for week in facts:\n            if week.team_id in mine:\n",
        QUARTER,
    ),
    Mutant(
        "a digest is not told before its claim",
        REPORTS,
        "                outbox.add(tx, workspace_id, notice, now)\n",
        "                with database.writing() as own:\n"
        "                    outbox.add(own, workspace_id, notice, now)\n",
        QUARTER,
    ),
    Mutant(
        "a digest is claimed by a row that only one can write",
        REPORTS,
        _CLAIM,
        "        done = runs.done(tx, workspace_id, digests.TEAM, channels)\n"
        "        mine = [one for one in channels if (one, period) not in done]\n"
        + _CLAIM.replace("mine = ", ""),
        RACES,
    ),
    Mutant(
        "a member's digest is claimed by a row that only one can write",
        REPORTS,
        _CLAIM_OWN,
        "        done = runs.done(tx, workspace_id, digests.OWN, subjects)\n"
        "        mine = [one for one in subjects if (one, period) not in done]\n"
        + _CLAIM_OWN.replace("mine = ", ""),
        RACES,
    ),
    Mutant(
        "the clock is done with a week after its digests",
        REPORTS,
        "    prepared = 0\n    if to_tell:\n",
        "    with database.writing() as tx:\n"
        "        ids = [team.team_id for team in some]\n"
        "        period = week_on.isoformat()\n"
        "        runs.claim_all(\n"
        "            tx, workspace_id, job=digests.WEEK, subjects=ids, period=period, now=now\n"
        "        )\n"
        "    prepared = 0\n    if to_tell:\n",
        QUARTER,
    ),
    Mutant(
        "an alert is not told before its row says so",
        TIDINGS,
        _CARRY_OUT,
        "        with database.writing() as tx, database.writing() as own:\n"
        "            _carry_out(tx, workspace_id, plan, now, own)\n",
        QUARTER,
        also=(
            (TIDINGS, "plan: _Plan, now: datetime) -> None:", "plan: _Plan, now: datetime, own):"),
            (TIDINGS, _TELL_ALERTS, _TELL_ALERTS.replace("add(tx", "add(own")),
        ),
    ),
    Mutant(
        "an alert's row does not say that it was told before it is",
        TIDINGS,
        _CARRY_OUT,
        _CARRY_OUT + "        with database.writing() as tx:\n"
        "            for notice in plan.notices.values():\n"
        "                outbox.add(tx, workspace_id, notice, now)\n",
        QUARTER,
        also=(
            (
                TIDINGS,
                _TELL_ALERTS,
                "    claimed = sorted(runs.claim(tx, workspace_id, _TOLD, ours, now))\n"
                "    plan.notices = {key: plan.notices[key] for key in claimed}\n",
            ),
        ),
    ),
    Mutant(
        "entries are looked at only once what they passed is noted",
        "bot/services/alerts.py",
        "    workspace_id = waiting.workspace_id\n",
        "    workspace_id = waiting.workspace_id\n"
        "    with database.writing() as tx:\n"
        "        position = ids.first_at(now - OVERLAP)\n"
        "        progress.advance(tx, workspace_id, alerts.BALANCES, position)\n",
        QUARTER,
    ),
    Mutant(
        "an allowance's entry is not written before its turn moves",
        DUES,
        _PUT_TURNS + _EXPIRE_HOLDS + _PUT_ACCOUNTS,
        _EXPIRE_HOLDS + _PUT_ACCOUNTS + _COMMIT + _PUT_TURNS,
        QUARTER,
    ),
    Mutant(
        "an allowance's turn does not move before its entry is written",
        DUES,
        _ADD_ENTRIES,
        _PUT_TURNS + _COMMIT + _ADD_ENTRIES,
        QUARTER,
        also=((DUES, _PUT_TURNS + _EXPIRE_HOLDS, _EXPIRE_HOLDS),),
    ),
    Mutant(
        "an expiry's entry is not written before its lots are used",
        DUES,
        _USE_LOTS,
        _COMMIT + _USE_LOTS,
        QUARTER,
    ),
    Mutant(
        "an expiry's lots are not used before its entry is written",
        DUES,
        _ADD_ENTRIES,
        _USE_LOTS.replace("dues", "list(dues)") + _COMMIT + _ADD_ENTRIES,
        QUARTER,
        also=((DUES, _USE_LOTS, ""),),
    ),
    Mutant(
        "what was in hand of whoever died is free after a while",
        "bot/storage/claims.py",
        "_outbox.c.leased_until.is_(None) | (_outbox.c.leased_until <= look.now)",
        "_outbox.c.leased_until.is_(None)",
        LEASES,
    ),
)

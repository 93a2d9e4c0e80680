"""The audit of sums by day: those of people, and those of sources, against single calls.

Calls of long ago are deleted, and their sums stay: `storage.retention` keeps from which day on all
are there. Sums are taken in two halves, as in `storage.books`.
"""

import sqlalchemy as sa

from bot.domain.books import Discrepancy
from bot.domain.identities import NO_TEAM
from bot.domain.usage import FIGURES, SEEN
from bot.storage.database import Transaction
from bot.storage.discrepancies import wrong
from bot.storage.retention import DAYS

#: By the table whose row is off.
_RULES = {
    "rollup": "day_is_the_sum_of_its_events",
    "source_day": "source_day_is_the_sum_of_its_events",
}
#: What an event adds to a figure, where that is not what its column of the same name says.
_OF_EVENT = {
    "calls": "1",
    "cost_nano": "COALESCE(cost_nano, 0)",
    "unpriced": "CASE WHEN cost_nano IS NULL THEN 1 ELSE 0 END",
}
_TOLD = ("events", "counted", "tokens")
_BUT_TOKENS = tuple(name for name in FIGURES if name != "tokens")
#: The member of an account, or empty.
_USER = "CASE WHEN account_id LIKE 'member:%' THEN substr(account_id, 8) ELSE '' END"


def _halves(figure: str, name: str) -> str:
    return f"SUM({figure} / 1000000000) AS {name}_high, SUM({figure} % 1000000000) AS {name}_low"


def _less(*names: str) -> str:
    return ", ".join(f"-({name} / 1000000000), -({name} % 1000000000)" for name in names)


def _names(*names: str) -> str:
    return ", ".join(f"{name}_high, {name}_low" for name in names)


def _whole(name: str) -> str:
    """Where it overflows, SQLite goes on in floating point, far from zero."""
    return f"(SUM({name}_high) * 1000000000 + SUM({name}_low))"


def _differ(*names: str) -> str:
    return " OR ".join(f"{_whole(name)} <> 0" for name in names)


def _by(*names: str) -> str:
    """How much more the sum says than its events."""
    return " || ".join(
        f"CASE {_whole(name)} WHEN 0 THEN '' "
        f"ELSE ', {name} by ' || CAST(-{_whole(name)} AS TEXT) END"
        for name in names
    )


# A true-up is summed by a model's name as calls had it by then, maybe with the project `other`: so
# tokens of somebody's day that was trued up are compared whole, and all else by model. The events
# are read and sorted once for both tables, which is most of what this takes; the limit, which is
# none, keeps SQLite from sorting their times whole.
_COUNTED = ", ".join(_halves(f"({_OF_EVENT.get(name, name)})", name) for name in FIGURES)
_SUMMED = f"""
    WITH event AS (
      SELECT workspace_id, team_id, day, account_id, model, source, provider,
        substr(CAST(occurred_at AS TEXT), 1, 10) AS utc_day, rate = '{SEEN}' AS is_seen,
        tokens, input_uncached, cache_read, cache_write, output, cost_nano
      FROM usage_event LIMIT {2**63 - 1}),
    counted AS MATERIALIZED (
      SELECT workspace_id, team_id, day, account_id, model, source, provider, utc_day, is_seen,
        {_COUNTED}
      FROM event
      GROUP BY workspace_id, team_id, day, account_id, model, source, provider, utc_day, is_seen),
    sides AS MATERIALIZED (
      SELECT workspace_id, team_id, day, {_USER} AS user_id, model, {_names(*FIGURES)}
      FROM counted WHERE NOT is_seen
      UNION ALL
      SELECT workspace_id, team_id, day, user_id, model, {_less(*FIGURES)} FROM rollup),
    trued AS MATERIALIZED (
      SELECT workspace_id, team_id, day, {_USER} AS user_id, {_halves("tokens", "more")}
      FROM true_up GROUP BY workspace_id, team_id, day, user_id),
    with_trued AS MATERIALIZED (
      SELECT s.*, t.day IS NOT NULL AS is_trued FROM sides s LEFT JOIN trued t
        ON t.workspace_id = s.workspace_id AND t.team_id = s.team_id
        AND t.day = s.day AND t.user_id = s.user_id),
    whole AS (
      SELECT workspace_id, team_id, day, user_id, {_names("tokens")}
      FROM with_trued WHERE is_trued
      UNION ALL
      SELECT workspace_id, team_id, day, user_id, {_names("more")} FROM trued),
    told AS (
      SELECT workspace_id, source, provider, utc_day AS day,
        calls_high AS events_high, calls_low AS events_low,
        input_uncached_high + cache_read_high + cache_write_high + output_high AS counted_high,
        input_uncached_low + cache_read_low + cache_write_low + output_low AS counted_low,
        {_names("tokens")}
      FROM counted
      UNION ALL
      SELECT workspace_id, source, provider, day, {_less(*_TOLD)} FROM source_day),
    off AS (
      SELECT 'rollup' AS place, workspace_id, team_id, day,
        team_id || ' ' || day || ' ' || user_id || ' ' || model AS row_id,
        {_by(*_BUT_TOKENS)} || CASE WHEN is_trued THEN '' ELSE {_by("tokens")} END AS figures
      FROM with_trued GROUP BY workspace_id, team_id, day, user_id, model, is_trued
      HAVING {_differ(*_BUT_TOKENS)} OR (NOT is_trued AND {_differ("tokens")})
      UNION ALL
      SELECT 'rollup', workspace_id, team_id, day, team_id || ' ' || day || ' ' || user_id,
        {_by("tokens")}
      FROM whole GROUP BY workspace_id, team_id, day, user_id HAVING {_differ("tokens")}
      UNION ALL
      SELECT 'source_day', workspace_id, '', day, source || ' ' || provider || ' ' || day,
        {_by(*_TOLD)}
      FROM told GROUP BY workspace_id, source, provider, day HAVING {_differ(*_TOLD)})
    SELECT o.place, o.workspace_id, o.row_id, o.figures
    FROM off o LEFT JOIN progress k ON k.workspace_id = o.workspace_id AND k.job = :mark
    WHERE o.team_id = :nobodys OR o.day > COALESCE(k.position, '')
      OR (o.place = 'rollup' AND o.day = k.position)"""  # noqa: S608 - names of columns


def summed(tx: Transaction) -> list[Discrepancy]:
    """What is summed of a day is what its events say: each person's by model, and each source's.

    A person's day is in their team's zone, and has true-ups; a source's is in UTC, so that its
    calls are all there only from the day after the first that was kept whole.
    """
    rows = tx.connection.execute(sa.text(_SUMMED), {"mark": DAYS, "nobodys": NO_TEAM})
    return [
        wrong(
            _RULES[place],
            (place, workspace_id, row_id),
            expected="the sum of its events",
            found="off in " + figures.removeprefix(", "),
        )
        for place, workspace_id, row_id, figures in rows
    ]

"""What somebody wrote into a database, found by comparing it with a copy from before; said again.

Rows go in again in the order in which they came, changed ones by an `UPDATE` of the columns that
changed and no others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import SQLModel

from benchmarks.raw import Raw, Row

#: Every table, in the order in which references allow them to be written.
TABLES = tuple(SQLModel.metadata.sorted_tables)
Contents = Mapping[str, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Batch:
    """One statement, and the rows to run it with."""

    sql: str
    rows: Sequence[Row]


def contents(raw: Raw) -> Contents:
    """All rows of all tables."""
    return {
        table.name: raw.run(
            f"SELECT {', '.join(table.c.keys())} FROM {table.name} ORDER BY {raw.in_order}"  # noqa: S608 - names of our own
        )
        for table in TABLES
    }


def differing(one: Contents, other: Contents) -> list[str]:
    """The names of tables that do not hold the same rows, whatever their order."""
    names = (table.name for table in TABLES)
    return [name for name in names if sorted(one[name], key=repr) != sorted(other[name], key=repr)]


def batches(before: Contents, after: Contents, raw: Raw) -> list[Batch]:
    """What leads from one to the other."""
    return [
        batch
        for table in TABLES
        for batch in _of_table(
            table.name,
            table.c.keys(),
            [table.c.keys().index(column.name) for column in table.primary_key],
            (before[table.name], after[table.name]),
            raw,
        )
    ]


def _of_table(
    name: str,
    columns: Sequence[str],
    keys: Sequence[int],
    rows: tuple[Sequence[Row], Sequence[Row]],
    raw: Raw,
) -> Iterator[Batch]:
    old = {tuple(row[key] for key in keys): row for row in rows[0]}
    pairs = [(old.pop(tuple(row[key] for key in keys), None), row) for row in rows[1]]
    if old:
        raise AssertionError(f"{len(old)} rows of {name} are gone, which no batch here repeats")
    added = [row for was, row in pairs if was is None]
    if added:
        places = ", ".join(raw.place for _ in columns)
        named = ", ".join(columns)
        yield Batch(f"INSERT INTO {name} ({named}) VALUES ({places})", added)  # noqa: S608 - names of our own
    changed = [(was, row) for was, row in pairs if was is not None and was != row]
    moved = [n for n in range(len(columns)) if any(was[n] != row[n] for was, row in changed)]
    if changed:
        values, where = (
            joint.join(f"{columns[n]} = {raw.place}" for n in some)
            for joint, some in ((", ", moved), (" AND ", keys))
        )
        yield Batch(
            f"UPDATE {name} SET {values} WHERE {where}",  # noqa: S608 - names of our own
            [tuple(row[n] for n in (*moved, *keys)) for _, row in changed],
        )


def write(raw: Raw, written: Sequence[Batch], *, commits: int) -> None:
    """All of it, in so many commits of equal shares."""
    for nth in range(commits):
        raw.run(raw.begin)
        for batch in written:
            size = -(-len(batch.rows) // commits)
            if share := batch.rows[nth * size : (nth + 1) * size]:
                raw.many(batch.sql, share)
        raw.run("COMMIT")

"""Records of a file: completed, taken in once, and foreseen without writing."""

import io
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters import usage_files
from bot.adapters.usage_lines import FileRefused, Record
from bot.domain.usage_events import SourceRole
from bot.services import books
from bot.services.usage_imports import Import, Imported, Unsaid
from bot.storage.database import DatabaseFault
from bot.storage.usage_imports import Repeats
from tests.company import Company
from tests.metered import with_email

HEAD = "at,user,model,input_tokens,output_tokens\n"
ROW = "2026-03-02T09:00:00Z,ana@example.com,gpt-4o,1200,50\n"
UNSAID = Unsaid(source="usage", user="", zone=ZoneInfo("UTC"))


def read(data: str | bytes, name: str = "usage.csv") -> list[Record]:
    raw = io.BytesIO(data.encode() if isinstance(data, str) else data)
    stream = cast("io.BufferedReader", io.BufferedReader(raw))
    return list(usage_files.reading(stream, name, {}, user="").records())


def take(company: Company, records: list[Record], unsaid: Unsaid = UNSAID) -> Imported:
    """One run of the command."""
    with Repeats() as repeats:
        importing = Import(company.database, company.workspace_id, unsaid, repeats)
        parts = list(
            importing.take_in(
                records, role=SourceRole.GATEWAY, actor="command line", now=company.later(seconds=1)
            )
        )
    return Imported(
        accepted=sum(part.accepted for part in parts),
        duplicates=sum(part.duplicates for part in parts),
        rejected=[one for part in parts for one in part.rejected],
    )


def counted(company: Company) -> tuple[int, int]:
    """Events that are kept, and their input and output."""
    (row,) = company.rows(
        "SELECT count(*) AS events, coalesce(sum(input_uncached + cache_read + cache_write + "
        "output), 0) AS tokens FROM usage_event"
    )
    return int(str(row["events"])), int(str(row["tokens"]))


def test_what_a_file_says_is_charged_to_whom_it_names(company: Company) -> None:
    ana = with_email(company, company.member("ana", available=10_000), "ana@example.com")

    found = take(company, read(HEAD + ROW))

    assert (found.accepted, found.duplicates, found.rejected) == (1, 0, [])
    assert company.available(ana) == 10_000 - 1_250
    assert list(books.check(company.database)) == []


def test_the_same_file_again_is_all_duplicates(company: Company) -> None:
    records = read(HEAD + ROW * 3 + ROW.replace("1200", "1300"))

    first, again = (take(company, records) for _ in range(2))

    assert (first.accepted, first.duplicates) == (4, 0)
    assert (again.accepted, again.duplicates) == (0, 4)
    assert counted(company) == (4, 3 * 1_250 + 1_350)


def test_a_longer_file_is_known_as_far_as_it_came_before(company: Company) -> None:
    take(company, read(HEAD + ROW * 2))

    found = take(company, read(HEAD + ROW * 2 + ROW.replace("1200", "7") + ROW))

    assert (found.accepted, found.duplicates) == (2, 2)


def test_other_sources_and_own_ids_are_other_events(company: Company) -> None:
    take(company, read(HEAD + ROW))

    other = take(company, read(HEAD + ROW), Unsaid(source="other", user="", zone=None))
    own = take(company, read("id," + HEAD + "1," + ROW + "2," + ROW + "1," + ROW))

    assert (other.accepted, own.accepted, own.duplicates) == (1, 2, 1)


def test_columns_that_mean_nothing_here_are_no_part_of_an_id(company: Company) -> None:
    take(company, read(HEAD + ROW))

    found = take(company, read("note," + HEAD + "x," + ROW))

    assert found.duplicates == 1


def test_a_mended_row_is_not_taken_for_one_that_says_the_same(company: Company) -> None:
    found = take(company, read(HEAD + ROW + ROW.replace("1200", '"1,200"')))
    (rejected,) = found.rejected
    mended = read("id," + HEAD + f"{rejected.made_id}," + ROW)

    first, again = (take(company, mended) for _ in range(2))

    assert rejected.record.line == 3
    assert (first.accepted, again.duplicates) == (1, 1)


def test_a_full_disk_of_temporary_files_is_told() -> None:
    digests = [nth.to_bytes(32) for nth in range(1_000)]

    with Repeats() as repeats:
        repeats._file.execute("PRAGMA max_page_count = 3")
        with pytest.raises(DatabaseFault, match="full"):
            [repeats.before(digest) for digest in digests]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (ROW.replace("2026-03-02T", "2026-03-03T"), "more than five minutes in the future"),
        (ROW.replace("2026-03-02T", "2025-03-02T"), "more than 90 days ago"),
        (ROW.replace("50", ""), "output_tokens is missing"),
        (ROW.replace("2026-03-02T09:00:00Z", ""), "at is missing"),
        (ROW.replace("2026-03-02T09:00:00Z", "soon"), "at must be a time"),
        (ROW.replace("1200", "99999999999"), "from 0 to 10,000,000,000"),
        (ROW.replace("gpt-4o", "g" * 101), "model has 101 characters"),
        (ROW.replace("gpt-4o", "g\x00"), "model has control characters"),
    ],
)
def test_a_bad_row_is_rejected_and_the_others_are_taken(
    company: Company, row: str, words: str
) -> None:
    found = take(company, read(HEAD + ROW + row + ROW))

    (rejected,) = found.rejected
    assert found.accepted == 2
    assert rejected.record.line == 3
    assert words in rejected.error
    assert rejected.made_id


def test_cached_above_input_is_rejected(company: Company) -> None:
    """As where a column of input without cache is taken for one of all input."""
    head = HEAD.replace("model", "cached_input_tokens")

    found = take(company, read(head + ROW.replace("gpt-4o", "1201")))

    assert "more than input_tokens" in found.rejected[0].error


def test_what_is_not_said_comes_from_the_command(company: Company) -> None:
    unsaid = Unsaid(source="laptop", user="ana@example.com", zone=ZoneInfo("Europe/Warsaw"))
    lines = '{"at": "2026-03-02 10:00", "model": "m", "input_tokens": 1, "output_tokens": 2}\n'

    take(company, read(lines, "u.jsonl"), unsaid)

    (row,) = company.rows("SELECT source, occurred_at FROM usage_event")
    assert row["source"] == "laptop"
    assert str(row["occurred_at"]).replace("T", " ").startswith("2026-03-02 09:00:00")
    assert company.rows("SELECT name FROM identity") == [{"name": "ana@example.com"}]


@pytest.mark.parametrize("value", ["0", "[]", '""', "{}", "false", str(10**30), "1" * 5_000])
def test_odd_values_in_lines_are_rejected_or_left_out(company: Company, value: str) -> None:
    names = ("source", "id", "user", "at", "input_tokens", "uncached_input_tokens", "metadata")
    lines = "".join(f'{{"at": "2026-03-02T09:00:00Z", "{name}": {value}}}\n' for name in names)

    found = take(company, read(lines, "u.jsonl"))

    assert found.accepted == 0
    assert len(found.rejected) == len(names)


def test_a_count_with_a_point_is_the_same_event_as_without(company: Company) -> None:
    line = '{"at": "2026-03-02T09:00:00Z", "uncached_input_tokens": 176, "output_tokens": 50, '
    line += '"cached_input_tokens": 1024, "cost_usd": 2.0}\n'

    first = take(company, read(line, "u.jsonl"))
    again = take(company, read(line.replace("176", "176.0").replace("50", "50.0"), "u.jsonl"))

    assert (first.accepted, again.duplicates, again.rejected) == (1, 1, [])
    assert counted(company) == (1, 1_250)


def test_a_column_of_counts_as_pandas_writes_it_is_the_same_file(company: Company) -> None:
    take(company, read(HEAD + ROW))

    found = take(company, read(HEAD + ROW.replace("1200,50", "1200.0,50.0")))

    assert (found.accepted, found.duplicates, found.rejected) == (0, 1, [])
    assert counted(company) == (1, 1_250)


def test_later_figures_of_the_same_id_charge_the_difference(company: Company) -> None:
    head = HEAD.replace("at", "id,revision,at", 1)
    take(company, read(head + "1,1," + ROW))

    grown = take(company, read(head + "1,2," + ROW.replace("1200", "1500")))
    shrunk = take(company, read(head + "1,1," + ROW))

    assert (grown.accepted, len(shrunk.rejected)) == (1, 1)
    assert counted(company) == (1, 1_550)


def test_a_dry_run_says_who_would_be_charged_and_writes_nothing(company: Company) -> None:
    ana = with_email(company, company.member("ana"), "ana@example.com")
    take(company, read(HEAD + ROW))
    before = counted(company), company.rows("SELECT count(*) FROM identity")
    old = ROW.replace("2026-03-02T", "2025-03-02T")
    ids = "id," + HEAD + "1," + ROW + "1," + ROW
    other = ROW.replace("ana@", "nobody@")

    with Repeats() as repeats:
        importing = Import(company.database, company.workspace_id, UNSAID, repeats)
        found = importing.foresee(read(HEAD + ROW * 3 + other + old), company.now)
        own = importing.foresee(read(ids), company.now)

    users = {
        name: (account, use.events, use.counted)
        for (_, name), (account, use) in found.users.items()
    }
    assert users == {
        "ana@example.com": (f"member:{ana}", 2, 2_500),
        "nobody@example.com": ("unattributed", 1, 1_250),
    }
    assert (found.duplicates, own.duplicates) == (1, 1)
    assert ["90 days ago" in one.error for one in found.rejected] == [True]
    assert (counted(company), company.rows("SELECT count(*) FROM identity")) == before


# Any bytes.

_CELLS = st.sampled_from(
    ["2026-03-02T09:00:00Z", "2026-03-02", "ana", "gpt", "0", "7", "1,2", '"', "\n", "é", "", "-1"]
)
_ROWS = st.lists(st.lists(_CELLS, min_size=5, max_size=5).map(",".join), max_size=8)


@given(rows=_ROWS, number=st.integers(0, 2**40))
def test_what_is_said_to_be_accepted_is_what_is_there(
    company: Company, rows: list[str], number: int
) -> None:
    said = "\n".join([*rows, ROW * (number % 3)])
    try:
        records = read(HEAD + said)
    except FileRefused:
        return
    before, _ = counted(company)

    found = take(company, records, Unsaid(source=f"s{number}", user="", zone=ZoneInfo("UTC")))

    assert counted(company)[0] - before == found.accepted
    assert found.accepted + found.duplicates + len(found.rejected) == len(records)

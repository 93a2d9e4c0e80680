"""Files of usage: what is read of each format, and what is said of what can't be."""

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters import csv_events, usage_fields, usage_files, usage_lines
from bot.adapters.usage_lines import FileRefused, Record, UsageFile
from bot.domain.usage_events import EventRefused

HEAD = "at,user,model,input_tokens,output_tokens\n"
ROW = "2026-03-02T09:30:00Z,ana@example.com,gpt-4o,1200,50\n"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def opened(
    data: bytes | str,
    name: str = "usage",
    *,
    mapping: Mapping[str, str] | None = None,
    user: str = "",
) -> UsageFile:
    raw = data.encode() if isinstance(data, str) else data
    stream = cast("io.BufferedReader", io.BufferedReader(io.BytesIO(raw)))
    return usage_files.reading(stream, name, mapping or {}, user=user)


def records(data: bytes | str, name: str = "usage") -> list[Record]:
    return list(opened(data, name).records())


def refusal(data: bytes | str, name: str = "usage", *, pairs: Sequence[str] = ()) -> str:
    with pytest.raises(FileRefused) as refused:
        list(opened(data, name, mapping=usage_fields.mapping_of(pairs)).records())
    return str(refused.value)


def errors(data: bytes | str, name: str = "usage") -> list[tuple[int, str]]:
    return [(one.line, one.error) for one in records(data, name) if one.error]


# CSV.


def test_a_row_is_an_event() -> None:
    (found,) = records(HEAD + ROW)

    assert found == Record(
        2,
        {
            "at": "2026-03-02T09:30:00Z",
            "user": "ana@example.com",
            "model": "gpt-4o",
            "input_tokens": 1200,
            "output_tokens": 50,
        },
        given=["2026-03-02T09:30:00Z", "ana@example.com", "gpt-4o", "1200", "50"],
        size=47,
    )


@pytest.mark.parametrize(
    "data",
    [
        (HEAD + ROW).encode("utf-8-sig"),
        gzip.compress((HEAD + ROW).encode(), mtime=0),
        gzip.compress((HEAD + ROW).encode("utf-8-sig"), mtime=0),
        (HEAD + ROW).replace("\n", "\r\n").encode(),
        (HEAD + ROW).replace(",", ";").encode(),
        (HEAD + ROW).replace(",", "\t").encode(),
        ("\n\n" + HEAD + "\n" + ROW.rstrip() + ",,,\n").encode(),
        (
            HEAD.replace("at", " Timestamp ").replace("user", "E-mail").replace("E-mail", "Email")
            + ROW
        ).encode(),
        (HEAD.replace("input", "Prompt").replace("output_", "completion ") + ROW).encode(),
    ],
    ids=["bom", "gzip", "gzip bom", "crlf", "semicolons", "tabs", "blanks", "aliases", "prompt"],
)
def test_spreadsheets_write_the_same_in_many_ways(data: bytes) -> None:
    (found,) = records(data)

    assert not found.error
    assert found.fields == records(HEAD + ROW)[0].fields


def test_columns_can_be_mapped_also_to_metadata_and_to_input_without_cache() -> None:
    mapping = usage_fields.mapping_of(
        ["When=at", "Fresh = uncached_input_tokens", "a=b=output_tokens", "Region=metadata.region"]
    )
    data = "When,Fresh,cached_tokens,a=b,Region\n2026-03-02T09:30:00Z,176,1024,50,eu\n"

    (found,) = opened(data, mapping=mapping, user="ana").records()

    assert usage_fields.summed(dict(found.fields)) == {
        "at": "2026-03-02T09:30:00Z",
        "cached_input_tokens": 1024,
        "input_tokens": 1200,
        "output_tokens": 50,
        "metadata": {"region": "eu"},
    }


def test_a_fields_own_name_comes_before_another_word_for_it() -> None:
    (found,) = records(f"date,{HEAD.strip()}\n2020-01-01,{ROW}")

    assert found.fields["at"] == "2026-03-02T09:30:00Z"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "it is empty"),
        (" \n\n ", "it is empty"),
        (b"\xef\xbb\xbf", "it is empty"),
        ("at,user,input_tokens\n", "no column is output_tokens (nearest: input_tokens)"),
        (HEAD.replace("input_tokens", "inputt_tokens"), "input_tokens (nearest: inputt_tokens)"),
        (HEAD.replace("user", "who"), "or whose all of it is with --user"),
        ("at,AT,user\n", "the same column twice: at"),
        ("time,timestamp,user,input_tokens,output_tokens\n", "time and timestamp may both be at"),
        ('at,"user\n', "line 1, the header: a quote is opened and not closed"),
        (b"at,us\xffer\n", "line 1, the header: byte 0xff at place 6 is not UTF-8"),
        (HEAD.encode("utf-16"), "it is UTF-16; save it as UTF-8"),
        ("," * 1_000 + "\n", "the header has 1,001 columns"),
        (gzip.compress(HEAD.encode(), mtime=0)[:-12], "gzip"),
        (b"\x1f\x8bnothing", "it is no gzip file that can be read"),
        ("[1]", "it is a JSON array"),
    ],
)
def test_a_file_that_can_not_be_imported_is_refused_with_words(
    data: bytes | str, words: str
) -> None:
    assert words in refusal(data)


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("input_tokens", "write --map"),
        ("=at", "write --map"),
        ("user=inptu_tokens", "no field inptu_tokens (nearest: input_tokens)"),
        ("user=metadata.", "no field metadata."),
        ("usr=user", "there is no column usr (nearest: user)"),
    ],
)
def test_a_mapping_of_what_is_not_there_is_refused(pair: str, words: str) -> None:
    assert words in refusal(HEAD, pairs=[pair])


def test_a_column_is_mapped_once() -> None:
    assert "the column user twice" in refusal(HEAD, pairs=["user=user", "user=team"])
    assert "may both be at" in refusal(HEAD, pairs=["user=at", "model=at"])


@pytest.mark.parametrize("given", ["1200.0", "1200.00", "01200.0"])
def test_a_count_with_a_point_and_nothing_after_it_is_that_count(given: str) -> None:
    (plain,) = records(HEAD + ROW)
    (found,) = records(HEAD + ROW.replace("1200", given))

    assert found.fields == plain.fields


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("1,200", "input_tokens is 1,200: write 1200"),
        ("1 200", "write 1200"),
        ("1.200", "write 1200"),
        ("12.000", "write 12000"),
        ("1,200.0", "must be a whole number"),
        ("1200.", "must be a whole number"),
        ("1200.01", "must be a whole number"),
        ("1.5", "must be a whole number in the digits 0-9, not '1.5'"),
        ("-1", "must be a whole number"),
        ("1e6", "must be a whole number"),
        ("١٢", "must be a whole number"),
        ("9" * 5_000, "must be a whole number"),
    ],
)
def test_a_number_that_is_no_count_is_rejected_with_what_to_write(given: str, words: str) -> None:
    ((line, error),) = errors(HEAD + ROW.replace("1200", f'"{given}"') + ROW)

    assert line == 2
    assert words in error


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (b"2026,\xff\n", "byte 0xff at place 6 is not UTF-8"),
        (b'2026,"ana\n', "a quote is opened and not closed"),
        (b'2026,"a"na,1,2,3\n', "no CSV: "),
        (b"2026,ana\n", "the row has only 2 values, the header 5"),
        (ROW.encode().replace(b"50", b"1,2"), "the row has 6 values, the header 5"),
        (b'"' + b"x" * 200_000 + b'",1,2,3,4\n', "field larger than field limit"),
        (b"x" * (usage_lines.LINE_MAX + 1) + b"\n", "the line has more than 1,000,000 bytes"),
        (b"x" * (3 * usage_lines.LINE_MAX) + b"\n", "the line has more than 1,000,000 bytes"),
        (b"a\rb,c\n", "no CSV: "),
    ],
)
def test_a_bad_line_costs_no_other(row: bytes, words: str) -> None:
    found = records(HEAD.encode() + ROW.encode() + row + ROW.encode() * 200)

    assert [one.line for one in found] == list(range(2, 204))
    assert [one.line for one in found if one.error] == [3]
    assert words in found[1].error


def test_a_quoted_value_may_go_over_lines() -> None:
    found = records(HEAD + ROW.replace("gpt-4o", '"gpt\n4o, ""new"""') + ROW)

    assert [(one.line, one.fields["model"]) for one in found] == [
        (2, 'gpt\n4o, "new"'),
        (4, "gpt-4o"),
    ]


def test_what_was_rejected_is_csv_with_an_id_line_and_error() -> None:
    found = opened(HEAD + ROW.replace("1200", '"1,200"'))
    (record,) = found.records()

    said = found.rejected_head() + found.rejected(record, "why, so", "made") + found.rejected_tail()

    assert said == (
        "at,user,model,input_tokens,output_tokens,id,line,error\n"
        '2026-03-02T09:30:00Z,ana@example.com,gpt-4o,"1,200",50,made,2,"why, so"\n'
    )
    again = opened(said, "usage.csv")
    assert again.rejected_head() == said.splitlines(keepends=True)[0]


def test_a_row_that_can_not_be_split_stands_in_the_first_column() -> None:
    found = opened(HEAD + 'x,"y\n')
    (record,) = found.records()

    assert found.rejected(record, "why", "made") == '"x,""y",,,,,made,2,why\n'


def test_a_damaged_gzip_file_gives_what_comes_before() -> None:
    rows = (ROW.replace("1200", str(n * n)) for n in range(40_000))
    whole = gzip.compress((HEAD + "".join(rows)).encode())
    found = opened(whole[:-9]).records()

    assert next(found).fields["input_tokens"] == 0
    with pytest.raises(FileRefused, match=r"damaged or cut off after line [1-9]"):
        list(found)


@given(data=st.binary(max_size=300), has_head=st.booleans())
def test_any_bytes_are_records_or_a_refusal(data: bytes, *, has_head: bool) -> None:
    try:
        found = records((HEAD.encode() if has_head else b"") + data, "usage.csv")
    except FileRefused:
        return
    lines = [one.line for one in found]
    assert lines == sorted(set(lines))


@given(st.lists(st.sampled_from(['"', ",", "\n", "x", "\r", "é", " ", "\0"]), max_size=60))
def test_any_quotes_leave_the_row_after_them_alone(parts: list[str]) -> None:
    odd = "".join(parts)
    found = records(HEAD + odd + "\n" * 2 + ROW * (csv_events._QUOTED_LINES_MAX + 2), "usage.csv")

    assert found[-1].fields["input_tokens"] == 1200


# JSON lines.


def test_a_line_of_json_is_an_event() -> None:
    line = {"at": "2026-03-02T09:30:00Z", "input_tokens": 5, "colour": "red"}

    (found,) = records(json.dumps(line) + "\n\n", "usage.jsonl")

    assert (found.line, found.fields) == (1, line)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "no JSON: "),
        (b'{"a": NaN}', "no JSON: "),
        (b"[" * 100_000, "no JSON: "),
        (b"[1]", "an event is a JSON object in one line"),
        (b'{"a": "\xff"}', "is not UTF-8"),
        (b'"' + b"x" * usage_lines.LINE_MAX + b'"', "more than 1,000,000 bytes"),
    ],
)
def test_a_line_that_is_no_object_costs_no_other(line: bytes, words: str) -> None:
    ((number, error),) = errors(b'{"id": "1"}\n' + line + b'\n{"id": "2"}\n', "usage.ndjson")

    assert number == 2
    assert words in error


def test_keys_can_be_mapped() -> None:
    mapping = usage_fields.mapping_of(["who=user", "eu=metadata.eu", "gone=team"])

    (found,) = opened('{"who": "ana", "id": "1", "eu": true}', "u.jsonl", mapping=mapping).records()

    assert found.fields == {"user": "ana", "id": "1", "metadata": {"eu": True}}


def test_what_was_rejected_is_json_lines_with_an_id_line_and_error() -> None:
    found = opened('{"user": "ana", "line": 7}\n{"id": "own"}\nnothing\n', "usage.jsonl")

    said = [
        found.rejected(one, "why", made)
        for one, made in zip(found.records(), ("m", "", "x"), strict=True)
    ]

    assert [json.loads(one) for one in said] == [
        {"user": "ana", "id": "m", "line": 1, "error": "why"},
        {"id": "own", "line": 2, "error": "why"},
        {"text": "nothing", "id": "x", "line": 3, "error": "why"},
    ]
    assert found.rejected_head() == found.rejected_tail() == ""


# Formats and names.


@pytest.mark.parametrize(
    ("data", "name", "suffix"),
    [
        (HEAD, "usage", ".rejected.csv"),
        ('{"id": 1}\n{"id": 2}', "usage", ".rejected.jsonl"),
        ('{"daily": []}', "usage", ".rejected.json"),
        ('{\n"daily": []}', "usage.json", ".rejected.json"),
        ('{"daily": []}', "usage.jsonl", ".rejected.jsonl"),
        (gzip.compress(b"{", mtime=0), "Usage.JSONL.GZ", ".rejected.jsonl"),
    ],
)
def test_a_format_is_told_by_name_or_else_by_how_it_begins(
    data: bytes | str, name: str, suffix: str
) -> None:
    assert opened(data, name, user="ana").rejected_suffix == suffix


@pytest.mark.parametrize(
    "name", ["a.b", "a.b.csv", "a.b.csv.gz", "a.b.csv.rejected.csv", "a.b.JSON.rejected.json"]
)
def test_a_source_is_called_as_its_file_without_the_format(name: str) -> None:
    assert usage_files.stem(name) == "a.b"


# Times.

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(
    ("at", "moment"),
    [
        ("2026-03-02T09:30:00Z", "2026-03-02T09:30:00Z"),
        ("2026-03-02 09:30 UTC", "2026-03-02T09:30:00Z"),
        ("2026-03-02 09:30+01:00", "2026-03-02T09:30:00+01:00"),
        ("2026-03-02 09:30", "2026-03-02T09:30:00+01:00"),
        ("2026-03-01T09:30:15.5", "2026-03-01T09:30:15.500000+01:00"),
        ("2026-03-01", "2026-03-01T12:00:00+01:00"),
        ("2026-07-01", "2026-07-01T12:00:00+02:00"),
        ("2026-03-02", "2026-03-02T09:30:00+00:00"),  # noon is still to come: now
        ("2 March", "2 March"),
        ("2026-03-02Z", "2026-03-02T09:30:00+00:00"),
    ],
)
def test_times_without_a_zone_are_in_the_one_that_was_given(at: str, moment: str) -> None:
    assert usage_fields.with_zone(at, WARSAW, NOW) == moment


@pytest.mark.parametrize(
    ("at", "zone", "words"),
    [
        ("2026-03-02 09:30", None, "has no zone; say which with --zone"),
        ("2026-03-02", None, "has no zone"),
        ("2026-02-30", WARSAW, "no time that there is"),
        ("2026-02-03 25:00", WARSAW, "no time that there is"),
    ],
)
def test_times_that_need_more_are_refused(at: str, zone: ZoneInfo | None, words: str) -> None:
    with pytest.raises(EventRefused, match=words):
        usage_fields.with_zone(at, zone, NOW)


def test_input_told_twice_is_refused() -> None:
    with pytest.raises(EventRefused, match="both given"):
        usage_fields.summed({"uncached_input_tokens": 1, "input_tokens": 2})


def test_input_without_cache_that_is_no_number_is_left_to_its_fields_check() -> None:
    found = usage_fields.summed({"uncached_input_tokens": "x", "cached_input_tokens": None})

    assert found["input_tokens"] == "x"

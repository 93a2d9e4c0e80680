"""Tables of rates as files: what they say, and each fault with its line, field and remedy."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain import rates
from bot.domain.rates import RAW, Preset, RatesRefused, Row, Weights
from bot.services import rate_files

EXAMPLE = """\
name: 2026
effective_from: 2026-12-01
default: {input: 1, cached_input: 0.1, cache_write: 1.25, output: 1}
models:
  - match: "claude-opus-*"
    input: 5
    cached_input: 0.5
    cache_write: 6.25
    output: 25
"""
ROW = "{match: a, input: 1, cached_input: 1, cache_write: 1, output: 1}"
OPUS = Weights(input=5_000_000, cached_input=500_000, cache_write=6_250_000, output=25_000_000)


def refusal(text: str | bytes) -> str:
    with pytest.raises(RatesRefused) as refused:
        rate_files.read(text.encode() if isinstance(text, str) else text)
    return str(refused.value)


def test_the_example_says_what_it_says() -> None:
    draft = rate_files.read(EXAMPLE.encode())

    assert draft.name == "2026"
    assert draft.preset is Preset.TABLE
    assert draft.effective_from == datetime(2026, 12, 1, tzinfo=UTC)
    assert draft.default == Weights(
        input=1_000_000, cached_input=100_000, cache_write=1_250_000, output=1_000_000
    )
    assert draft.rows == (Row(model="claude-opus-*", weights=OPUS),)


def test_only_a_name_and_models_are_needed() -> None:
    draft = rate_files.read(b"name: ours\nmodels: []\n")

    assert (draft.effective_from, draft.default, draft.rows) == (None, RAW, ())


def test_a_row_may_be_for_one_provider() -> None:
    draft = rate_files.read(f"name: x\nmodels: [{ROW[:-1]}, provider: azure*}}]".encode())

    assert draft.rows == (Row(model="a", provider="azure*", weights=RAW),)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-12-01", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-12-01T09:30:00Z", datetime(2026, 12, 1, 9, 30, tzinfo=UTC)),
        ('"2026-12-01 09:30+01:00"', datetime(2026, 12, 1, 8, 30, tzinfo=UTC)),
        (
            "2026-12-01T00:00:00-05:00",
            datetime(2026, 12, 1, tzinfo=timezone(timedelta(hours=-5))),
        ),
    ],
)
def test_it_begins_on_a_day_or_at_a_time_with_its_offset(written: str, moment: datetime) -> None:
    draft = rate_files.read(EXAMPLE.replace("2026-12-01", written).encode())

    assert draft.effective_from == moment


def test_a_time_that_is_asked_for_counts_more_than_the_file_s() -> None:
    begins = datetime(2027, 1, 1, tzinfo=UTC)

    assert rate_files.read(EXAMPLE.encode(), begins=begins).effective_from == begins


@given(st.integers(0, rates.TABLE_WEIGHT_MAX))
@example(1)
@example(100_000)
@example(rates.TABLE_WEIGHT_MAX)
def test_a_weight_is_exactly_what_is_written(weight: int) -> None:
    written = f"{weight // 10**6}.{weight % 10**6:06}"

    draft = rate_files.read(EXAMPLE.replace("output: 25", f"output: {written}").encode())

    assert draft.rows[0].weights.output == weight


def test_windows_line_ends_a_byte_order_mark_and_comments_are_fine() -> None:
    text = "\ufeff# ours\r\n" + EXAMPLE.replace("\n", "\r\n")

    assert rate_files.read(text.encode()) == rate_files.read(EXAMPLE.encode())


@pytest.mark.parametrize("field", ["input", "cached_input", "cache_write", "output"])
@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("-1", "-1 is no number from 0 on with at most six places"),
        ("1e3", "1e3 is no number"),
        ("1,5", "1,5 is no number"),
        (".5", ".5 is no number"),
        ("5.", "5. is no number"),
        ("1_000", "1_000 is no number"),
        ("0.1234567", "0.1234567 is no number"),
        ("1000.000001", "must be at most 1000"),
        ("99999", "99999 is no number"),
        (".inf", ".inf is no number"),
        (".nan", ".nan is no number"),
        ("0x10", "0x10 is no number"),
        ("\u0661", "is no number"),
        ("null", "null is no number"),
        ("", "nothing is no number"),
        ("yes", "yes is no number"),
        ("[1]", "must be a single value"),
        ("{a: 1}", "must be a single value"),
        ("9" * 5_000, "is no number"),
        ('"\\u202e1"', "is no number"),
    ],
)
def test_a_weight_that_is_none_is_named_by_line_and_field(
    field: str, written: str, words: str
) -> None:
    lines = EXAMPLE.splitlines()
    (number,) = [at for at, line in enumerate(lines) if line.startswith(f"    {field}:")]
    lines[number] = f"    {field}: {written}"

    said = refusal("\n".join(lines))

    assert said.startswith(f"line {number + 1}, models[0].{field}: ")
    assert words in said
    assert len(said) < 200


@pytest.mark.parametrize("field", ["input", "cached_input", "cache_write", "output"])
def test_a_weight_of_the_default_is_named_too(field: str) -> None:
    lines = dict.fromkeys(("input", "cached_input", "cache_write", "output"), "1")
    fields = {name: value for name, value in lines.items() if name != field}

    said = refusal(f"name: x\nmodels: []\ndefault: {written({**lines, field: 'x'})}")
    missing = refusal(f"name: x\nmodels: []\ndefault: {written(fields)}")

    assert said.startswith(f"line 3, default.{field}: x")
    assert missing.startswith(f"line 3, default: {field} is missing")


def written(fields: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in fields.items()) + "}"


@pytest.mark.parametrize("field", ["match", "input", "cached_input", "cache_write", "output"])
def test_a_row_without_a_field_says_what_to_write(field: str) -> None:
    row = "".join(
        f"    {name}: 1\n"
        for name in ("match", "input", "cached_input", "cache_write", "output")
        if name != field
    )

    said = refusal(f"name: x\nmodels:\n  -\n{row}")

    assert said.startswith(f"line 4, models[0]: {field} is missing: write ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("models: []", "name is missing from the file"),
        ("name: x", "models is missing from the file"),
        ("just words", "line 1, the file: must have fields: name, effective_from"),
        ("- a\n- b", "line 1, the file: must have fields"),
        ("name: x\nmodels: []\ncolour: red", "line 3, the file: colour is no field here; there"),
        ("name: x\nname: y\nmodels: []", "line 2, the file: name is there twice"),
        ("name:\nmodels: []", "line 1, name: it must be 1 to 60 characters in one line"),
        (f"name: {'x' * 61}\nmodels: []", "line 1, name: it must be 1 to 60 characters"),
        ('name: "a\\nb"\nmodels: []', "line 1, name: it must be 1 to 60 characters in one line"),
        ('name: "\\ud800"\nmodels: []', "line 1, name: it must be"),
        ("name: [x]\nmodels: []", "line 1, name: must be a single value"),
        ("name: x\nmodels:", "line 2, models: must be a list"),
        ("name: x\nmodels: {a: 1}", "line 2, models: must be a list"),
        ("name: x\nmodels: [a]", "line 2, models[0]: must have fields: match, provider"),
        (f"name: x\nmodels: [{ROW}, a]", "line 2, models[1]: must have fields"),
        (f"name: x\nmodels: [{ROW[:-1]}, inputs: 1}}]", "models[0]: inputs is no field here"),
        (f"name: x\nmodels: [{ROW[:-1]}, input: 1}}]", "models[0]: input is there twice"),
        (f"name: x\nmodels: [{ROW[:-1]}, provider: }}]", "models[0].provider: it must be 1 to 100"),
        (f"name: x\nmodels: [{ROW[:-1]}, provider: []}}]", "models[0].provider: must be a single"),
        (f"name: x\nmodels: [{ROW.replace('a', '', 1)}]", "no field here"),
        (f"name: x\nmodels: [{ROW.replace(' a,', ',')}]", "models[0].match: it must be 1 to 100"),
        (
            f"name: x\nmodels: [{ROW.replace(' a,', ' ' + 'a' * 101 + ',')}]",
            "models[0].match: it must be 1 to 100",
        ),
        (f"name: x\nmodels: [{', '.join([ROW] * 501)}]", "models: has 501 rows; 500 is the most"),
        ("name: x\nmodels: []\ndefault: 1", "line 3, default: must have fields: input"),
        ("name: x\nmodels: []\ndefault: {}", "line 3, default: input is missing"),
        ("name: x\nmodels: []\ndefault: {match: a}", "line 3, default: match is no field here"),
        ("name: x\nmodels: []\n<<: {a: 1}", "line 3, the file: << is no field here"),
        ("name: x\nmodels: []\n? [a]\n: b", "the file: a list is no field here"),
        ('name: x\nmodels: []\n"a\\u001b[31m": 1', "the file: 'a\\x1b[31m' is no field here"),
        ("name: x\nmodels: []\neffective_from: soon", "line 3, effective_from: soon is no time"),
        ("name: x\nmodels: []\neffective_from:", "line 3, effective_from: nothing is no time"),
        ("name: x\nmodels: []\neffective_from: []", "line 3, effective_from: must be a single"),
        (
            "name: x\nmodels: []\neffective_from: 2026-02-30",
            "effective_from: 2026-02-30 is no time",
        ),
        (
            "name: x\nmodels: []\neffective_from: 2026-12-01T09:30:00",
            "effective_from: 2026-12-01T09:30:00 has no offset: write 2026-12-01, which begins",
        ),
        ("name: x\nmodels: [", "line 2: this is no YAML (expected the node content"),
        ("name: x\n\tmodels: []", "line 2: this is no YAML (found character"),
        ("name: x: y", "line 1: this is no YAML (mapping values are not allowed here)"),
        ("name: x\nmodels: *gone", "line 2: this is no YAML (found undefined alias"),
        ("name: x\n---\nmodels: []", "line 2: this is no YAML (but found another document)"),
        ("name: x\n\nmodels: \x00", "line 3: this is no YAML: a character in it can't be printed"),
        (b"name: x\nmodels: \xff", "line 2: this is no UTF-8"),
        (b"\xff\xfen\x00", "line 1: this is no UTF-8"),
        ('name: "\\UFFFFFFFF"', "an escape in the file names no character"),
        ("[" * 50_000, "nested deeper than any table"),
        ("a: " * 3 + "{" * 9, "this is no YAML"),
        ("- " * 9 + "a", "nested deeper than any table"),
        ("x" * (128 * 1024 + 1), "the file is longer than 128 KiB"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(text: str | bytes, words: str) -> None:
    said = refusal(text)

    assert words in said
    assert len(said) < 300
    assert said.encode()  # any terminal can print it


def test_nothing_in_a_file_is_ever_run() -> None:
    text = EXAMPLE.replace("name: 2026", "name: !!python/object/apply:os.system [exit]")

    assert "line 1, name: must be a single value" in refusal(text)


def test_aliases_that_would_grow_without_end_are_not_followed() -> None:
    bomb = "name: x\nmodels: &a [*a, *a]"

    assert "models[0]: must have fields" in refusal(bomb)


@given(st.binary(max_size=200))
@example(b"%YAML 1." + b"9" * 5_000 + b"\n---\na: 1")
def test_any_bytes_are_a_table_or_refused(data: bytes) -> None:
    with suppress(RatesRefused):
        rate_files.read(data)


@given(st.data())
def test_a_damaged_table_is_a_table_or_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(EXAMPLE)))
    cut = data.draw(st.integers(0, 10))
    put = data.draw(st.text("&*!|>'\"%@`{}[]:,-#?\n\t \\Ux0a1.", max_size=6))

    try:
        draft = rate_files.read((EXAMPLE[:at] + put + EXAMPLE[at + cut :]).encode())
    except RatesRefused:
        return
    assert draft.preset is Preset.TABLE

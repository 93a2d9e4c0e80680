import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import notes
from bot.domain.notes import NOTE_MAX
from bot.domain.refusals import NoteTooLong


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  for   the demo ", "for the demo"),
        ("two\nlines\u2028and\u2029more", "two lines and more"),
        ("a\x00b", "a b"),
        ("tab\tand bell\x07", "tab and bell"),
        ("pay \u202e000,01\u202c now", "pay 000,01 now"),
        ("half a pair \ud83d", "half a pair"),
        ("🎉 שלום `code` *bold* <!channel>", "🎉 שלום `code` *bold* <!channel>"),
        ("", ""),
    ],
)
def test_a_note_is_made_safe_to_store_and_show(typed: str, kept: str) -> None:
    assert notes.clean(typed) == kept


def test_a_note_of_500_characters_fits_and_one_more_does_not() -> None:
    assert len(notes.clean("x" * NOTE_MAX)) == 500
    with pytest.raises(NoteTooLong) as refused:
        notes.clean("x" * 5_000)

    assert (refused.value.length, refused.value.limit) == (5_000, 500)


def test_spaces_that_go_do_not_count() -> None:
    assert notes.clean("x" * 250 + " " * 900 + "y" * 249) == "x" * 250 + " " + "y" * 249


@given(st.text(max_size=NOTE_MAX))
def test_a_clean_note_is_one_line_that_every_database_takes(typed: str) -> None:
    note = notes.clean(typed)

    assert not [c for c in note if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
    assert note == note.strip()
    assert note.encode().decode() == note
    assert notes.clean(note) == note

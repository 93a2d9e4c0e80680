"""Which names a pattern fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import patterns


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("gpt-4o", "gpt-4o", True),
        ("gpt-4o", "gpt-4o-mini", False),
        ("gpt-4o*", "gpt-4o", True),
        ("gpt-4o*", "gpt-4o-mini", True),
        ("gpt-4o*", "my-gpt-4o", False),
        ("*mini", "gpt-4o-mini", True),
        ("*mini", "gpt-4o-mini-2024", False),
        ("claude-*-4-*", "claude-opus-4-5", True),
        ("claude-*-4-*", "claude-opus-5", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*b*", "abc", True),
        ("*b*b*", "abc", False),
        ("a*bc*c", "abc", False),
        ("*", "", True),
        ("*", "anything", True),
        ("", "anything", False),
        ("GPT-4O", "gpt-4o", True),
        ("gpt-4o", "GPT-4O", True),
        ("gpt.4o", "gpt-4o", False),
        ("gpt-[45]", "gpt-4", False),
        ("gpt-?", "gpt-4", False),
    ],
)
def test_only_a_star_stands_for_other_characters(pattern: str, name: str, *, fits: bool) -> None:
    assert patterns.is_match(pattern, name) is fits


@given(st.lists(st.text("ab", max_size=3), min_size=1, max_size=5), st.text("ab*", max_size=3))
def test_a_pattern_fits_whatever_its_stars_are_replaced_by(parts: list[str], filled: str) -> None:
    assert patterns.is_match("*".join(parts), filled.join(parts))


def test_a_pattern_full_of_stars_is_answered_at_once() -> None:
    assert not patterns.is_match("*a" * 50, "a" * 49)

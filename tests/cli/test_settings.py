"""`tokenbot setting`: a workspace's settings, listed and changed."""

import pytest

from tests.cli.pages import DOCS, blocks
from tests.cli.terminal import Run


def test_settings_are_listed_and_changed(at: Run) -> None:
    changed = at("setting", "set", "slack_admins_are_approvers", "no")
    listed = at("setting", "list")
    nobody = at("approver", "list")

    assert changed.out == "slack_admins_are_approvers = no\n"
    assert "slack_admins_are_approvers = no " in listed.out
    assert "outsiders_take_part = no " in listed.out
    assert "Nobody yet" in nobody.out


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("colour", "red", "no setting is called colour; there are slack_admins_are_approvers"),
        ("outsiders_take_part", "maybe", "outsiders_take_part can be no or yes, not maybe"),
        (
            "usage_events_kept_months",
            "3",
            "usage_events_kept_months can be 13 or forever, or a whole number from 4 to 120, not 3",
        ),
    ],
)
def test_a_setting_that_is_none_is_refused_with_what_there_is(
    at: Run, name: str, value: str, words: str
) -> None:
    ended = at("setting", "set", name, value)

    assert ended.code == 2
    assert words in ended.err


def test_the_page_about_metering_shows_how_long_calls_are_kept(at: Run) -> None:
    _, shown = blocks((DOCS / "metering.md").read_text(), "console")
    typed, *answer = shown.splitlines()

    ended = at(*typed.removeprefix("$ tokenbot ").split())

    assert ended.out.splitlines() == answer

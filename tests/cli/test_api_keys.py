"""`tokenbot api-key`: made, listed and revoked from the command line."""

import pytest

from bot.domain.api_keys import parse
from bot.playground.people import ANA
from tests.cli.terminal import TEAM, Run


def test_the_secret_is_the_last_line_and_is_shown_once(at: Run) -> None:
    made = at("api-key", "create", "litellm", "--scope", "usage:write", "--scope", "read")
    listed = at("api-key", "list")

    last = made.out.splitlines()[-1]
    credential = parse(last)
    assert made.code == 0
    assert credential is not None
    assert credential.workspace_id == TEAM
    assert "shown this once" in made.out
    assert credential.secret not in listed.out
    assert f"litellm ({credential.key_id}): read usage:write; created " in listed.out
    assert "last used never" in listed.out


def test_what_is_printed_can_be_tried_at_the_public_url(at: Run) -> None:
    told = at(
        "api-key", "create", "a", "--scope", "usage:write", PUBLIC_URL="https://bot.example/x/"
    )
    read = at("api-key", "create", "b", "--scope", "read", PUBLIC_URL="")

    assert "\ncurl https://bot.example/x/v1/usage -H" in told.out
    assert '"user": "you@example.com"' in told.out
    assert "What it cost, in Slack: /tokens usage call first-call" in told.out
    assert "curl http://127.0.0.1:3000/v1/usage -H" in read.out


def test_a_key_can_be_bound_to_a_person(at: Run) -> None:
    made = at("api-key", "create", "ana", "--scope", "usage:write", "--user", ANA.id)

    assert f"usage:write, bound to {ANA.id}" in made.out
    assert "you@example.com" not in made.out


def test_a_key_can_be_limited_to_a_team_or_to_people(at: Run) -> None:
    team = at("api-key", "create", "a", "--scope", "holds", "--team", " everyone ")
    people = at("api-key", "create", "b", "--scope", "holds", "--person", ANA.id, "--person", "U0X")
    listed = at("api-key", "list").out

    assert ": holds, for the team Everyone only" in team.out
    assert f": holds, for {ANA.id} U0X only" in people.out
    assert "U0X was not seen in Slack yet" in people.out
    assert "for the team Everyone only; created" in listed
    assert f"for {ANA.id} U0X only; created" in listed


def test_a_key_of_somebody_whom_slack_has_not_named_says_so(at: Run) -> None:
    made = at("api-key", "create", "ghost", "--scope", "usage:write", "--user", "U0GHOST")
    nobodys = at("api-key", "create", "gateway", "--scope", "usage:write")

    assert "U0GHOST was not seen in Slack yet" in made.out
    assert parse(made.out.splitlines()[-1])
    assert "not seen" not in nobodys.out


def test_a_revoked_key_says_so(at: Run) -> None:
    at("api-key", "create", "litellm", "--scope", "usage:write")

    revoked, again = at("api-key", "revoke", "litellm"), at("api-key", "revoke", "litellm")

    assert "lets nobody in any more" in revoked.out
    assert ", revoked 2" in at("api-key", "list").out
    assert (again.code, "tokenbot api-key list" in again.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "n" * 61, "--scope", "read"), "1 to 60 printable characters"),
        (("create", "a"), "--scope"),
        (("create", "a", "--scope", "write"), "write"),
        (("create", "a", "--scope", "read", "--user", "ana"), "no Slack user id"),
        (("create", "a", "--scope", "read", "--workspace", "T9"), "no workspace here"),
        (("create", "a", "--scope", "holds", "--team", "Nowhere"), "there are Everyone"),
        (("create", "a", "--scope", "holds", "--team", ""), "no team here is called"),
        (("create", "a", "--scope", "holds", "--person", "ana"), "no Slack user id"),
        (
            ("create", "a", "--scope", "holds", "--team", "Everyone", "--person", ANA.id),
            "not to both",
        ),
        (
            ("create", "a", "--scope", "holds", "--user", ANA.id, "--person", ANA.id),
            "limited to them already",
        ),
    ],
)
def test_what_cannot_be_made_is_said_in_one_message(
    at: Run, arguments: tuple[str, ...], words: str
) -> None:
    ended = at("api-key", *arguments)

    assert ended.code == 2
    assert words in ended.err


def test_a_second_key_of_a_name_in_use_is_refused(at: Run) -> None:
    at("api-key", "create", "litellm", "--scope", "read")

    ended = at("api-key", "create", "litellm", "--scope", "read")

    assert (ended.code, ended.err) == (
        2,
        "tokenbot: a key called litellm is in use; revoke it, or choose another\n",
    )


def test_before_the_first_key_the_list_says_how_to_make_one(at: Run) -> None:
    assert "tokenbot api-key create" in at("api-key", "list").out


def test_a_public_url_that_is_none_is_a_setting_that_cannot_be_read(run: Run) -> None:
    ended = run("check", PUBLIC_URL="bot.example")

    assert ended.code == 2
    assert "PUBLIC_URL" in ended.err

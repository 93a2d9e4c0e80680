"""`tokenbot identity`: who is who in each source."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.usage_events import SourceRole
from bot.playground.people import ANA, LEO
from bot.services import usage
from bot.storage import opening
from tests.cli.terminal import NOW, TEAM, Ended, Run
from tests.metered import used


def names(run: Run, tmp_path: Path, text: str | bytes) -> Ended:
    """`tokenbot identity import` of a file with this in it."""
    file = tmp_path / "names.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return run("identity", "import", str(file))


def use(
    url: str,
    name: str,
    tokens: int,
    *,
    role: SourceRole = SourceRole.GATEWAY,
    at: datetime = NOW,
) -> None:
    opened = opening.connect(url)
    usage.take_in(
        opened,
        TEAM,
        [used(name, tokens, at)],
        role=role,
        owner=None,
        actor="key:test",
        now=at,
    )
    opened.close()


def test_a_name_is_linked_listed_and_unlinked(at: Run, database_url: str) -> None:
    use(database_url, "ana-laptop", 1_500)

    waits = at("identity", "list", "--waiting")
    linked = at("identity", "link", "litellm", "ana-laptop", ANA.id)
    listed = at("identity", "list")
    unlinked = at("identity", "unlink", "litellm", "ana-laptop")

    assert "1,500 tokens in 1 calls" in waits.out
    assert linked.out == f"ana-laptop of litellm is member:{ANA.id} now; 1,500 tokens moved\n"
    assert f"member:{ANA.id} (link)" in listed.out
    assert unlinked.out == "ana-laptop of litellm is nobody's now; 1,500 tokens moved back\n"
    assert at("check").code == 0


def test_a_name_that_a_report_has_is_trued_up_later(at: Run, database_url: str) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the command line's clock is the real one
    use(database_url, "api_key:key_1", 1_500, role=SourceRole.REPORT, at=now)

    linked = at("identity", "link", "litellm", "api_key:key_1", ANA.id)

    assert "0 tokens moved; the provider's report has usage of it" in linked.out


def test_a_gateways_own_key_is_linked_with_a_word_of_how_to_take_that_back(
    at: Run, database_url: str, tmp_path: Path
) -> None:
    now = datetime.now(UTC)  # noqa: TID251 - the command line's clock is the real one
    use(database_url, LEO.id, 1_500, at=now)
    opened = opening.connect(database_url)
    usage.take_in(
        opened,
        TEAM,
        [used("api_key:key gw", 1_500, now, source="openai")],
        role=SourceRole.REPORT,
        owner=None,
        actor="key:test",
        now=now,
    )
    opened.close()
    said = (
        "\napi_key:key gw of openai: most of these calls were charged already, to those who made "
        "them through litellm; if this is the gateway's own key, let it be nobody's: "
        "tokenbot identity unlink openai 'api_key:key gw'\n"
    )

    linked = at("identity", "link", "openai", "api_key:key gw", ANA.id)
    undone = at("identity", "unlink", "openai", "api_key:key gw")
    again = names(at, tmp_path, f"source,name,user\nopenai,api_key:key gw,{ANA.id}\n")

    assert linked.out.endswith(said)
    assert again.out.endswith(said)
    assert "through litellm" not in undone.out


def test_many_names_are_linked_from_a_file_once_it_was_checked(
    at: Run, database_url: str, tmp_path: Path
) -> None:
    use(database_url, "ana-laptop", 1_500)
    text = f"source,name,user\nlitellm,ana-laptop,{ANA.id}\nlitellm,leo-laptop,{LEO.id}\n"
    file = tmp_path / "names.csv"
    file.write_text(text)

    dry = at("identity", "import", str(file), "--dry-run")
    before = at("identity", "list")
    done = at("identity", "import", str(file))
    again = at("identity", "import", str(file))
    use(database_url, "leo-laptop", 7)

    assert dry.out == "2 names can be linked; nothing was changed\n"
    assert "nobody's" in before.out
    assert done.out == "2 names linked; 1,500 tokens moved\n"
    assert again.out == "2 names linked; 0 tokens moved\n"
    assert at("identity", "list", "--waiting").out == "None.\n"


def test_of_a_file_with_wrong_lines_nothing_is_done_and_each_is_named(
    at: Run, database_url: str, tmp_path: Path
) -> None:
    use(database_url, "ana-laptop", 1_500)

    ended = names(
        at,
        tmp_path,
        "source,name,user,team\n"
        f"litellm,ana-laptop,{ANA.id},\n"
        "litellm,x,U0NOBODY,\n"
        "litellm,x,who@example.com,\n"
        "litellm,y,who@example.com,\n"
        "litellm,z,,No Such Team\n"
        "litellm,everyone,,Everyone\n"
        f"litellm,both,{ANA.id},Everyone\n"
        ",nameless-source,,\n"
        f"litellm,,{ANA.id},\n"
        f"litellm,{'n' * 201},{ANA.id},\n"
        "litellm,robot,U0ROBO,\n",
    )

    assert ended.code == 2
    assert ended.err.startswith("tokenbot: 10 of 11 lines can't be done, so none was:")
    for words in (
        "line 3: U0NOBODY is nobody in the directory who can hold tokens (unseen)",
        "line 4: x of litellm stands in line 3 too",
        "line 5: who@example.com is no Slack id and no e-mail address in the directory",
        "line 6: there is no team No Such Team",
        "line 7: Everyone has no pool; name another team",
        "line 8: name a user or a team, one of the two",
        "line 9: the source is missing",
        "line 10: the name is missing",
        "line 11: the name is longer than 200 characters",
        "line 12: U0ROBO is nobody in the directory who can hold tokens (bot)",
    ):
        assert words in ended.err
    assert "ana-laptop" in at("identity", "list", "--waiting").out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "needs the columns source, name, and user or team in its first line; it has none"),
        ("source,user\nlitellm,U1\n", "needs the columns source, name"),
        ("source,name\nlitellm,x\n", "needs the columns source, name"),
        (b"source,name,user\nlitellm,\xff,U1\n", "can't be read"),
        ('source,name,user\nlitellm,"x,U1\n', "can't be read"),
    ],
)
def test_what_is_no_list_of_names_is_said(
    at: Run, tmp_path: Path, text: str | bytes, words: str
) -> None:
    ended = names(at, tmp_path, text)

    assert ended.code == 2
    assert words in ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("link", "litellm", "x", "U0NOBODY"), "U0NOBODY is nobody in the directory"),
        (("link", "litellm", "x"), "name a user or a team, one of the two"),
        (("unlink", "litellm", "x"), "litellm has called nobody x"),
        (("import", "nowhere.csv"), "nowhere.csv can't be read"),
    ],
)
def test_a_name_that_cant_be_linked_is_said(
    at: Run, arguments: tuple[str, ...], words: str
) -> None:
    ended = at("identity", *arguments)

    assert ended.code == 2
    assert words in ended.err


def test_somebody_elses_name_is_unlinked_first(at: Run, database_url: str) -> None:
    use(database_url, "ana-laptop", 1_500)
    at("identity", "link", "litellm", "ana-laptop", ANA.id)

    taken = at("identity", "link", "litellm", "ana-laptop", LEO.id)
    at("identity", "unlink", "litellm", "ana-laptop")
    again = at("identity", "unlink", "litellm", "ana-laptop")

    assert f"ana-laptop of litellm is member:{ANA.id} already; unlink it first" in taken.err
    assert "is nobody's already" in again.err

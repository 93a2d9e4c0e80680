"""`/tokens link`: who is who in the sources, as members, approvers and admins see it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.domain.usage_events import SourceRole
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.schedule import tick
from bot.services import usage
from tests.metered import used
from tests.slack.town import TEAM, Town, town_on


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with town_on(database_url) as made:
        yield made


def use(town: Town, name: str, tokens: int, *, source: str = "litellm") -> None:
    """A source tells of a call of somebody it calls so."""
    now = town.clock()
    usage.take_in(
        town.bot.database,
        TEAM,
        [used(name, tokens, now, source=source)],
        role=SourceRole.GATEWAY,
        owner=None,
        actor="key:test",
        now=now,
    )


def test_an_approver_links_a_name_and_its_person_is_told(town: Town) -> None:
    town.fund(BEN)
    use(town, "ben-laptop", 250_000)

    shown = town.say(MIA, "link @ben ben-laptop")

    assert "ben-laptop at litellm is @Ben Okafor now." in shown
    assert "250k (250,000) tokens are charged to them." in shown
    assert town.available(BEN) == 750_000
    told = town.read(town.dm(BEN, containing="says that you are"), BEN)
    assert "@Mia Chen says that you are ben-laptop at litellm" in told
    assert town.wrong_in_the_books() == []


def test_alone_it_lists_ones_own_names(town: Town) -> None:
    use(town, BEN.id, 10)

    assert "1 name of you in the sources." in (shown := town.say(BEN, "link"))
    assert f"{BEN.id} at litellm" in shown
    assert "Unlink" not in shown
    assert "of nobody" not in shown
    assert "No source has a name for you yet." in town.say(ANA, "link")


def test_an_admin_sees_what_waits_and_links_it_with_one_click(town: Town) -> None:
    use(town, "ben-laptop", 250_000)
    use(town, "nightly-eval", 7, source="jobs")
    shown = town.slack.command(LEO, "link")
    assert "2 names of nobody" in shown.shown
    assert shown.shown.index("ben-laptop") < shown.shown.index("nightly-eval")

    town.slack.click(LEO, town.slack.ephemerals(LEO)[-1], "Link…")
    sent = town.slack.submit(LEO, {"A person": BEN.id})

    assert "ben-laptop at litellm is @Ben Okafor now." in sent.shown
    assert town.available(BEN) == -250_000


def test_somebody_unlinks_what_was_linked_in_error(town: Town) -> None:
    use(town, "ben-laptop", 250_000)
    town.say(MIA, "link @ana ben-laptop")

    shown = town.say(MIA, "link remove ben-laptop")

    assert "ben-laptop at litellm is no longer @Ana Silva." in shown
    assert town.available(ANA) == 0
    town.dm(ANA, containing="comes back to you")


def test_a_claim_is_linked_once_an_approver_says_yes(town: Town) -> None:
    use(town, "ben-laptop", 250_000)

    shown = town.say(BEN, "link ben-laptop")
    again = town.say(BEN, "link ben-laptop")
    question = town.dm(MIA, containing="is me. Is that so?")
    before = town.available(BEN)
    town.slack.click(MIA, question, "Yes, link it")

    assert "@Mia Chen is asked whether ben-laptop at litellm is you" in shown
    assert again == shown
    assert before == 0
    assert town.available(BEN) == -250_000
    town.dm(BEN, containing="says that you are ben-laptop")
    assert len([one for one in town.dms(MIA) if "Is that so" in one]) <= 1


def test_a_claim_is_refused_and_the_claimant_told(town: Town) -> None:
    use(town, "ben-laptop", 250_000)
    town.say(BEN, "link ben-laptop")

    town.slack.click(MIA, town.dm(MIA, containing="Is that so?"), "No")

    town.dm(BEN, containing="says that you are not ben-laptop")
    assert town.available(BEN) == 0


def test_a_member_links_nobody_else(town: Town) -> None:
    use(town, "ben-laptop", 250_000)

    shown = town.say(ANA, "link @ben ben-laptop")

    assert "You can link names for your own team, and @Ben Okafor isn't in it." in shown
    assert town.available(BEN) == 0


@pytest.mark.parametrize(
    ("who", "typed", "words"),
    [
        (BEN, "link nobody-such", "No source has sent usage of nobody-such yet. Write"),
        (MIA, "link @ben ben-lapto", "Did you mean ben-laptop?"),
        (MIA, "link @ben shared", "shared is in jobs and litellm. Add which"),
        (MIA, "link @ben taken", "taken at litellm is @Ana Silva already"),
        (MIA, "link remove ben-laptop", "is nobody's, so there is nothing to unlink"),
        (BEN, "link remove taken", "Whose a name is, approvers say"),
        (BEN, "link @ana", "You can link names for your own team"),
        (BEN, "link <!channel>", "No source has sent usage of"),
        (BEN, "link " + "x" * 500, "No source has sent usage of"),
    ],
)
def test_what_cant_be_linked_is_said(town: Town, who: object, typed: str, words: str) -> None:
    use(town, "ben-laptop", 1)
    use(town, "shared", 1)
    use(town, "shared", 1, source="jobs")
    use(town, "taken", 1)
    town.say(MIA, "link @ana taken")

    assert words in town.say(who, typed)  # type: ignore[arg-type]  # one of the cast


def test_which_of_two_sources_is_added_to_the_name(town: Town) -> None:
    use(town, "shared", 1)
    use(town, "shared", 5, source="jobs")

    town.say(MIA, "link @ben shared jobs")

    assert town.available(BEN) == -5


def test_a_team_pays_for_a_service(town: Town) -> None:
    town.team("Search", ANA)
    use(town, "nightly-eval", 7)
    town.slack.command(LEO, "link")

    town.slack.click(LEO, town.slack.ephemerals(LEO)[-1], "Link…")
    both = town.slack.submit(LEO, {"A person": BEN.id, "Or a team's service": "Search"})
    sent = town.slack.submit(LEO, {"A person": None, "Or a team's service": "Search"})

    assert "Choose a person or a team, one of the two." in both.shown
    assert "is a service of Search now" in sent.shown
    (row,) = town.rows("SELECT balance FROM account WHERE account_id = 'pool:search'")
    assert row["balance"] == -7


def test_admins_are_told_weekly_of_what_waits(town: Town) -> None:
    use(town, "ben-laptop", 250_000)
    tick(town.bot.database, town.clock())
    tick(town.bot.database, town.clock())

    message = town.dm(LEO, containing="waits for its person")
    town.slack.click(LEO, message, "Link…")
    sent = town.slack.submit(LEO, {"A person": BEN.id})
    tick(town.bot.database, town.clock() + timedelta(days=7))

    assert "Usage of 1 name waits for its person." in town.read(message, LEO)
    assert "is @Ben Okafor now" in sent.shown
    assert len([one for one in town.dms(LEO) if "waits for its person" in one]) == 1


def test_a_person_gets_their_own_key_for_claude_code_once(town: Town) -> None:
    first = town.say(BEN, "link claude-code")
    again = town.say(BEN, "link claude-code")
    new = town.say(BEN, "link claude-code new")

    keys = town.rows("SELECT name, user_id, scopes, revoked_at FROM api_key ORDER BY created_at")
    assert "Authorization=Bearer tbk_T0PLAYGROUND_" in first
    assert f"OTEL_EXPORTER_OTLP_ENDPOINT={town.slack.bot_url}\n" in first
    assert "tbk_" not in again
    assert "/tokens link claude-code new makes another and ends that one at once" in again
    assert "tbk_" in new
    assert new != first
    assert [(row["name"], row["user_id"], row["scopes"]) for row in keys] == [
        (f"claude-code {BEN.id}", BEN.id, "usage:write")
    ] * 2
    assert [row["revoked_at"] is None for row in keys] == [False, True]
    assert "tbk_" not in town.logged.getvalue()
    assert town.rows("SELECT payload FROM outbox WHERE payload LIKE '%tbk_%'") == []


def test_an_admin_sees_what_the_week_would_cost_by_list_price(town: Town) -> None:
    use(town, BEN.id, 1_000_000)

    shown = town.say(LEO, "link claude-code")

    assert "the last seven days cost 1M (1,000,000) tokens raw." in shown
    assert "For admins" not in town.say(BEN, "link claude-code")

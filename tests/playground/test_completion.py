"""What the message box offers while somebody types."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

from bot.playground.completion import Completion, Offer
from bot.playground.people import ANA, Person
from bot.playground.server import SimulatedSlack
from tests.playground.test_page import HOSTILE, ask


@dataclass(frozen=True)
class Known:
    verb: str
    example: str = ""
    about: str = "does it"


@dataclass
class KnownBot:
    """Knows these commands, and remembers who asked."""

    known: Sequence[Known]
    asked: list[tuple[str, str]] = field(default_factory=list)

    def usages(self, workspace_id: str, user_id: str) -> Sequence[Known]:
        self.asked.append((workspace_id, user_id))
        return self.known


@pytest.fixture
def bot(slack: SimulatedSlack) -> KnownBot:
    made = KnownBot(
        (
            Known("balance", about="what you have; `30d` is a month"),
            Known("transfer", "@ana 250k"),
            Known("team", about="your teams"),
            Known("team create", "design @ana"),
            Known("digest here"),
        )
    )
    slack.completion.bot = made
    return made


def offered(slack: SimulatedSlack, text: str) -> Offer:
    return slack.completion.offer(ANA, text)


def words(offer: Offer) -> list[str]:
    return [one.words for one in offer.options]


def test_a_slash_offers_the_command_with_its_hint(slack: SimulatedSlack) -> None:
    (option,) = offered(slack, "/").options

    assert (option.words, option.insert) == ("/tokens", "/tokens ")
    assert "transfer @colleague 250k" in option.hint
    assert option.about == "See, give and ask for AI tokens"
    assert offered(slack, "/nonsense").options == ()
    assert [one.words for one in offered(slack, "/tokens").hints] == ["/tokens"]


def test_after_the_command_come_all_that_this_person_can_type(
    slack: SimulatedSlack, bot: KnownBot
) -> None:
    offer = offered(slack, "/tokens ")

    assert words(offer) == ["balance", "transfer", "team", "team create", "digest here"]
    assert [one.insert for one in offer.options][:2] == ["balance", "transfer "]
    assert offer.options[0].about == "what you have; 30d is a month"
    assert offer.is_whole
    assert bot.asked == [(slack.team_id, ANA.id)]


@pytest.mark.parametrize(
    ("typed", "options", "hints", "is_whole"),
    [
        ("b", ["balance"], [], False),
        ("T", ["transfer", "team", "team create"], [], False),
        ("balance", [], ["balance"], True),
        ("transfer", [], ["transfer"], True),
        ("transfer ", [], ["transfer"], True),
        ("transfer 250k", [], ["transfer"], True),
        ("team", [], ["team", "team create"], True),
        ("team ", ["team create"], ["team"], True),
        ("team c", ["team create"], ["team"], False),
        ("team create design", [], ["team create"], True),
        ("digest", [], ["digest here"], True),
        ("teamwork", [], [], True),
        ("nonsense", [], [], True),
        (HOSTILE, [], [], True),
    ],
)
@pytest.mark.usefixtures("bot")
def test_a_command_goes_on_as_it_was_begun(
    slack: SimulatedSlack, typed: str, options: list[str], hints: list[str], *, is_whole: bool
) -> None:
    offer = offered(slack, f"/tokens {typed}")

    assert words(offer) == options
    assert [one.words for one in offer.hints] == hints
    assert offer.is_whole is is_whole


def test_an_at_sign_offers_people_and_groups(slack: SimulatedSlack) -> None:
    slack.add_usergroup("mlops", [ANA], name="ML operations")

    by_name = offered(slack, "/tokens grant @sil")
    by_handle = offered(slack, "thanks @M")

    assert [(one.words, one.insert) for one in by_name.options] == [("Ana Silva", "@ana ")]
    assert by_name.start == len("/tokens grant ")
    assert words(by_handle) == ["@mlops", "Mia Chen"]
    assert not by_handle.is_whole
    assert offered(slack, "write to ana@m").options == ()


def test_nobody_is_offered_themselves_to_give_tokens_to(slack: SimulatedSlack) -> None:
    for typed in ("/tokens transfer @", "/tokens  TRANSFER @", "/tokens transfer 250k to @"):
        assert words(offered(slack, typed)) == ["Ben Okafor", "Mia Chen", "Leo Novak"]

    assert words(offered(slack, "/tokens transfer @sil")) == []
    assert words(offered(slack, "/tokens balance @sil")) == ["Ana Silva"]
    assert words(offered(slack, "no /tokens transfer @sil")) == ["Ana Silva"]


def test_a_name_that_is_whole_can_be_sent(slack: SimulatedSlack) -> None:
    slack.add_person(Person(id="U9", name="anabel", real_name="Anabel Ruiz"), tell=False)

    assert words(offered(slack, "@ana")) == ["Ana Silva", "Anabel Ruiz"]
    assert offered(slack, "@ana").is_whole
    assert offered(slack, "@ben").options == ()


def test_a_hash_offers_channels_that_one_can_see(slack: SimulatedSlack) -> None:
    slack.add_channel("secret", is_private=True, members=["U02BEN"])
    slack.add_channel("search", is_private=True, members=[ANA])

    assert words(offered(slack, "#")) == ["#general", "#ml-platform", "#search"]
    assert words(offered(slack, "see #s")) == ["#search"]


def test_among_ten_thousand_a_few_are_offered(slack: SimulatedSlack) -> None:
    with slack.workspace.changing():
        for number in range(10_000):
            one = Person(id=f"U{number:05d}X", name=f"p{number}", real_name=f"Person {number}")
            slack.workspace.people[one.id] = one

    assert words(offered(slack, "@p"))[:2] == ["Person 0", "Person 1"]
    assert len(offered(slack, "@").options) == 8
    assert words(offered(slack, "@p9999")) == []
    assert words(offered(slack, "@p999"))[0] == "Person 999"


@pytest.mark.parametrize("text", ["", "@", "/", "/tokens ", HOSTILE, "@" + HOSTILE, "x" * 9_000])
def test_whatever_is_typed_gets_an_answer(slack: SimulatedSlack, text: str) -> None:
    response, body = ask(slack, f"/ui/complete?as={ANA.id}&text={quote(text)}")

    assert response.status == 200
    assert set(json.loads(body)) == {"start", "options", "is_whole", "hints"}


def test_without_a_bot_there_are_no_subcommands(slack: SimulatedSlack) -> None:
    assert Completion(slack.workspace).offer(ANA, "/tokens ").options == []

"""`/tokens estimate` and *Estimate tokens* over the wire: counted, priced, and kept nowhere."""

import json
import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from bot import estimation
from bot.domain.directory import UserId
from bot.domain.estimates import Encoding
from bot.domain.rates import Draft, Preset
from bot.playground.blocks.surfaces import problems
from bot.playground.people import ANA, BEN, CAST, LEO, Person
from bot.playground.places import Message
from bot.services import rate_cards
from bot.slack.answers import Later
from bot.slack.render import messages
from bot.slack.shortcuts import Chosen
from bot.slack.slow_answers import SlowAnswers
from tests.databases import Databases
from tests.slack.test_database_faults import locked
from tests.slack.town import TEAM, Town, people, town_on
from tests.texts import mixed

(GUS,) = people("gus", is_restricted=True)
(EVE,) = people("eve", team_id="T0ELSEWHERE", is_stranger=True)
SHORTCUT = "estimate_tokens"
#: Of o200k_base and cl100k_base.
TEXT, NEW, OLD = "Zażółć gęślą jaźń", 11, 12


@pytest.fixture(autouse=True)
def _ranks_are_there() -> None:
    assert estimation.is_ready(60.0)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def last(town: Town, who: Person, *, containing: str) -> str:
    """The newest ephemeral answer that says this, waited for."""

    def found() -> str:
        said = [town.read(one, who) for one in town.slack.ephemerals(who)]
        return next((one for one in reversed(said) if containing in one), "")

    return town.soon(found)


def test_a_text_is_counted_by_family_with_its_price_and_its_share_of_what_is_left(
    sqlite_town: Town,
) -> None:
    town = sqlite_town
    town.fund(ANA, "300")

    shown = town.say(ANA, f"estimate {TEXT}")

    assert shown.startswith("11 tokens for gpt-5: that is 3 % of what you have left.")
    assert "GPT-5, GPT-4.1, GPT-4o and the o models: 11 · $0.00001375 for gpt-5" in shown
    assert "GPT-4 and GPT-3.5: 12 · $0.00036 for gpt-4" in shown
    assert "Claude: about 11 · $0.000033 for claude-sonnet-4-5" in shown
    assert "Gemini: about 11 · $0.00001375 for gemini-2.5-pro" in shown
    assert "How Claude and Gemini count is not public" in shown
    assert "genai-prices" in shown


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("10", ": more than the 10 that you have left."),
        ("11", ": that is 100 % of what you have left."),
        ("1M", ": that is less than 1 % of what you have left."),
        (None, ", and you have none left right now."),
    ],
)
def test_the_share_is_said_in_words(sqlite_town: Town, amount: str | None, words: str) -> None:
    if amount:
        sqlite_town.fund(ANA, amount)

    shown = sqlite_town.say(ANA, f"estimate {TEXT}")

    assert f"11 tokens for gpt-5{words}" in shown


def test_rates_count_for_the_share_and_are_shown(sqlite_town: Town) -> None:
    town = sqlite_town
    town.fund(ANA, "300")
    draft = Draft(name="cost", preset=Preset.COST, usd_per_million_nano=10**9)
    rate_cards.put(town.bot.database, TEAM, draft=draft, actor="command line", now=town.clock())
    town.clock.forward(minutes=1)

    shown = town.say(ANA, f"estimate {TEXT * 4}")

    counted = estimation.count(TEXT * 4, Encoding.O200K).tokens
    assert f"{counted} · charged {round(counted * 1.25)} · $" in shown
    assert "charged 1,4" in shown  # thirty dollars a million for gpt-4
    assert "that is 18 % of what you have left" in shown


def test_mixed_texts_are_counted_exactly_as_typed(sqlite_town: Town) -> None:
    town = sqlite_town
    for text in (text for text in mixed(60) if "\ud800" not in text):
        typed = text.strip()
        done = town.slack.command(ANA, f"estimate {escaped(typed)}", escape=False)

        counts = re.findall(r"(?:models|GPT-3\.5): ([\d,]+)", done.shown)
        exact = [estimation.count(typed, encoding).tokens for encoding in Encoding]
        assert [int(count.replace(",", "")) for count in counts] == exact, typed


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("&lt;|endoftext|&gt;", "<|endoftext|>"),
        ("a &amp;amp; b", "a &amp; b"),
        ("line one\n\n  line two", "line one\n\n  line two"),
        ("<@U01ANA|ana> hello", "@ana hello"),
        ("see <https://a.test/x|a.test/x>", "see a.test/x"),
        ("<!channel> all", "!channel all"),
        ("\x00\x1b[31m\x7f", "\x00\x1b[31m\x7f"),
        ("\u202e\u2066rtl", "\u202e\u2066rtl"),
        ("*bold* `code` ```x```", "*bold* `code` ```x```"),
    ],
)
def test_what_the_person_saw_is_counted_and_never_shown_again(
    lobby: Town, sent: str, read: str
) -> None:
    done = lobby.slack.command(ANA, f"estimate {sent}", escape=False)

    exact = estimation.count(read.strip(), Encoding.O200K).tokens
    assert done.shown.startswith(f"{exact} token")
    assert "<!channel>" not in str(done.message)


def test_a_run_without_breaks_is_counted_too(lobby: Town) -> None:
    for text in ("x" * 8_000, "中" * 8_000, "!" * 8_000):
        exact = estimation.count(text, Encoding.O200K).tokens
        assert f"models: {exact:,} ·" in lobby.say(ANA, f"estimate {text}")


def test_alone_it_opens_a_form_to_paste_into(sqlite_town: Town) -> None:
    town = sqlite_town
    town.fund(ANA, "300")

    done = town.type(ANA, "estimate")
    assert done.modal is not None
    assert problems("modal", done.modal.body) == []
    town.slack.submit(ANA, {"Which text?": TEXT})

    shown = town.slack.as_text(town.slack.modal(ANA))
    assert "11 tokens for gpt-5: that is 3 % of what you have left." in shown
    assert "GPT-4 and GPT-3.5: 12" in shown


def test_the_form_counts_for_one_model(lobby: Town) -> None:
    lobby.type(ANA, "estimate")

    lobby.slack.submit(ANA, {"Which text?": TEXT, "For which model?": "gpt-4"})

    shown = lobby.slack.as_text(lobby.slack.modal(ANA))
    assert "12 tokens for gpt-4" in shown
    assert "$0.00036 by list price" in shown
    assert "Claude" not in shown


def test_the_form_says_what_is_an_estimate(lobby: Town) -> None:
    lobby.type(ANA, "estimate")

    lobby.slack.submit(ANA, {"Which text?": TEXT, "For which model?": "claude-opus-4-5"})

    shown = lobby.slack.as_text(lobby.slack.modal(ANA))
    assert "About 11 tokens for claude-opus-4-5" in shown
    assert "How Claude counts is not public" in shown


@pytest.mark.parametrize("blank", [" ", "\n\n", "\u00a0\u2003"])
def test_blanks_alone_are_nothing_to_count(lobby: Town, blank: str) -> None:
    lobby.type(ANA, "estimate")

    done = lobby.slack.submit(ANA, {"Which text?": blank})

    assert done.errors == {"text": "There is nothing in it to count. Paste a text."}
    lobby.slack.close_modal(ANA)


def test_a_form_made_up_by_somebody_else_is_counted_for_one_of_each_family(lobby: Town) -> None:
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": "estimate",
        "state": {
            "values": {
                "text": {"value": {"type": "plain_text_input", "value": "half \ud83d of one"}},
                "model": {"value": {"selected_option": {"value": "no-such-model"}}},
            }
        },
    }

    said = sent(lobby, "view_submission", view=view)

    assert said["response_action"] == "update"
    assert "GPT-4 and GPT-3.5" in json.dumps(said)


def sent(town: Town, kind: str, **fields: object) -> dict[str, object]:
    """What is answered to a payload of this kind by Ana."""
    user = {"id": ANA.id, "team_id": TEAM}
    payload = {"type": kind, "team": {"id": TEAM}, "user": user, "trigger_id": "1.2.3", **fields}
    answer = town.slack.raw(urlencode({"payload": json.dumps(payload)}).encode())
    assert answer.status == 200, answer.body
    found: dict[str, object] = json.loads(answer.body) if answer.body else {}
    return found


def test_a_message_is_counted_from_its_menu_for_the_one_who_asked(sqlite_town: Town) -> None:
    town = sqlite_town
    town.fund(ANA, "300")
    message = town.slack.say(BEN, TEXT)

    town.slack.message_shortcut(ANA, SHORTCUT, message)

    shown = last(town, ANA, containing="tokens for gpt-5")
    assert shown.startswith("11 tokens for gpt-5: that is 3 % of what you have left.")
    assert town.slack.ephemerals(BEN) == []


def test_a_message_without_text_opens_the_form(sqlite_town: Town) -> None:
    town = sqlite_town
    message = town.slack.say(BEN, TEXT)
    message.text, message.blocks = "", [{"type": "divider", "block_id": "d"}]

    done = town.slack.message_shortcut(ANA, SHORTCUT, message)

    assert "Which text?" in done.shown


def test_a_bots_own_message_is_counted_by_its_fallback_text(sqlite_town: Town) -> None:
    town = sqlite_town
    town.fund(ANA, "300")
    message = town.dm(ANA, containing="300")

    town.slack.message_shortcut(ANA, SHORTCUT, message)

    exact = estimation.count(town_text(message), Encoding.O200K).tokens
    assert last(town, ANA, containing="tokens for gpt-5").startswith(f"{exact} tokens")


def town_text(message: Message) -> str:
    """A message's text as its reader sees it: mentions without a name by their ids."""
    return re.sub(r"<([@#!])([^>|]*)(?:\|[^>]*)?>", r"\1\2", message.text)


@pytest.mark.parametrize("message", [None, {}, {"text": None}, {"text": 5}, {"text": "  "}])
def test_an_odd_message_opens_the_form(lobby: Town, message: object) -> None:
    before = len(lobby.slack.calls("views.open"))

    sent(
        lobby,
        "message_action",
        callback_id=SHORTCUT,
        message=message,
        response_url="http://127.0.0.1:9/r",
    )

    assert len(lobby.slack.calls("views.open")) == before + 1


@pytest.mark.parametrize(
    ("kind", "callback"), [("message_action", "nobodys"), ("shortcut", "nobodys")]
)
def test_a_shortcut_of_an_earlier_version_does_nothing(
    lobby: Town, kind: str, callback: str
) -> None:
    assert sent(lobby, kind, callback_id=callback) == {}


def test_a_long_message_is_answered_later_and_first_told_to_be_counted(sqlite_town: Town) -> None:
    town = sqlite_town
    text = "hello world " * 3_000
    message = town.slack.say(BEN, text)

    town.slack.message_shortcut(ANA, SHORTCUT, message)

    exact = estimation.count(text, Encoding.O200K).tokens
    last(town, ANA, containing=f"models: {exact:,} ·")
    said = [town.read(one, ANA) for one in town.slack.ephemerals(ANA)]
    assert said[0].startswith("Counting…")
    assert len(said) == 2


def test_a_long_text_typed_is_answered_later_and_only_figures_are_kept(town: Town) -> None:
    text = "sesame opens " * 2_000
    message = town.type(ANA, f"estimate {text}")
    assert message.shown.startswith("Counting…")

    exact = estimation.count(text.strip(), Encoding.O200K).tokens
    last(town, ANA, containing=f"models: {exact:,} ·")

    kept = town.rows("SELECT payload FROM outbox")
    assert "sesame" not in str(kept)
    assert "sesame" not in town.logged.getvalue()


def test_a_long_answer_that_fails_is_told_with_a_reference(sqlite_town: Town) -> None:
    town = sqlite_town
    url = town.slack.stage.address(town.slack.stage.response_url(ANA.id, town.slack.general.id))

    def broken() -> dict[str, object]:
        raise ValueError("no ranks")

    owe_later(town, url, broken)

    assert "Something broke on my side" in last(town, ANA, containing="Something broke")
    assert town.say(ANA, "estimate hello").startswith("1 token for gpt-5")


def owe_later(town: Town, url: str, make: Callable[[], dict[str, object]]) -> None:
    """As the listener of a shortcut on a long message does."""
    town.bot._slow.owe(chosen(url), Later(messages.say("Counting…"), make))


def chosen(url: str) -> Chosen:
    return Chosen(
        workspace_id=TEAM,
        user_id=UserId(ANA.id),
        callback_id=SHORTCUT,
        text="x",
        trigger_id="1.2.3",
        response_url=url,
    )


def test_more_than_can_wait_are_told_to_try_again(sqlite_town: Town) -> None:
    slow = SlowAnswers(sqlite_town.bot.database, sqlite_town.clock)
    later = Later(messages.say("Counting…"), dict)

    shown = [slow.owe(chosen("http://127.0.0.1:9/"), later).message["text"] for _ in range(101)]

    assert shown == ["Counting…"] * 100 + ["Many are asking just now. Try again in a moment."]


def test_while_the_database_is_locked_the_figures_come_past_it(sqlite_town: Town) -> None:
    town = sqlite_town
    short, long = town.slack.say(BEN, TEXT), town.slack.say(BEN, "hello world " * 3_000)

    with locked(town):
        assert town.slack.message_shortcut(ANA, SHORTCUT, short).status == 200
        assert town.slack.message_shortcut(ANA, SHORTCUT, long).status == 200
        last(town, ANA, containing="6,001 tokens for gpt-5")

    assert "11 tokens for gpt-5" in last(town, ANA, containing="11 tokens")
    town.settle()


def test_guests_and_strangers_are_told_figures_and_no_share(databases: Databases) -> None:
    with databases.migrated("sqlite") as url, town_on(url, cast=(*CAST, GUS, EVE)) as town:
        for who in (GUS, EVE):
            shown = town.say(who, f"estimate {TEXT}")

            assert shown.startswith("11 tokens for gpt-5.")
            assert "left" not in shown


def test_somebody_whom_nobody_has_met_yet_is_told_too(sqlite_town: Town) -> None:
    (newcomer,) = people("new")
    sqlite_town.slack.add_person(newcomer, tell=False)

    shown = sqlite_town.say(newcomer, f"estimate {TEXT}")

    assert shown.startswith("11 tokens for gpt-5")


def test_the_help_names_it(lobby: Town) -> None:
    assert "/tokens estimate Summarise this…" in lobby.say(LEO, "help")

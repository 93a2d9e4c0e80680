"""Several requests at once, as approvers meet them: the list, its filters, the decision, undo."""

import json
from collections.abc import Sequence

import pytest

from bot.playground.outcomes import Outcome
from bot.playground.people import ANA, BEN, LEO, MIA, Json, Person
from tests.slack.test_teams import answer, modal
from tests.slack.town import Town, people


@pytest.fixture
def search(town: Town) -> Town:
    """Ana and Ben are in a team *search*, whom Mia looks after, and 1M is in its pool."""
    return _searching(town)


@pytest.fixture
def quick(sqlite_town: Town) -> Town:
    """The same where the database is no matter."""
    return _searching(sqlite_town)


def _searching(town: Town) -> Town:
    town.say(LEO, "team create search @ana @ben")
    town.say(LEO, "team manager search @mia")
    town.say(LEO, "team fill search 1M")
    town.settle()
    return town


def ask(town: Town, *wishes: tuple[Person, str]) -> None:
    for who, what in wishes:
        assert "asked for" in town.say(who, f"request {what}")
    town.settle()


def tick(town: Town, who: Person, *which: int) -> Outcome:
    """Tick these of the first group's boxes, from 0, and press *Approve…*."""
    (group, *_) = groups(town, who)
    options = group["element"]["options"]
    return town.slack.submit(who, {group["block_id"]: [options[n]["value"] for n in which]})


def groups(town: Town, who: Person) -> list[Json]:
    """The blocks of boxes in the modal that they see."""
    view = town.slack.modal(who)
    assert view is not None
    return [one for one in view.blocks if one["type"] == "input"]


def boxes(town: Town, who: Person) -> list[tuple[str, str]]:
    """Both lines of each box."""
    return [
        (option["text"]["text"], option["description"]["text"])
        for group in groups(town, who)
        for option in group["element"]["options"]
    ]


def states(town: Town) -> list[str]:
    return [str(row["state"]) for row in town.rows("SELECT state FROM topup ORDER BY topup_id")]


def test_the_list_shows_amount_who_how_long_what_they_have_and_why(search: Town) -> None:
    search.fund(ANA, "1.5M")
    ask(search, (ANA, "500k for the demo"), (BEN, "250k"))
    search.clock.forward(hours=3)

    search.say(MIA, "requests")

    assert "2 requests wait for you, 750k (750,000) tokens in all." in modal(search, MIA)
    assert boxes(search, MIA) == [
        (f"*500k* <@{ANA.id}> · 3 hours · has 1.5M", "the demo"),
        (f"*250k* <@{BEN.id}> · 3 hours · has 0", "No reason given"),
    ]


def test_several_are_approved_with_a_total_and_what_it_does_to_the_pool(search: Town) -> None:
    ask(search, (ANA, "500k for the demo"), (BEN, "250k"), (BEN, "400k"))
    search.say(MIA, "requests")

    review = tick(search, MIA, 0, 1, 2)
    done = search.slack.submit(MIA, {})

    assert "2 requests, 750k (750,000) tokens in all." in review.shown
    assert "Pool of search: 1M (1,000,000) → 250k (250,000)" in review.shown
    assert "1 left as they are: the pool has too little.\n• 400k (400,000) @Ben" in review.shown
    assert "2 approved, 750k (750,000) tokens in all. They hear of it now." in done.shown
    assert search.balances(ANA, BEN) == [500_000, 250_000]
    assert states(search) == ["approved", "approved", "open"]
    assert "500k (500,000) tokens approved by @Mia Chen" in search.dms(ANA)[-1]
    assert "Approved 250k (250,000) by @Mia Chen" in "\n".join(search.dms(MIA))
    assert search.wrong_in_the_books() == []


def test_several_are_denied_with_one_reason(search: Town) -> None:
    ask(search, (ANA, "500k for the demo"), (BEN, "250k"))
    search.say(MIA, "requests")
    search.slack.click(MIA, "modal", "Select all 2")

    search.slack.click(MIA, "modal", "Deny selected…")
    silent = search.slack.submit(MIA, {})
    blank = search.slack.submit(MIA, {"Why?": " \n\u2066 "})
    done = search.slack.submit(MIA, {"Why?": "not *before* <!channel> March"})

    assert silent.errors
    assert blank.errors == {"reason": "A few words why: they see it, with your name."}
    assert "2 denied, 750k (750,000) tokens in all." in done.shown
    assert "not *before* <!channel> March" in search.dms(ANA)[-1]
    assert states(search) == ["denied", "denied"]
    assert search.entries().count("grant") == 0


def test_all_is_undone_and_the_messages_are_mended(search: Town) -> None:
    ask(search, (ANA, "500k for the demo"), (BEN, "250k"))
    search.say(MIA, "requests")
    tick(search, MIA, 0, 1)
    search.slack.submit(MIA, {})
    told, count = search.dm(ANA, containing="approved by @Mia"), len(search.dms(ANA))

    search.slack.click(MIA, "modal", "Undo all 2")

    assert "Undone: 2 requests are open again" in modal(search, MIA)
    mended = search.dm(ANA, containing="that decision was taken back. It is open again.")
    assert (mended.ts, len(search.dms(ANA))) == (told.ts, count)
    assert search.balances(ANA, BEN) == [0, 0]
    assert states(search) == ["open", "open"]
    assert "[Approve 500k]" in "\n".join(search.dms(MIA))
    search.slack.close_modal(MIA)
    assert "2 requests wait for you" in modal(search, MIA)


def test_after_a_minute_undo_says_what_to_do_instead(quick: Town) -> None:
    ask(quick, (ANA, "500k"), (BEN, "250k"))
    quick.say(MIA, "requests")
    tick(quick, MIA, 0, 1)
    quick.slack.submit(MIA, {})
    quick.clock.forward(seconds=61)

    quick.slack.click(MIA, "modal", "Undo all 2")

    said = modal(quick, MIA)
    assert "Undo works for 60 seconds, and those are over." in said
    assert "/tokens reverse ID" in said
    assert states(quick) == ["approved", "approved"]


def test_a_single_approval_is_undone_from_its_message(search: Town) -> None:
    ask(search, (ANA, "500k for the demo"))
    search.slack.click(MIA, "dm", "Approve 500k")
    copy = search.dm(MIA, containing="Approved 500k")
    told = search.dm(ANA, containing="approved by @Mia")

    search.slack.click(MIA, copy, "Undo")

    assert search.dm(MIA, containing="[Approve 500k]").ts == copy.ts
    assert search.dm(ANA, containing="It is open again.").ts == told.ts
    assert search.available(ANA) == 0
    assert search.wrong_in_the_books() == []


def test_a_single_undo_too_late_names_the_entry_and_loses_its_button(quick: Town) -> None:
    ask(quick, (ANA, "500k for the demo"))
    quick.slack.click(MIA, "dm", "Approve 500k")
    copy = quick.dm(MIA, containing="[Undo]")
    (row,) = quick.rows("SELECT entry_id FROM topup")
    quick.clock.forward(seconds=61)

    quick.slack.click(MIA, copy, "Undo")

    quick.settle()
    assert f"/tokens reverse {str(row['entry_id'])[-8:]}" in answer(quick, MIA)
    assert "[Undo]" not in quick.read(quick.dm(MIA, containing="Approved 500k"), MIA)


def test_spent_tokens_stay_and_what_remains_is_said(quick: Town) -> None:
    ask(quick, (ANA, "500k for the demo"))
    quick.say(MIA, "requests")
    tick(quick, MIA, 0)
    quick.slack.submit(MIA, {})
    quick.say(ANA, "transfer @leo 400k")

    quick.slack.click(MIA, "modal", "Undo")

    said = modal(quick, MIA)
    assert "Nothing was undone." in said
    assert "500k (500,000) @Ana Silva: 100k (100,000) left. /tokens reverse" in said
    assert states(quick) == ["approved"]


def test_what_another_decided_meanwhile_is_named(quick: Town) -> None:
    ask(quick, (ANA, "500k for the demo"), (BEN, "250k"))
    quick.say(MIA, "requests")
    tick(quick, MIA, 0, 1)
    quick.say(LEO, "requests")
    quick.slack.choose(LEO, "modal", "requests_whose", "all")
    tick(quick, LEO, 0)
    quick.slack.submit(LEO, {})

    done = quick.slack.submit(MIA, {})

    assert "1 approved, 250k (250,000) tokens in all." in done.shown
    assert "500k (500,000) @Ana Silva: approved by @Leo Novak" in done.shown
    assert quick.balances(ANA, BEN) == [500_000, 250_000]


def test_a_submission_sent_again_answers_the_same_and_decides_once(quick: Town) -> None:
    ask(quick, (ANA, "500k"), (BEN, "250k"))
    quick.say(MIA, "requests")
    tick(quick, MIA, 0, 1)
    done = quick.slack.submit(MIA, {})

    again = quick.slack.resend(done.request)

    assert again.json() == json.loads(done.body)
    assert quick.balances(ANA, BEN) == [500_000, 250_000]


def test_filters_narrow_the_list_and_are_cleared(quick: Town) -> None:
    zoe = people("zoe")[0]
    quick.meets(zoe)
    ask(quick, (ANA, "500k for the demo"), (BEN, "90k"), (zoe, "5M"))
    quick.say(LEO, "requests")
    quick.slack.choose(LEO, "modal", "requests_whose", "all")
    team = str(quick.rows("SELECT team_id FROM team WHERE name = 'search'")[0]["team_id"])

    found = []
    for menu, value in (
        ("requests_most", "100000"),
        ("requests_person", ANA),
        ("requests_team", team),
        ("requests_waited", "1"),
    ):
        quick.slack.choose(LEO, "modal", menu, value)
        found.append(modal(quick, LEO).splitlines()[1])
        quick.slack.click(LEO, "modal", "Clear filters")

    assert [line.split(" ")[0] for line in found[:3]] == ["1", "1", "2"]
    assert "No open request fits these filters." in found[3]
    assert "3 requests are open" in modal(quick, LEO)


def test_what_is_ticked_and_stays_in_sight_stays_ticked(quick: Town) -> None:
    ask(quick, (ANA, "500k"), (BEN, "90k"))
    quick.say(MIA, "requests")
    quick.slack.click(MIA, "modal", "Select all 2")

    quick.slack.choose(MIA, "modal", "requests_most", "100000")

    review = quick.slack.submit(MIA, {})
    assert "1 request, 90k (90,000) tokens in all." in review.shown


def test_forty_to_a_page_and_the_rest_on_the_next(quick: Town) -> None:
    crowd = people(*(f"p{n}" for n in range(15)))
    quick.meets(*crowd)
    for who in crowd:
        ask(quick, *((who, f"{n}k") for n in (1, 2, 3)))
    quick.say(MIA, "requests")
    first = modal(quick, MIA)

    quick.slack.click(MIA, "modal", "Next page")

    second = modal(quick, MIA)
    quick.slack.click(MIA, "modal", "Page before")
    assert "1 to 10 of 45, the longest wait first" in first
    assert "41 to 45 of 45" in second
    assert "Page 2 of 2" in second
    assert "1 to 10 of 45" in modal(quick, MIA)


def test_who_decides_nothing_sees_their_own(quick: Town) -> None:
    ask(quick, (ANA, "500k for the demo"))

    assert "You have 1 open request." in quick.say(ANA, "requests")
    assert "You have no open request." in quick.say(BEN, "requests")


def test_the_button_in_a_message_opens_the_list(quick: Town) -> None:
    ask(quick, (ANA, "500k for the demo"))

    quick.slack.click(MIA, "dm", "All requests…")

    assert "1 request waits for you, 500k (500,000) tokens in all." in modal(quick, MIA)


def test_nothing_ticked_is_said_under_the_boxes(quick: Town) -> None:
    ask(quick, (ANA, "500k"))
    quick.say(MIA, "requests")

    sent = quick.slack.submit(MIA, {})
    quick.slack.click(MIA, "modal", "Deny selected…")

    assert list(sent.errors.values()) == ["Select at least one request."]
    assert "Select at least one request." in modal(quick, MIA)


WORTHLESS: Sequence[str] = (
    "",
    "home",
    "[]",
    "null",
    '{"requests":"all"}',
    '{"requests":[1,null,{"a":1}]}',
    '{"requests":["<script>alert(1)</script>"],"list":7,"drawn":"x","chosen":[]}',
    '{"requests":["019cae4f-5a03-7000-8000-0000c0ffee00"],"list":"V0","drawn":-1,"chosen":"{"}',
    '{"requests":' + "[" * 900,
)


@pytest.mark.parametrize("metadata", WORTHLESS)
def test_a_form_with_worthless_metadata_decides_nothing(quick: Town, metadata: str) -> None:
    ask(quick, (ANA, "500k"))
    quick.say(MIA, "requests")
    tick(quick, MIA, 0)
    view = quick.slack.stage.workspace.stack(MIA.id)[-1]
    view.body["private_metadata"] = metadata

    sent = quick.slack.submit(MIA, {})

    assert sent.is_good
    assert states(quick) == ["open"]
    assert "Something broke" not in sent.shown

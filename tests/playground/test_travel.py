"""Time moves forward step by step, and never back."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.playground.clock import PlaygroundClock
from bot.playground.page_clock import next_monday
from bot.playground.people import ANA
from bot.playground.server import SimulatedSlack
from bot.playground.travel import STEP, CannotMove
from tests.playground.conftest import StoryClock
from tests.playground.little_bot import serving
from tests.playground.test_page import ask, control

MORNING = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


class Traveller:
    """A bot that notes when it was asked to do what is due, and can be made to wait there."""

    def __init__(self) -> None:
        self.ticks: list[datetime] = []
        self.rests = 0
        self.may_go = threading.Event()
        self.may_go.set()
        self.findings: list[str] = []

    def tick(self, at: datetime) -> None:
        self.ticks.append(at)
        assert self.may_go.wait(10)

    def check(self) -> list[str]:
        return self.findings

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        self.rests += 1
        yield


@pytest.fixture
def town() -> Iterator[SimulatedSlack]:
    """A workspace whose time can be moved, and stands still otherwise."""
    clock = PlaygroundClock(StoryClock())
    with SimulatedSlack(clock=clock) as running:
        yield running


@pytest.fixture
def bot(town: SimulatedSlack) -> Traveller:
    town.travel.bot = Traveller()
    return town.travel.bot


def test_a_week_is_fifty_six_steps_and_the_bot_works_at_each(
    town: SimulatedSlack, bot: Traveller
) -> None:
    journey = town.move_time(weeks=1)

    assert bot.ticks == [MORNING + nth * STEP for nth in range(1, 57)]
    assert bot.rests == 56
    assert (journey.steps, journey.taken, journey.is_under_way) == (56, 56, False)
    assert journey.findings == ()
    assert town.workspace.clock() == MORNING + timedelta(weeks=1)


def test_the_last_step_ends_at_the_moment_asked_for(town: SimulatedSlack, bot: Traveller) -> None:
    to = MORNING + timedelta(hours=7)

    town.move_time(to)

    assert bot.ticks == [MORNING + STEP, MORNING + 2 * STEP, to]


def test_messages_bear_the_moved_time(town: SimulatedSlack) -> None:
    before = town.say(ANA, "before")
    town.move_time(days=1)
    after = town.say(ANA, "after")

    assert float(after.ts) - float(before.ts) == pytest.approx(86_400)


@pytest.mark.parametrize(("days", "words"), [(-1, "only moves forward"), (367, "too far")])
def test_there_are_moments_nobody_can_move_to(
    town: SimulatedSlack, bot: Traveller, days: int, words: str
) -> None:
    with pytest.raises(CannotMove, match=words):
        town.move_time(days=days)

    assert bot.ticks == []
    assert town.move_time(hours=1).taken == 1


def test_a_clock_of_another_kind_cannot_be_moved(slack: SimulatedSlack) -> None:
    with pytest.raises(CannotMove, match="can't be moved"):
        slack.move_time(days=1)


def test_one_journey_at_a_time(town: SimulatedSlack, bot: Traveller) -> None:
    bot.may_go.clear()
    first, _ = ask(town, "/ui/move", {"as": ANA.id, "by": "day"})

    second, said = ask(town, "/ui/move", {"as": ANA.id, "by": "week"})
    _, page = ask(town, f"/?as={ANA.id}")
    bot.may_go.set()
    town.wait_until(lambda: town.travel.journey and not town.travel.journey.is_under_way)
    third, _ = ask(town, "/ui/move", {"as": ANA.id, "by": "hours"})

    assert (first.status, second.status, third.status) == (200, 409, 200)
    assert json.loads(said)["said"].startswith("Time is being moved already.")
    assert '<progress id="journey" max="8"' in page


def test_a_journey_ends_early_when_the_playground_does(
    town: SimulatedSlack, bot: Traveller
) -> None:
    bot.may_go.clear()
    town.travel.start(MORNING + timedelta(weeks=1))
    town.wait_until(lambda: bot.ticks)
    stopping = threading.Thread(target=town.travel.stop)
    stopping.start()
    assert town.travel._stopping.wait(10)
    bot.may_go.set()
    stopping.join()

    assert town.travel.journey is not None
    assert town.travel.journey.is_broken_off
    assert "stopped after 1 of 56 steps" in json.loads(ask(town, "/ui/parts")[1])["arrival"]


def test_a_journey_can_be_stopped_on_the_way(town: SimulatedSlack, bot: Traveller) -> None:
    bot.may_go.clear()
    ask(town, "/ui/move", {"as": ANA.id, "by": "week"})
    town.wait_until(lambda: bot.ticks)
    _, page = ask(town, "/")
    ask(town, "/ui/halt", {"as": ANA.id})
    bot.may_go.set()
    town.wait_until(lambda: town.travel.journey and not town.travel.journey.is_under_way)
    halted = town.travel.journey

    again = town.move_time(days=1)

    assert "Stop on the way" in page
    assert halted is not None
    assert (halted.taken, halted.findings) == (1, ())
    assert again.taken == 8


def test_the_clock_does_not_jump_while_a_request_is_in_hand() -> None:
    clock = PlaygroundClock(StoryClock())
    moving = threading.Thread(target=clock.move_to, args=(MORNING + timedelta(days=1),))

    with clock.still():
        moving.start()
        moving.join(0.05)
        during = clock()
    moving.join()

    assert during == MORNING
    assert clock() == MORNING + timedelta(days=1)


def test_time_never_goes_back() -> None:
    clock = PlaygroundClock(StoryClock(), ahead=timedelta(days=2))

    clock.move_to(MORNING + timedelta(days=1))

    assert clock() == MORNING + timedelta(days=2)


def test_what_does_not_add_up_is_on_the_page(town: SimulatedSlack, bot: Traveller) -> None:
    bot.findings = [f"account <b>{nth}</b>: off by 1" for nth in range(12)]
    ask(town, "/ui/move", {"as": ANA.id, "by": "hours"})
    town.wait_until(lambda: town.travel.journey and not town.travel.journey.is_under_way)
    wrong = json.loads(ask(town, "/ui/parts")[1])["arrival"]
    bot.findings = []
    control(town, "move_time", hours=1)
    right = json.loads(ask(town, "/ui/parts")[1])["arrival"]

    assert wrong.count("off by 1") == 10
    assert "&lt;b&gt;" in wrong
    assert "and 2 more" in wrong
    assert "The books add up." in right


def test_the_page_shows_the_time_where_the_viewer_is(town: SimulatedSlack) -> None:
    ask(town, "/ui/move", {"as": "U03MIA", "to": "2026-03-03T18:15"})
    town.wait_until(lambda: town.travel.journey and not town.travel.journey.is_under_way)
    _, page = ask(town, "/?as=U03MIA")

    assert town.workspace.clock() == datetime(2026, 3, 3, 17, 15, tzinfo=UTC)
    assert "Tuesday, 3 March 2026" in page
    assert ">18:15</span>" in page
    assert "Europe/Berlin" in page


@pytest.mark.parametrize("to", ["", "soon", "9999-99-99T00:00", None])
def test_no_moment_is_said_to_be_none(town: SimulatedSlack, to: str | None) -> None:
    response, said = ask(town, "/ui/move", {"as": ANA.id, "to": to})

    assert response.status == 409
    assert json.loads(said)["said"] == "Choose a date and a time to move to."


def test_another_process_moves_time(town: SimulatedSlack, bot: Traveller) -> None:
    done = control(town, "move_time", to="2026-03-02T15:30:00+00:00")
    nowhere = control(town, "move_time", to="2026-03-02T15:30:00")
    back = control(town, "move_time", hours=-1)

    assert (done["steps"], done["findings"]) == (2, [])
    assert "no offset" in nowhere["error"]
    assert "only moves forward" in back["error"]
    assert len(bot.ticks) == 2


@pytest.mark.parametrize(
    ("here", "monday"),
    [
        (datetime(2026, 3, 2, 8, 59, tzinfo=BERLIN), datetime(2026, 3, 2, 9, tzinfo=BERLIN)),
        (datetime(2026, 3, 2, 9, 0, tzinfo=BERLIN), datetime(2026, 3, 9, 9, tzinfo=BERLIN)),
        (datetime(2026, 3, 8, 23, 0, tzinfo=BERLIN), datetime(2026, 3, 9, 9, tzinfo=BERLIN)),
        # The clocks go forward on Sunday the 29th.
        (datetime(2026, 3, 25, 9, 0, tzinfo=BERLIN), datetime(2026, 3, 30, 9, tzinfo=BERLIN)),
    ],
)
def test_next_monday_at_nine_is_the_viewers(here: datetime, monday: datetime) -> None:
    assert next_monday(here) == monday


def test_a_modal_that_was_open_while_time_moved_still_works(town: SimulatedSlack) -> None:
    with serving(town) as seen:
        town.command(ANA, "ask")
        town.move_time(days=1)

        done = town.submit(ANA, {"Amount": "500k"})

    assert done.is_good
    assert town.modal(ANA) is None
    assert seen[-1]["type"] == "view_submission"

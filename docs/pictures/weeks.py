"""Five weeks pass; people use tokens meanwhile, and the bot tells of it on the way."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from bot.bootstrap import Handle
from bot.playground.people import ANA, BEN, LEO, MIA
from bot.playground.server import SimulatedSlack
from docs.pictures.camera import (
    MARGIN,
    PHONE,
    TALL,
    TALL_PHONE,
    WHOLE,
    WIDE,
    Camera,
    at,
    home,
    message,
    send,
)
from docs.pictures.playground import NEWS, use, workplace

#: The team's zone and its people's, and the hour at which its digest comes.
BERLIN, DIGEST_AT = ZoneInfo("Europe/Berlin"), time(9)
#: What Ana and Ben use on each working day of each week, in thousands.
WEEKS = (
    ((80, 60), (90, 40), (110, 70), (60, 50), (40, 30)),
    ((90, 50), (100, 60), (120, 60), (80, 40), (60, 40)),
    ((70, 60), (110, 50), (90, 80), (90, 60), (50, 20)),
    ((150, 90), (220, 120), (240, 140), (180, 110), (90, 60)),
)


def tell(camera: Camera, folder: Path) -> None:
    with workplace(folder) as (slack, handle):
        set_up(slack)
        for week in WEEKS[:-1]:
            work(slack, handle, week)
        work(slack, handle, WEEKS[-1], friday=lambda: take_alert(camera, slack))
        take_digest(camera, slack)
        take_team(camera, slack)
        slack.move_time(hours=2)
        use(handle, ANA, 90_000, "claude-opus-4-1", "ranking")
        slack.command(ANA, "request 750k for the new ranking model")
        slack.command(BEN, "request 500k for the evaluation run")
        take_page(camera, slack)
        take_homes(camera, slack)


def set_up(slack: SimulatedSlack) -> None:
    """A team of two with a weekly allowance, a pool, a manager and a digest."""
    for typed in (
        "team create search @ana @ben",
        "team manager search @mia",
        "team zone search Berlin",
        "allowance search 1M weekly",
    ):
        slack.command(LEO, typed)
    slack.click(LEO, "ephemeral", "Start it")
    slack.command(LEO, "team fill search 12M for the quarter")
    slack.say(LEO, NEWS)
    slack.command(LEO, "digest here search", channel_id=slack.general.id)


def work(
    slack: SimulatedSlack,
    handle: Handle,
    days: tuple[tuple[int, int], ...],
    *,
    friday: Callable[[], None] = lambda: None,
) -> None:
    """A week of work, up to the Monday after it."""
    monday = handle.clock()
    for nth, (ana, ben) in enumerate(days):
        slack.move_time(monday + timedelta(days=nth, hours=6))
        # On two days a week both work for the evaluation, else for the ranking.
        project = "evaluation" if nth % 2 else "ranking"
        use(handle, ANA, ana * 1_000, "claude-opus-4-1", project)
        use(handle, BEN, ben * 1_000, "claude-sonnet-4-5", project)
        if nth == 1:
            slack.command(MIA, "grant @ben 100k for the evaluation run")
    slack.move_time(hours=1)
    friday()
    # To the hour itself, so that the digest comes when its team reads that it does.
    next_monday = monday.astimezone(BERLIN).date() + timedelta(days=7)
    slack.move_time(datetime.combine(next_monday, DIGEST_AT, BERLIN).astimezone(UTC))


def take_alert(camera: Camera, slack: SimulatedSlack) -> None:
    with camera.open(slack, at(ANA)) as page:
        camera.take(page, "alert", message(page, "tokens left"))


def take_digest(camera: Camera, slack: SimulatedSlack) -> None:
    for name, size in (("digest", TALL), ("digest-phone", TALL_PHONE)):
        with camera.open(slack, at(MIA, slack.general.id), size) as page:
            camera.take(page, name, message(page, "tokens used"))


def take_team(camera: Camera, slack: SimulatedSlack) -> None:
    with camera.open(slack, at(LEO, slack.general.id)) as page:
        send(page, "/tokens team search")
        panel = page.get_by_role("dialog", name="Team")
        expect(panel).to_contain_text("2 people")
        camera.take(page, "team", panel, margin=MARGIN)


def take_page(camera: Camera, slack: SimulatedSlack) -> None:
    with camera.open(slack, at(MIA), WIDE, density=WHOLE) as page:
        message(page, "@Ben Okafor asks for")
        camera.take(page, "page")
    with camera.open(slack, at(MIA), PHONE) as page:
        message(page, "@Ben Okafor asks for")
        camera.take(page, "page-phone")


def take_homes(camera: Camera, slack: SimulatedSlack) -> None:
    for name, who, size, says in (
        ("home", ANA, TALL, "Your last 7 days"),
        ("home-phone", ANA, TALL_PHONE, "Your last 7 days"),
        ("home-approver", MIA, TALL, "Your team"),
    ):
        with camera.open(slack, at(who, "home"), size) as page:
            camera.take(page, name, home(page, says))

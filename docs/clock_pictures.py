"""Takes the pictures of teams, digests and alerts anew, in the playground, in a real browser.

    .venv/bin/python docs/clock_pictures.py

Needs the `[dev]` extra and Debian's chromium (`make browser`). Five weeks pass; people use tokens
meanwhile, and what the pictures show was told by the bot on the way.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Error, Page, ViewportSize, expect
from pydantic import SecretStr
from screenshots import IMAGES, browser, messages, send

from bot import bootstrap
from bot.bootstrap import Handle, system_clock
from bot.config import Settings
from bot.playground.clock import PlaygroundClock
from bot.playground.people import ANA, BEN, LEO, MIA, Person
from bot.playground.server import SimulatedSlack

WORKSPACE = "T0PLAYGROUND"
#: A Monday.
BEGIN = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
#: The team's zone and its people's, and the hour at which its digest comes.
BERLIN, DIGEST_AT = ZoneInfo("Europe/Berlin"), time(9)
TRIES = 10
#: As wide as a desk's and a phone's; high enough for a digest to be seen whole.
DESK: ViewportSize = {"width": 900, "height": 2_600}
PHONE: ViewportSize = {"width": 390, "height": 4_400}
#: What Ana and Ben use on each working day of each week, in thousands.
WEEKS = (
    ((80, 60), (90, 40), (110, 70), (60, 50), (40, 30)),
    ((90, 50), (100, 60), (120, 60), (80, 40), (60, 40)),
    ((70, 60), (110, 50), (90, 80), (90, 60), (50, 20)),
    ((150, 90), (220, 120), (240, 140), (180, 110), (90, 60)),
)


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="tokenbot-pictures-") as folder,
        workplace(Path(folder)) as (slack, handle),
        browser() as chromium,
    ):
        set_up(slack)
        for week in WEEKS[:-1]:
            work(slack, handle, week)
        work(slack, handle, WEEKS[-1], friday=lambda: take_alert(chromium, slack))
        take_digest(chromium, slack)
        take_team(chromium, slack)


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
    general = next(one for one in slack.workspace.channels.values() if one.name == "general")
    slack.command(LEO, "digest here search", channel_id=general.id)


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
        handle.use(WORKSPACE, ANA.id, ana * 1_000, "claude-opus", project)
        handle.use(WORKSPACE, BEN.id, ben * 1_000, "claude-sonnet", project)
        if nth == 1:
            slack.command(MIA, "grant @ben 100k for the evaluation run")
    slack.move_time(hours=1)
    friday()
    # To the hour itself, so that the digest comes when its team reads that it does.
    next_monday = monday.astimezone(BERLIN).date() + timedelta(days=7)
    slack.move_time(datetime.combine(next_monday, DIGEST_AT, BERLIN).astimezone(UTC))


def take_alert(chromium: Browser, slack: SimulatedSlack) -> None:
    for name, size in (("clock-alert", DESK), ("clock-alert-phone", PHONE)):
        page = opened(chromium, slack, ANA, size)
        messages(page)
        shoot(page, "tokens left", name)


def take_digest(chromium: Browser, slack: SimulatedSlack) -> None:
    for name, size in (("clock-digest", DESK), ("clock-digest-phone", PHONE)):
        page = opened(chromium, slack, MIA, size)
        page.get_by_role("link", name="general").first.click()
        shoot(page, "tokens used", name)


def take_team(chromium: Browser, slack: SimulatedSlack) -> None:
    for name, size in (("clock-team", DESK), ("clock-team-phone", PHONE)):
        page = opened(chromium, slack, LEO, {**size, "height": 1_000})
        send(page, "/tokens team search")
        panel = page.get_by_role("dialog", name="Team")
        expect(panel).to_contain_text("2 people")
        page.screenshot(path=IMAGES / f"{name}.png", clip=panel.bounding_box())
        panel.get_by_role("button", name="Close").last.click()
        page.close()


def opened(chromium: Browser, slack: SimulatedSlack, who: Person, size: ViewportSize) -> Page:
    page = chromium.new_page(viewport=size, device_scale_factor=2)
    page.goto(f"{slack.url}/?as={who.id}")
    return page


def shoot(page: Page, text: str, name: str) -> None:
    """The newest message that says so.

    The page is drawn anew as news comes; a message that was just replaced is tried again.
    """
    message = page.get_by_role("log").get_by_role("article").filter(has_text=text).last
    for _ in range(TRIES):
        with suppress(Error):
            message.scroll_into_view_if_needed(timeout=3_000)
            message.screenshot(path=IMAGES / f"{name}.png", timeout=3_000)
            page.close()
            return
    raise RuntimeError(f"{name} is never still")


@contextmanager
def workplace(folder: Path) -> Iterator[tuple[SimulatedSlack, Handle]]:
    """The bot in a simulated workspace, on a clock that moves."""
    started = system_clock()
    clock = PlaygroundClock(lambda: BEGIN + (system_clock() - started))
    with SimulatedSlack(clock=clock, signing_clock=clock) as slack:
        settings = Settings(
            slack_bot_token=SecretStr(slack.bot_token),
            slack_signing_secret=SecretStr(slack.signing_secret),
            slack_app_token=None,
            slack_api_url=slack.api_url,
            database_url=f"sqlite:///{folder / 'pictures.db'}",
            host="127.0.0.1",
            port=0,
        )
        with bootstrap.running(settings, clock=clock) as handle:
            slack.bot_url, slack.travel.bot = handle.url, handle
            slack.wait_until(lambda: "granted" in slack.command(LEO, "grant @mia 1k").shown, 15)
            yield slack, handle
            slack.travel.stop()


if __name__ == "__main__":
    main()

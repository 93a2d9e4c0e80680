"""Two weeks of calls come in, as a gateway sends them, and Ana looks where her tokens went."""

import random
import re
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import expect

from bot.domain.counts import Counts
from bot.domain.usage_events import UsageEvent
from bot.playground.people import ANA, LEO
from docs.pictures.camera import TALL, TALL_PHONE, Camera, at, message, send
from docs.pictures.playground import event, take_in, workplace

#: Model, how often, and the most of new input, of input from and into the cache, and of output.
CALLS = (
    ("claude-opus-4-1", 5, (4_000, 60_000, 2_000, 1_500)),
    ("claude-sonnet-4-5", 11, (3_000, 25_000, 1_500, 1_200)),
    ("gpt-4o-mini", 7, (1_500, 2_000, 0, 600)),
)
PROJECTS = ("ranking", "evaluation")
DAYS = 13


def tell(camera: Camera, folder: Path) -> None:
    with workplace(folder) as (slack, handle):
        slack.command(LEO, "grant @ana 12M for the quarter")
        take_in(handle, calls(handle.clock()))
        for name, size in (
            ("usage", TALL),
            ("usage-phone", TALL_PHONE),
        ):
            with camera.open(slack, at(ANA, slack.general.id), size) as page:
                send(page, "/tokens usage")
                camera.take(page, name, message(page, "used in the last 7 days"))
        with camera.open(slack, at(ANA, slack.general.id), TALL) as page:
            send(page, "/tokens usage")
            page.get_by_role("button", name="with charts as a message").last.click()
            page.get_by_role("link", name=re.compile(r"^tokenbot \d+ unread")).click()
            chart = message(page, "Tokens used by day")
            expect(chart.get_by_role("group").last).to_be_visible()
            camera.take(page, "usage-chart", chart)
        with camera.open(slack, at(ANA, slack.general.id), TALL) as page:
            send(page, "/tokens usage")
            page.get_by_role("button", name="Show the calls that used most").last.click()
            camera.take(page, "usage-most", message(page, "What used most in the last"))


def calls(now: datetime) -> list[UsageEvent]:
    """The same calls each time: some on each of the last working days."""
    chance = random.Random(5)  # noqa: S311 (a story, no secret)
    events = []
    for back in range(DAYS):
        day = now - timedelta(days=back)
        if day.weekday() > 4:
            continue
        for model, times, (new, cached, written, output) in CALLS:
            for nth in range(times - chance.randrange(times // 2 + 1)):
                counts = Counts(
                    input_uncached=chance.randrange(200, new),
                    cache_read=chance.randrange(cached),
                    cache_write=chance.randrange(written + 1),
                    output=chance.randrange(50, output),
                )
                moment = day - timedelta(minutes=7 * nth + chance.randrange(7))
                project = PROJECTS[chance.random() < 0.3]
                events.append(event(ANA, moment, model=model, counts=counts, project=project))
    return events

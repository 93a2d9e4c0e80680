"""Takes the pictures of usage anew, in the playground, in a real browser.

    .venv/bin/python docs/usage_pictures.py

Needs the `[dev]` extra and Debian's chromium (`make browser`). Two weeks of calls are taken in as a
gateway would send them; the pictures show what Ana sees of them.
"""

import random
import tempfile
from datetime import timedelta
from pathlib import Path

from clock_pictures import DESK, WORKSPACE, opened, shoot, workplace
from playwright.sync_api import Browser
from screenshots import IMAGES, browser, send

from bot.bootstrap import Handle
from bot.domain.counts import Counts
from bot.domain.directory import WorkspaceId
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.playground.people import ANA, LEO
from bot.playground.server import SimulatedSlack
from bot.services import usage

#: Model, how often, and the most of new input, of input from and into the cache, and of output.
CALLS = (
    ("claude-opus-4-1", 5, (4_000, 60_000, 2_000, 1_500)),
    ("claude-sonnet-4-5", 11, (3_000, 25_000, 1_500, 1_200)),
    ("gpt-4o-mini", 7, (1_500, 2_000, 0, 600)),
)
PROJECTS = ("ranking", "evaluation")
DAYS = 13


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="tokenbot-pictures-") as folder,
        workplace(Path(folder)) as (slack, handle),
        browser() as chromium,
    ):
        slack.command(LEO, "grant @ana 12M for the quarter")
        take_in(handle)
        take_usage(chromium, slack)
        take_most(chromium, slack)


def take_in(handle: Handle) -> None:
    """The same calls each time: some on each of the last working days."""
    now = handle.clock()
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
                events.append(
                    UsageEvent(
                        source="litellm",
                        external_id=f"chatcmpl-{chance.getrandbits(64):016x}",
                        occurred_at=day - timedelta(minutes=7 * nth + chance.randrange(7)),
                        user=ANA.email or ANA.id,
                        model=model,
                        provider="openai" if model.startswith("gpt") else "anthropic",
                        counts=counts,
                        cost_nano=counts.input * 900 + counts.output * 15_000,
                        project=PROJECTS[chance.random() < 0.3],
                    )
                )
    taken = usage.take_in(
        handle.bot.database,
        WorkspaceId(WORKSPACE),
        events,
        role=SourceRole.GATEWAY,
        owner=None,
        actor="key:gateway",
        now=now,
    )
    if taken.accepted != len(events):
        raise RuntimeError(f"{len(events) - taken.accepted} calls were not taken in")


def take_usage(chromium: Browser, slack: SimulatedSlack) -> None:
    page = opened(chromium, slack, ANA, DESK)
    send(page, "/tokens usage")
    shoot(page, "used in the last 7 days", "usage")


def take_most(chromium: Browser, slack: SimulatedSlack) -> None:
    page = opened(chromium, slack, ANA, DESK)
    send(page, "/tokens usage")
    page.get_by_role("button", name="Show the calls that used most").last.click()
    shoot(page, "What used most in the last", "usage-most")


if __name__ == "__main__":
    main()

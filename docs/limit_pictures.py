"""Takes the pictures of limits anew, in the playground, in a real browser.

    .venv/bin/python docs/limit_pictures.py

Needs the `[dev]` extra and Debian's chromium (`make browser`). Ana's team has a policy and a cap;
she used some this morning, one call of hers runs, and the next one is refused.
"""

import tempfile
from pathlib import Path

from clock_pictures import DESK, WORKSPACE, opened, shoot, workplace
from playwright.sync_api import Browser
from screenshots import IMAGES, browser, messages, send

from bot.bootstrap import Handle
from bot.domain.directory import WorkspaceId
from bot.domain.holds import TTL
from bot.domain.ledger import member_account
from bot.playground.people import ANA, LEO
from bot.playground.server import SimulatedSlack
from bot.services import holders, holds, limit_news
from bot.services.holds import Wish

SET_UP = (
    "team create search @ana @ben",
    "team zone search Lisbon",
    "grant @ana 4M for the quarter",
    "policy search hard per-request 400k a-day 500k fallback gpt-4o-mini",
    "policy search cap gpt-4.1* 1M a week",
    "policy search cap project ranking 5M a week",
)
TEXT = "Read the thread below and write five short lines: what was decided, by whom, until when."


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="tokenbot-pictures-") as folder,
        workplace(Path(folder)) as (slack, handle),
        browser() as chromium,
    ):
        for typed in SET_UP:
            slack.command(LEO, typed)
        handle.use(WORKSPACE, ANA.id, 297_000, "gpt-4.1", "ranking")
        call(handle, 163_000)
        take_why(chromium, slack)
        call(handle, 120_000)
        take_refusal(chromium, slack)
        take_estimate(chromium, slack)


def call(handle: Handle, tokens: int) -> None:
    """A call of Ana's that asks first, as a gateway does; if it doesn't fit, she is told."""
    database, workspace, now = handle.bot.database, WorkspaceId(WORKSPACE), handle.clock()
    with database.reading() as tx:
        ana = holders.of_account(tx, workspace, member_account(ANA.id), now)
    asked = Wish(
        tokens=tokens,
        ttl=TTL,
        actor="key:gateway",
        key=f"call-{tokens}",
        fingerprint=str(tokens),
        user_label=ANA.email or ANA.id,
        model="gpt-4.1",
        project="ranking",
    )
    (found,) = holds.hold_each(database, workspace, [(ana, asked)], now=now)
    met = limit_news.meeting_of(ana, asked, found)
    if met is not None:
        limit_news.News().tell(database, workspace, met, now)


def take_why(chromium: Browser, slack: SimulatedSlack) -> None:
    page = opened(chromium, slack, ANA, DESK)
    send(page, "/tokens why")
    shoot(page, "The tightest limit", "limit-why")


def take_refusal(chromium: Browser, slack: SimulatedSlack) -> None:
    page = opened(chromium, slack, ANA, DESK)
    messages(page)
    shoot(page, "was refused", "limit-refused")


def take_estimate(chromium: Browser, slack: SimulatedSlack) -> None:
    page = opened(chromium, slack, ANA, DESK)
    send(page, f"/tokens estimate {TEXT}")
    shoot(page, "what you have left", "limit-estimate")


if __name__ == "__main__":
    main()

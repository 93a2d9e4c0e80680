"""Ana's team has a policy and a cap; one call of hers runs, and the next one is refused."""

from pathlib import Path

from bot.bootstrap import Handle
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.holds import TTL
from bot.domain.ledger import member_account
from bot.playground.people import ANA, LEO
from bot.services import holders, holds, limit_news
from bot.services.holds import Wish
from docs.pictures.camera import Camera, at, message, send
from docs.pictures.playground import WORKSPACE, workplace

SET_UP = (
    "team create search @ana @ben",
    "team zone search Lisbon",
    "grant @ana 4M for the quarter",
    "policy search hard per-request 400k a-day 500k fallback gpt-4o-mini",
    "policy search cap gpt-4.1* 1M a week",
    "policy search cap project ranking 5M a week",
)
TEXT = "Read the thread below and write five short lines: what was decided, by whom, until when."


def tell(camera: Camera, folder: Path) -> None:
    with workplace(folder) as (slack, handle):
        for typed in SET_UP:
            slack.command(LEO, typed)
        handle.use(WORKSPACE, ANA.id, 297_000, "gpt-4.1", "ranking")
        call(handle, 163_000)
        with camera.open(slack, at(ANA, slack.general.id)) as page:
            send(page, "/tokens why")
            camera.take(page, "why", message(page, "The tightest limit"))
        call(handle, 120_000)
        with camera.open(slack, at(ANA)) as page:
            camera.take(page, "refused", message(page, "was refused"))
        with camera.open(slack, at(ANA, slack.general.id)) as page:
            send(page, f"/tokens estimate {TEXT}")
            camera.take(page, "estimate", message(page, "what you have left"))


def call(handle: Handle, tokens: int) -> None:
    """A call of Ana's that asks first, as a gateway does; if it doesn't fit, she is told."""
    database, workspace, now = handle.bot.database, WorkspaceId(WORKSPACE), handle.clock()
    with database.reading() as tx:
        ana = holders.of_account(tx, workspace, member_account(UserId(ANA.id)), now)
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

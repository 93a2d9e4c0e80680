"""`/tokens away @stand-in from … to …`"""

from datetime import datetime

from bot.domain.leaves import Leave
from bot.services import stand_ins
from bot.slack import absences
from bot.slack.answers import Answer, Open, Show
from bot.slack.ids import COMMAND
from bot.slack.payloads import Command
from bot.slack.render import messages, views
from bot.slack.render.views import AwayDraft
from bot.storage.database import Database

EXAMPLE = f"{COMMAND} away @ben from 2026-12-01 to 2026-12-14"


def away(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens away @ben until 2026-12-14`; alone it shows who stands in; `away off` ends it."""
    if len(said.words) == 1 and said.words[0].lower() in absences.BACK:
        ended = stand_ins.end(
            database, said.workspace_id, actor=said.user_id, starts_at=None, now=now
        )
        return Show(messages.back(ended))
    mine = stand_ins.of(database, said.workspace_id, said.user_id, now)
    if mine and not said.words:
        return Show(messages.away(mine))
    wish = absences.wish(said.words)
    if wish.stand_in is None or wish.last is None:
        draft = AwayDraft(wish.stand_in, wish.first, wish.last)
        return Open(views.away_form(draft), EXAMPLE)
    named = stand_ins.name(
        database,
        said.workspace_id,
        actor=said.user_id,
        stand_in=wish.stand_in,
        leave=Leave(wish.first, wish.last),
        key=said.key,
        now=now,
    )
    return Show(messages.away([named]))

"""`/tokens grant @user… 1M [for reason]`"""

from datetime import datetime

from bot.services import grants, members
from bot.slack import wishes
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Command
from bot.slack.render import messages, views
from bot.slack.render.views import GrantDraft
from bot.storage.database import Database

_EXAMPLE = "/tokens grant @ana 1M for the search prototype"


def grant(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens grant @ana @ben 1M for the demo`; a form asks for what is missing."""
    wish = wishes.with_people(said.words)
    if wish.tokens is None or not wish.people:
        members.require_grants(database, said.workspace_id, said.user_id, now)
        pools = grants.pools(database, said.workspace_id, said.user_id, now)
        draft = GrantDraft(wish.people, wish.typed_amount, wish.reason)
        return Open(views.grant_form(draft, pools=pools), _EXAMPLE)
    receipt = grants.grant(
        database,
        said.workspace_id,
        actor=said.user_id,
        recipients=wish.people,
        tokens=wish.tokens,
        note=wish.reason,
        key=said.key,
        now=now,
    )
    return Show(messages.grant_receipt(receipt))

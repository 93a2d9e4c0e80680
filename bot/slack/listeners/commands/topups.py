"""`/tokens request [500k for reason]` and `/tokens withdraw`"""

from datetime import datetime

from bot.domain.topups import Urgency
from bot.services import balances, topups
from bot.slack import wishes
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Command
from bot.slack.render import messages, views
from bot.slack.render.views import RequestDraft
from bot.storage.database import Database

_EXAMPLE = "/tokens request 500k for the evaluation run"


def request(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens request 500k for the demo`; alone it opens a form."""
    wish = wishes.without_people(said.words)
    if wish.tokens is None:
        own = balances.balance(
            database, said.workspace_id, viewer=said.user_id, subject=said.user_id, now=now
        )
        draft = RequestDraft(wish.typed_amount, wish.reason)
        return Open(views.request_form(draft, available=own.available), _EXAMPLE)
    asked = topups.ask(
        database,
        said.workspace_id,
        requester=said.user_id,
        tokens=wish.tokens,
        note=wish.reason,
        urgency=Urgency.WHENEVER,
        key=said.key,
        now=now,
    )
    return Show(messages.asked(asked))


def withdraw(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens withdraw`: the one open request, or a choice of several."""
    withdrawn = topups.withdraw_only(
        database, said.workspace_id, requester=said.user_id, key=said.key, now=now
    )
    if withdrawn is None:
        mine = topups.open_of(database, said.workspace_id, said.user_id)
        return Show(messages.open_requests(mine))
    return Show(messages.withdrawn(withdrawn))

"""A text's size as an answer: at once where that is quick, or later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.services import estimates
from bot.slack.answers import Later, Show
from bot.slack.payloads import Command
from bot.slack.render import messages
from bot.slack.shortcuts import Chosen
from bot.storage.database import Database

#: Longer texts are counted later: a few milliseconds each, of which many may come at once.
AT_ONCE_MAX = 20_000
#: The first text of a process waits so long for the ranks, which are read by then on most machines,
#: and leaves the database its time within Slack's three seconds.
_PATIENCE_SECONDS = 1.2
#: What to type where Slack opens no form.
INSTEAD = "/tokens estimate Summarise this thread in five lines"


def told(database: Database, said: Command | Chosen, text: str, now: datetime) -> Show | Later:
    """How large the text is for one model of each family."""

    def made() -> Mapping[str, Any]:
        found = estimates.estimate(
            database, said.workspace_id, user_id=said.user_id, text=text, now=now
        )
        return messages.estimate(found)

    if len(text) <= AT_ONCE_MAX and estimates.is_ready(_PATIENCE_SECONDS):
        return Show(made())
    return Later(messages.say("Counting… The figures follow here in a moment."), made)

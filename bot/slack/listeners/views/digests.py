"""The form in which a digest's channel is chosen, sent."""

from datetime import date, datetime

from bot.domain.directory import TeamId
from bot.services import digests
from bot.services.team_choice import Asked
from bot.slack import payloads
from bot.slack.answers import Answer, Errors, Show
from bot.slack.ids import Field
from bot.slack.payloads import Submission
from bot.slack.render import messages
from bot.storage.database import Database


def place(database: Database, said: Submission, now: datetime) -> Answer:
    """The channel; the form knows the team, and the week that another one did not take."""
    channel = said.conversation(Field.CHANNEL)
    if not channel:
        return Errors({Field.CHANNEL: "Choose a channel."})
    carried = payloads.metadata(said.metadata)
    team = digests.place(
        database,
        said.workspace_id,
        Asked(actor=said.user_id, team_id=TeamId(carried["team_id"])),
        channel=channel,
        key=said.key,
        now=now,
        week_on=date.fromisoformat(carried["week_on"]) if carried["week_on"] else None,
    )
    return Show(messages.digest_changed(team))

"""The form of an identity, sent."""

from datetime import datetime

from bot.domain.directory import TeamId
from bot.domain.identities import IdentityId
from bot.services import identities
from bot.services.team_choice import Asked
from bot.slack.answers import Answer, Errors, Show
from bot.slack.ids import Field
from bot.slack.payloads import Submission
from bot.slack.render import messages
from bot.storage.database import Database


def link(database: Database, said: Submission, now: datetime) -> Answer:
    """A person or a team, not both."""
    people, team_id = said.people(Field.RECIPIENT), said.choice(Field.FOR_TEAM)
    identity_id = IdentityId(said.metadata)
    if bool(people) == bool(team_id):
        field = Field.FOR_TEAM if people else Field.RECIPIENT
        return Errors({field: "Choose a person or a team, one of the two."})
    if team_id:
        asked = Asked(actor=said.user_id, team_id=TeamId(team_id))
        done = identities.link_service(
            database, said.workspace_id, asked=asked, identity_id=identity_id, now=now
        )
        return Show(messages.identity_linked(done))
    done = identities.link(
        database,
        said.workspace_id,
        actor=said.user_id,
        identity_id=identity_id,
        user_id=people[0],
        now=now,
    )
    return Show(messages.identity_linked(done))

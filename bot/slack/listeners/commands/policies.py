"""`/tokens policy …`: what a team's limits are, and what happens at them."""

from datetime import datetime

from bot.domain.policies import Cap
from bot.domain.refusals import WhichTeam
from bot.services import policies
from bot.services.team_choice import Asked
from bot.slack import policy_words
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Command
from bot.slack.policy_words import AsEveryone, Changes
from bot.slack.render import messages
from bot.storage.database import Database


def policy(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens policy search`, `policy search soft 10%`, `policy cap gpt-4* 1M a week`"""
    name, words = policy_words.split(said.words)
    asked = Asked(actor=said.user_id, typed=name, channel=said.channel_id)
    if not words:
        return _look(database, said, asked, now)
    wish = policy_words.wish(words)
    workspace_id = said.workspace_id
    match wish:
        case Cap():
            capped = policies.put_cap(database, workspace_id, asked, cap=wish, now=now)
            return Show(messages.policy_capped(capped))
        case Changes(fields=fields):
            seen = policies.change(database, workspace_id, asked, changes=fields, now=now)
            return Show(messages.policy_changed(seen))
        case AsEveryone():
            seen = policies.put(database, workspace_id, asked, policy=None, now=now)
            return Show(messages.policy_as_everyone(seen))
        case _:
            seen, gone = policies.drop_cap_named(
                database,
                workspace_id,
                asked,
                measure=wish.measure,
                name=wish.name,
                period=wish.period,
                now=now,
            )
            return Show(messages.policy_uncapped(seen, gone))


def _look(database: Database, said: Command, asked: Asked, now: datetime) -> Answer:
    """What holds. A name that no team has may be a word that says what to do, misspelt."""
    try:
        seen = policies.of_team(database, said.workspace_id, asked, now)
    except WhichTeam as unknown:
        raise policy_words.misspelt(unknown.typed, unknown.teams) or unknown from None
    return Show(messages.policy(seen))

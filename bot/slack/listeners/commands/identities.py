"""`/tokens link`: who is who in the sources"""

from datetime import datetime

from bot.domain.agent_keys import AGENTS
from bot.domain.identities import Linked
from bot.services import agent_keys, identities, identity_claims
from bot.slack.answers import Answer, Show
from bot.slack.payloads import Command, as_typed, mention
from bot.slack.render import messages
from bot.storage.database import Database

#: Words that say that a name is not theirs.
_REMOVING = frozenset({"remove", "off"})


def link(database: Database, said: Command, now: datetime) -> Answer:
    """`link ben-laptop` for oneself, `link @ana build-bot`, `link remove ben-laptop`; or a list."""
    user_id = mention(said.words[0]) if said.words else said.user_id
    rest = said.words[1:] if user_id else said.words
    typed = " ".join(as_typed(word) for word in rest)
    if user_id and not typed:
        found = identities.overview(
            database, said.workspace_id, viewer=said.user_id, subject=user_id
        )
        return Show(messages.identities(found))
    if user_id:
        done = identities.link_named(
            database,
            said.workspace_id,
            actor=said.user_id,
            typed=typed,
            user_id=user_id,
            now=now,
        )
        return Show(messages.identity_linked(done))
    if typed.partition(" ")[0].lower() in AGENTS:
        return _agent_key(database, said, typed.lower().split(), now)
    first, _, name = typed.partition(" ")
    if first.lower() in _REMOVING and name:
        removed = identities.unlink_named(
            database, said.workspace_id, actor=said.user_id, typed=name, now=now
        )
        return Show(messages.identity_unlinked(removed))
    claimed = identity_claims.claim(
        database, said.workspace_id, actor=said.user_id, typed=typed, now=now
    )
    if isinstance(claimed, Linked):
        return Show(messages.identity_own_linked(claimed))
    return Show(messages.identity_asked(claimed))


def _agent_key(database: Database, said: Command, words: list[str], now: datetime) -> Answer:
    """`link claude-code`: the person's own key, once; `link claude-code new` in its place."""
    found = agent_keys.make(
        database,
        said.workspace_id,
        actor=said.user_id,
        agent=words[0],
        is_new=words[1:] == ["new"],
        now=now,
    )
    if found.credential is None:
        return Show(messages.agent_key_kept(found))
    return Show(messages.agent_key_made(found, said.address.rstrip("/")))

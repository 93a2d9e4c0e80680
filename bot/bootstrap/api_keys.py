"""API keys from the command line; plain lines to print."""

from collections.abc import Sequence
from datetime import datetime

from bot.bootstrap import clock, system_clock
from bot.bootstrap.admin import ACTOR, AdminRefused, opened, user_named, workspace_named
from bot.config import Settings
from bot.domain.api_keys import ApiKey, KeyNameRefused, KeyNameTaken, ReachRefused, Scope
from bot.domain.directory import Standing, UserId, WorkspaceId
from bot.domain.refusals import WhichTeam
from bot.services import api_keys, members
from bot.storage.database import Database

_CALL = "first-call"
_BEGIN = f'{{"source": "try", "id": "{_CALL}", "at": "\'$(date -u +%Y-%m-%dT%H:%M:%SZ)\'", '
#: Of a key that is nobody's.
_USER = '"user": "you@example.com", '
_END = '"model": "gpt-4o", "input_tokens": 1200, "output_tokens": 50}'


def create(
    configured: Settings,
    workspace: str | None,
    *,
    name: str,
    scopes: Sequence[str],
    user: str | None,
    team: str | None = None,
    people: Sequence[str] = (),
) -> list[str]:
    """Lines that say what to do with the key, and its text, which is the last."""
    with opened(configured) as database:
        workspace_id = workspace_named(database, workspace)
        user_id = user_named(user) if user else None
        within = [user_named(one) for one in people]
        try:
            reach = api_keys.reach(database, workspace_id, team=team, people=within)
            made = api_keys.create(
                database,
                workspace_id,
                name=name,
                scopes=[Scope(scope) for scope in scopes],
                user_id=user_id,
                reach=reach,
                actor=ACTOR,
                now=system_clock(),
            )
        except (KeyNameRefused, KeyNameTaken, ReachRefused) as refused:
            raise AdminRefused(str(refused)) from None
        except WhichTeam as refused:
            known = ", ".join(refused.teams)
            raise AdminRefused(f"no team here is called {team}; there are {known}") from None
        charged = within if user_id is None else [user_id]
        unseen = [line for one in charged for line in _unseen(database, workspace_id, one)]
        described = _described(made.key, database)
    return [
        f"{described}. Keep what follows: it is shown this once.",
        *unseen,
        *_to_try(made.key, configured.own_url),
        str(made.credential),
    ]


def list_all(configured: Settings, workspace: str | None) -> list[str]:
    """A line for each key."""
    with opened(configured) as database:
        found = api_keys.every(database, workspace_named(database, workspace))
        return [
            f"{_described(key, database)}; created {_when(key.created_at)}, "
            f"last used {_when(key.last_used_at)}"
            + (f", revoked {_when(key.revoked_at)}" if key.revoked_at else "")
            for key in found
        ]


def revoke(configured: Settings, workspace: str | None, named: str) -> str:
    """Revoke it; what was done, as a line."""
    with opened(configured) as database:
        key = api_keys.revoke(
            database,
            workspace_named(database, workspace),
            named=named,
            actor=ACTOR,
            now=system_clock(),
        )
    if key is None:
        raise AdminRefused(
            f"no key in use has the name or id {named}; tokenbot api-key list shows them"
        )
    return f"{key.name} ({key.key_id}) lets nobody in any more"


def _unseen(database: Database, workspace_id: WorkspaceId, user_id: UserId) -> list[str]:
    """A slip in the id would charge somebody who isn't there."""
    if members.member(database, workspace_id, user_id).standing is not Standing.UNSEEN:
        return []
    return [
        f"{user_id} was not seen in Slack yet: is that the id? If not, tokenbot api-key revoke "
        "and make another; what is sent with this one is charged to that id."
    ]


def _described(key: ApiKey, database: Database) -> str:
    whose = f", bound to {key.user_id}" if key.user_id else ""
    if key.reach.people:
        whose = f", for {' '.join(sorted(key.reach.people))} only"
    if key.reach.team_id is not None:
        names = api_keys.team_names(database, key.workspace_id, [key])
        whose = f", for the team {names[key.reach.team_id]} only"
    return f"{key.name} ({key.key_id}): {' '.join(sorted(key.scopes))}{whose}"


def _to_try(key: ApiKey, url: str) -> list[str]:
    """A request that this key may send, and where its effect is seen."""
    bearer = '-H "Authorization: Bearer $TOKENBOT_KEY"'
    begin = "To try it, put the key into the environment (export TOKENBOT_KEY=tbk_…)"
    if Scope.USAGE_WRITE in key.scopes:
        content = "-H 'Content-Type: application/json'"
        event = _BEGIN + ("" if key.user_id else _USER) + _END
        whose = "" if key.user_id else ", your own e-mail into this"
        return [
            f"{begin}{whose}, and send it:",
            f"curl {url}/v1/usage {bearer} {content} -d '{event}'",
            f"What it cost, in Slack: /tokens usage call {_CALL}",
        ]
    if Scope.READ in key.scopes:
        return [f"{begin}, and ask:", f"curl {url}/v1/usage {bearer}"]
    return []


def _when(moment: datetime | None) -> str:
    return clock.shown(moment) if moment else "never"

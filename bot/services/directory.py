"""The directory of people, filled from Slack in the background and by its events."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bot.domain.directory import FACTS_AGE_MAX, Member, Person, UserId, WorkspaceId
from bot.domain.home import WATCHED_FOR
from bot.domain.notices import HomeStale
from bot.services import arrivals, departures
from bot.storage import directory, events, homes, outbox, workspaces
from bot.storage.database import Database, Transaction

#: People looked up one by one in one go; Slack allows some 100 look-ups a minute.
LOOKUPS_MAX = 50
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def open_workspace(database: Database, workspace_id: WorkspaceId, now: datetime) -> None:
    """Make room for a workspace: its treasury, sinks and team *Everyone*; once."""
    with database.writing() as tx:
        workspaces.add(tx, workspace_id, now)


def describe_workspace(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    name: str,
    url: str,
    bot_user_id: str,
    now: datetime,
) -> None:
    """Write what Slack says of the workspace, making room for it first.

    Slack answers for it, so a workspace that had let go of the bot has taken it back.
    """
    with database.writing() as tx:
        workspaces.add(tx, workspace_id, now)
        workspaces.describe(tx, workspace_id, name=name, url=url, bot_user_id=bot_user_id)
        departures.end(tx, workspace_id, now)


def know_app(database: Database, workspace_id: WorkspaceId, app_id: str) -> None:
    """Write down the app's own id, unless that was done."""
    with database.reading() as tx:
        if workspaces.app_id(tx, workspace_id) == app_id:
            return
    with database.writing() as tx:
        workspaces.put_app_id(tx, workspace_id, app_id)


def workspace_ids(database: Database) -> list[WorkspaceId]:
    """All workspaces served so far."""
    with database.reading() as tx:
        return workspaces.every(tx)


def want(database: Database, workspace_id: WorkspaceId, user_ids: Iterable[UserId]) -> None:
    """Have people looked up in Slack soon."""
    with database.writing() as tx:
        directory.want(tx, workspace_id, user_ids)


def unseen(database: Database, workspace_id: WorkspaceId) -> list[UserId]:
    """Those who are asked for and were never looked up."""
    with database.reading() as tx:
        return directory.wanted(tx, workspace_id, older_than=_NEVER, limit=LOOKUPS_MAX)


def due(database: Database, workspace_id: WorkspaceId, now: datetime) -> list[UserId]:
    """Whom to look up now: the unknown first, then those whose facts are a day old."""
    with database.reading() as tx:
        older_than = now - FACTS_AGE_MAX
        return directory.wanted(tx, workspace_id, older_than=older_than, limit=LOOKUPS_MAX)


def is_list_due(database: Database, workspace_id: WorkspaceId, now: datetime) -> bool:
    """Whether the whole list of people should be read again."""
    with database.reading() as tx:
        at = workspaces.directory_read_at(tx, workspace_id)
    return at is None or now - at > FACTS_AGE_MAX


def mark_list_read(database: Database, workspace_id: WorkspaceId, now: datetime) -> None:
    """All pages of the list have been learnt."""
    with database.writing() as tx:
        workspaces.mark_directory_read(tx, workspace_id, now)


def learn(
    database: Database, workspace_id: WorkspaceId, people: Sequence[Person], now: datetime
) -> None:
    """Write what Slack says of these people."""
    with database.writing() as tx:
        _learn(tx, workspace_id, people, now)


def mark_missing(
    database: Database, workspace_id: WorkspaceId, user_id: UserId, now: datetime
) -> None:
    """Slack says that there is no such person."""
    with database.writing() as tx:
        directory.mark_missing(tx, workspace_id, user_id, now)


def person_changed(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    person: Person,
    event_id: str,
    now: datetime,
) -> None:
    """An event told of a person who joined or changed; each event has its effect once."""
    with database.writing() as tx:
        if events.is_first_time(tx, workspace_id, event_id, now):
            _learn(tx, workspace_id, [person], now)


def home_opened(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    user_id: UserId,
    event_id: str,
    now: datetime,
    is_bare: bool = False,
) -> None:
    """Somebody looks at their Home tab: it is to be published, and kept fresh for a while.

    `is_bare` where Slack has no view of it, whatever we think it has.
    """
    with database.writing() as tx:
        if events.is_first_time(tx, workspace_id, event_id, now):
            directory.want(tx, workspace_id, [user_id])
            until = now + WATCHED_FOR
            homes.watch(tx, workspace_id, user_id, until=until, is_bare=is_bare, now=now)
            outbox.add(tx, workspace_id, HomeStale(recipient=user_id), now)
            arrivals.meet(tx, workspace_id, user_id, now)


def names(
    database: Database, workspace_id: WorkspaceId, user_ids: Sequence[UserId]
) -> dict[UserId, Member]:
    """These people as the directory knows them."""
    with database.reading() as tx:
        return directory.members(tx, workspace_id, user_ids)


def _learn(
    tx: Transaction, workspace_id: WorkspaceId, people: Sequence[Person], now: datetime
) -> None:
    directory.learn(tx, workspace_id, people, now)
    arrivals.learnt(tx, workspace_id, [person.user_id for person in people], now)

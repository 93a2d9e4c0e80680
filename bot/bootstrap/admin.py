"""What the command line does to a database without serving it; plain lines to print."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from bot.bootstrap import departed, is_sqlite, open_database, system_clock, tick_once
from bot.config import Settings
from bot.domain.directory import Role, Standing, UserId, WorkspaceId
from bot.domain.refusals import Refusal
from bot.services import approvers, books, directory, members, outbox, settings
from bot.services.settings import SETTINGS, SettingRefused
from bot.storage import opening
from bot.storage.database import Database, DatabaseFault

__all__ = ["AdminRefused", "DatabaseFault"]

#: Who did what was done here, in entries and the audit table.
ACTOR = "command line"
_LISTED_MAX = 200
_AHEAD = "That time is still to come: no calls are deleted ahead of it"


class AdminRefused(Exception):
    """A command that can't be done; the message says why and what to do."""


@contextmanager
def opened(configured: Settings) -> Iterator[Database]:
    """The database for the length of a command. Raises `AdminRefused` where there is none."""
    file = opening.sqlite_file(configured.database_url)
    if file is not None and not file.exists():  # a typo must not prove or tick a new, empty one
        raise AdminRefused(f"There is no database at {file.absolute()}; tokenbot migrate makes one")
    database = open_database(configured, migrates=is_sqlite(configured))
    try:
        yield database
    finally:
        database.close()


def migrate(configured: Settings) -> None:
    """Bring the schema up to date."""
    opening.migrate(configured.database_url)


def tick(configured: Settings, at: datetime) -> str:
    """Do and deliver all that is due as of then; a line for each thing that is left."""
    lines = [_AHEAD] if at > system_clock() else []
    with opened(configured) as database:
        left = tick_once(configured, database, at)
    if left:
        lines.append(
            f"{left} {'notice still waits' if left == 1 else 'notices still wait'}: tokenbot "
            "serve, tokenbot worker or the next tick tries again (tokenbot outbox shows why)"
        )
    return "\n".join(lines)


def check(configured: Settings) -> list[str]:
    """A line for each thing in the books that doesn't add up."""
    with opened(configured) as database:
        return [str(found) for found in books.check(database)]


def away(configured: Settings) -> list[str]:
    """A line for each workspace that let go of the app; no fault of the books."""
    with opened(configured) as database:
        return departed.lines(database)


def add_approver(configured: Settings, workspace: str | None, user: str, role: str) -> str:
    """Give a role; what was done, as a line."""
    with opened(configured) as database:
        user_id, workspace_id = user_named(user), workspace_named(database, workspace)
        try:
            is_new = approvers.add(
                database,
                workspace_id,
                user_id=user_id,
                role=Role(role),
                actor=ACTOR,
                now=system_clock(),
            )
        except Refusal as refusal:
            raise AdminRefused(
                f"{user} can't be {role}: {type(refusal).__name__} (as Slack describes them)"
            ) from None
        unseen = members.member(database, workspace_id, user_id).standing is Standing.UNSEEN
    done = f"{user_id} is {role} now" if is_new else f"{user_id} was {role} already"
    return f"{done} (not seen in Slack yet: it counts once they are)" if unseen else done


def remove_approver(configured: Settings, workspace: str | None, user: str, role: str) -> str:
    """Take a role back; what was done, as a line."""
    with opened(configured) as database:
        user_id, workspace_id = user_named(user), workspace_named(database, workspace)
        had = approvers.remove(
            database,
            workspace_id,
            user_id=user_id,
            role=Role(role),
            actor=ACTOR,
            now=system_clock(),
        )
    return f"{user_id} is no longer {role}" if had else f"{user_id} was not {role}"


def list_approvers(configured: Settings, workspace: str | None) -> list[str]:
    """A line for each approver."""
    with opened(configured) as database:
        found = approvers.approvers(database, workspace_named(database, workspace))
    return [
        f"{member.user_id}  {'admin' if member.is_admin else 'manager':8} {member.name}"
        for member in found
    ]


def list_outbox(configured: Settings) -> list[str]:
    """A line for each notice that waits or could not be delivered."""
    with opened(configured) as database:
        rows = outbox.listed(database, states=["waiting", "dead", "stale"], limit=_LISTED_MAX)
        counts = outbox.counts(database)
        left = departed.lines(database)
    total = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return [
        f"{row.state:8} {row.created_at:%Y-%m-%d %H:%M}  {row.kind:20} "
        f"to {_addressee(row.queue):16} tried {row.attempts}×  {row.error}"
        for row in rows
    ] + [*left, total or "The outbox is empty."]


def retry_outbox(configured: Settings) -> str:
    """Let dead and stale notices be tried again."""
    with opened(configured) as database:
        revived = outbox.retry(database, system_clock())
    return f"{revived} {'notice waits' if revived == 1 else 'notices wait'} again"


def list_settings(configured: Settings, workspace: str | None) -> list[str]:
    """A line for each setting."""
    with opened(configured) as database:
        found = settings.every(database, workspace_named(database, workspace))
    return [f"{name} = {value}   {SETTINGS[name].meaning}" for name, value in found.items()]


def put_setting(configured: Settings, workspace: str | None, name: str, value: str) -> str:
    """Change a setting."""
    with opened(configured) as database:
        workspace_id = workspace_named(database, workspace)
        try:
            settings.put(
                database, workspace_id, name=name, value=value, actor=ACTOR, now=system_clock()
            )
        except SettingRefused as refused:
            raise AdminRefused(str(refused)) from None
    return f"{name} = {value}"


def at(text: str | None) -> datetime:
    """A time with its zone. Raises `AdminRefused`."""
    if text is None:
        return system_clock()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise AdminRefused(f"{text} is no time; write 2026-03-29T02:30:00+01:00") from None
    if moment.tzinfo is None:
        raise AdminRefused(f"{text} has no zone; write {moment.isoformat()}+00:00")
    return moment


def workspace_named(database: Database, named: str | None) -> WorkspaceId:
    """The workspace that was named, or the only one there is. Raises `AdminRefused`."""
    known = directory.workspace_ids(database)
    if named in known:
        return WorkspaceId(named)
    if named is not None and known:
        raise AdminRefused(f"{named} is no workspace here; there is {', '.join(known)}")
    if named is not None:
        directory.open_workspace(database, WorkspaceId(named), system_clock())
        return WorkspaceId(named)
    if len(known) == 1:
        return known[0]
    if not known:
        raise AdminRefused(
            "No workspace is known yet: start tokenbot serve once, or name it with --workspace T…"
        )
    raise AdminRefused(f"There are {len(known)} workspaces ({', '.join(known)}): use --workspace")


def user_named(text: str) -> UserId:
    """A Slack user id as people write it."""
    user_id = text.strip().lstrip("<@").rstrip(">").partition("|")[0].upper()
    if not (user_id.startswith(("U", "W")) and user_id.isalnum() and user_id.isascii()):
        raise AdminRefused(
            f"{text} is no Slack user id; it looks like U024BE7LH "
            "(in Slack: the person's profile, ⋮, Copy member ID)"
        )
    return UserId(user_id)


def _addressee(queue: str) -> str:
    """Whom a notice is for; a response URL is a secret while it is valid."""
    return "a click" if queue.startswith("reply:") else queue

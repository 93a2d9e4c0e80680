"""Who is who in the sources, from the command line; plain lines to print."""

import csv
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.bootstrap import system_clock
from bot.bootstrap.admin import ACTOR, AdminRefused, opened, workspace_named
from bot.config import Settings
from bot.domain.directory import WorkspaceId
from bot.domain.identities import Identity, Moved
from bot.domain.ledger import UNATTRIBUTED
from bot.domain.refusals import IdentityFree, IdentityTaken
from bot.services import attributions, identity_imports
from bot.services import identities as seen
from bot.services.identity_imports import LINES_MAX, Line
from bot.storage.database import Database

_COLUMNS = ("source", "name")
_WHO = ("user", "team")


def list_identities(configured: Settings, workspace: str | None, *, waiting: bool) -> list[str]:
    """A line for each name: its source, the name, whose it is, and what waits."""
    with opened(configured) as database:
        workspace_id = workspace_named(database, workspace)
        if not waiting:
            return [
                f"{one.source:16} {one.name:40} {_whose(one)}"
                for one in seen.every(database, workspace_id)
            ]
        return [
            f"{one.identity.source:16} {one.identity.name:40} {one.tokens:,} tokens in "
            f"{one.calls:,} calls, last {one.last_at:%Y-%m-%d}"
            if one.last_at
            else f"{one.identity.source:16} {one.identity.name:40} nothing to charge yet"
            for one in seen.all_waiting(database, workspace_id)
        ]


def link(
    configured: Settings,
    workspace: str | None,
    *,
    source: str,
    name: str,
    user: str,
    team: str,
) -> str:
    """Link one name; what was done, as a line."""
    line = Line(number=1, source=source, name=name, user=user, team=team)
    with opened(configured) as database:
        workspace_id = workspace_named(database, workspace)
        plan = identity_imports.plan(database, workspace_id, [line])
        if plan.problems:
            raise AdminRefused(plan.problems[0].removeprefix("line 1: "))
        moved = _carried_out(database, workspace_id, plan)
    said = f"{_said(moved, 'moved')}{_twice(plan, moved)}"
    return f"{name} of {source} is {plan.wanted[0].account} now; {said}"


def unlink(configured: Settings, workspace: str | None, *, source: str, name: str) -> str:
    """Say that a name is nobody's; what was done, as a line."""
    with opened(configured) as database:
        workspace_id = workspace_named(database, workspace)
        found = seen.exactly(database, workspace_id, source=source, name=name)
        if found is None:
            raise AdminRefused(f"{source} has called nobody {name}; see tokenbot identity list")
        try:
            moved = attributions.unlink(
                database, workspace_id, found.identity_id, actor=ACTOR, now=system_clock()
            )
        except IdentityFree:
            raise AdminRefused(f"{name} of {source} is nobody's already") from None
    return f"{name} of {source} is nobody's now; {_said([moved], 'moved back')}"


def import_file(
    configured: Settings, workspace: str | None, file: Path, *, is_dry_run: bool
) -> str:
    """Link what a CSV file says, if all of it can be; what was done, as a line."""
    lines = list(_lines(file))
    with opened(configured) as database:
        workspace_id = workspace_named(database, workspace)
        plan = identity_imports.plan(database, workspace_id, lines)
        if plan.problems:
            raise AdminRefused(
                "\n".join(
                    [f"{len(plan.problems)} of {len(lines)} lines can't be done, so none was:"]
                    + [f"  {problem}" for problem in plan.problems]
                )
            )
        if is_dry_run:
            return f"{len(plan.wanted)} names can be linked; nothing was changed"
        moved = _carried_out(database, workspace_id, plan)
    return f"{len(plan.wanted)} names linked; {_said(moved, 'moved')}{_twice(plan, moved)}"


def _twice(plan: identity_imports.Plan, moved: Sequence[Moved]) -> str:
    """A line for each name that may be a gateway's own key, with how to take that back."""
    return "".join(
        f"\n{one.name} of {one.source}: most of these calls were charged already, to those who "
        f"made them through {', '.join(its.charged_by)}; if this is the gateway's own key, let it "
        f"be nobody's: tokenbot identity unlink {shlex.join((one.source, one.name))}"
        for one, its in zip(plan.wanted, moved, strict=True)
        if its.charged_by
    )


def _said(moved: Sequence[Moved], what: str) -> str:
    reported = (
        "; the provider's report has usage of it: the true-up charges what is missing, or gives "
        "it back, within the hour"
    )
    tokens = sum(one.tokens for one in moved)
    return f"{tokens:,} tokens {what}{reported if any(one.is_reported for one in moved) else ''}"


def _carried_out(
    database: Database, workspace_id: WorkspaceId, plan: identity_imports.Plan
) -> list[Moved]:
    try:
        return list(
            identity_imports.carry_out(
                database, workspace_id, plan.wanted, actor=ACTOR, now=system_clock()
            )
        )
    except IdentityTaken as taken:
        raise AdminRefused(
            f"{taken.name} of {taken.source} was linked to {taken.account} meanwhile. Lines before "
            "it are done; run the command again to see what is left"
        ) from None


def _lines(file: Path) -> Iterator[Line]:
    """The lines of the file. Raises `AdminRefused` for what is no CSV with these columns."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened_file:
            reader = csv.DictReader(opened_file, strict=True)
            names = [name.strip().lower() for name in reader.fieldnames or ()]
            missing = [name for name in _COLUMNS if name not in names]
            if missing or not any(name in names for name in _WHO):
                raise AdminRefused(
                    f"{file} needs the columns source, name, and user or team in its first line; "
                    f"it has {', '.join(names) or 'none'}"
                )
            reader.fieldnames = names
            for count, row in enumerate(reader, start=1):
                if count > LINES_MAX:
                    raise AdminRefused(f"{file} has more than {LINES_MAX:,} lines; split it")
                yield _line(reader.line_num, row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AdminRefused(f"{file} can't be read: {error}") from None


def _line(number: int, row: dict[str, str | None]) -> Line:
    text = {name: (row.get(name) or "").strip() for name in (*_COLUMNS, *_WHO)}
    return Line(number=number, **text)


def _whose(one: Identity) -> str:
    return "nobody's" if one.account == UNATTRIBUTED else f"{one.account} ({one.matched_by})"

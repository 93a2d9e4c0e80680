"""Who is who in bulk: every line is checked first, and none is linked while one is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain import identities as rules
from bot.domain.directory import Standing, UserId, WorkspaceId
from bot.domain.identities import IdentityId, Moved
from bot.domain.ledger import AccountId, member_account
from bot.domain.refusals import NoPool
from bot.domain.usage_events import SOURCE_MAX, USER_MAX
from bot.services import attributions
from bot.storage import directory, identities, identity_lists, teams
from bot.storage.database import Database, Transaction

#: More would be a mistake: no company has so many people with so many names.
LINES_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a line says: a source's name, and a user (Slack id or e-mail) or a team."""

    number: int
    source: str
    name: str
    user: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A line that can be done."""

    source: str
    name: str
    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the lines come to."""

    wanted: tuple[Wanted, ...]
    #: A sentence for each line that can't be done.
    problems: tuple[str, ...]


class LineWrong(ValueError):
    """What is wrong with a line."""


def plan(database: Database, workspace_id: WorkspaceId, lines: Sequence[Line]) -> Plan:
    """Look at every line; nothing is changed."""
    wanted: list[Wanted] = []
    problems: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    with database.reading() as tx:
        for line in lines:
            try:
                first = seen.setdefault((line.source, line.name), line.number)
                _refuse_again(line, first)
                wanted.append(_wanted(tx, workspace_id, line))
            except LineWrong as wrong:
                problems.append(f"line {line.number}: {wrong}")
    return Plan(wanted=tuple(wanted), problems=tuple(problems))


def carry_out(
    database: Database,
    workspace_id: WorkspaceId,
    wanted: Sequence[Wanted],
    *,
    actor: str,
    now: datetime,
) -> Iterator[Moved]:
    """Link them one after the other; what moved with each.

    A name that no source has sent yet is noted, so that its first event finds its person. Whoever
    is cut off does all again: what is linked already stays as it is.
    """
    for one in wanted:
        identity_id = _noted(database, workspace_id, one, now)
        yield attributions.link(
            database, workspace_id, identity_id, one.account, actor=actor, now=now
        )


def account_of(tx: Transaction, workspace_id: WorkspaceId, *, user: str, team: str) -> AccountId:
    """The account of a user or a team as somebody wrote them. Raises `LineWrong`."""
    if bool(user) == bool(team):
        raise LineWrong("name a user or a team, one of the two")
    if team:
        found = teams.named(tx, workspace_id, team)
        if found is None:
            raise LineWrong(f"there is no team {team}")
        try:
            return attributions.pool_of(found)
        except NoPool:
            raise LineWrong(f"{team} has no pool; name another team") from None
    user_id = UserId(user)
    if not rules.is_slack_id(user):
        by_address = directory.with_email(tx, workspace_id, user)
        if by_address is None:
            raise LineWrong(f"{user} is no Slack id and no e-mail address in the directory")
        user_id = by_address
    standing = directory.member(tx, workspace_id, user_id).standing
    if standing in {Standing.UNSEEN, Standing.MISSING, Standing.BOT}:
        raise LineWrong(f"{user} is nobody in the directory who can hold tokens ({standing})")
    return member_account(user_id)


def _refuse_again(line: Line, first: int) -> None:
    if first != line.number:
        raise LineWrong(f"{line.name} of {line.source} stands in line {first} too")


def _wanted(tx: Transaction, workspace_id: WorkspaceId, line: Line) -> Wanted:
    for what, text, most in (("source", line.source, SOURCE_MAX), ("name", line.name, USER_MAX)):
        if not text:
            raise LineWrong(f"the {what} is missing")
        if len(text) > most or not text.isprintable():
            raise LineWrong(f"the {what} is longer than {most} characters or can't be printed")
    account = account_of(tx, workspace_id, user=line.user, team=line.team)
    known = identity_lists.exactly(tx, workspace_id, source=line.source, name=line.name)
    if known is not None and known.matched_by is not None and known.account != account:
        raise LineWrong(f"{line.name} of {line.source} is {known.account} already; unlink it first")
    return Wanted(source=line.source, name=line.name, account=account)


def _noted(database: Database, workspace_id: WorkspaceId, one: Wanted, now: datetime) -> IdentityId:
    with database.writing() as tx:
        identities.note(tx, workspace_id, source=one.source, name=one.name, now=now)
        found = identity_lists.exactly(tx, workspace_id, source=one.source, name=one.name)
    if found is None:
        raise LookupError(f"{one.name} of {one.source} was noted and is not there")
    return found.identity_id

"""The limits of a person's calls, for themselves and for those who may see their balance."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import permission, roles
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.ledger import member_account
from bot.domain.limit_views import LimitView, UnderWay
from bot.domain.limits import Limit, Measure
from bot.domain.policies import Cap
from bot.domain.roles import Deed
from bot.domain.topups import Refused
from bot.services import dues, holders, limit_news, limits
from bot.services.holders import Holder
from bot.services.limits import Subject
from bot.storage import directory, open_holds, policies, runs, teams
from bot.storage.database import Database, Transaction

#: For so long a refusal is of interest to whoever decides a request.
LATELY = timedelta(days=1)


def view(
    database: Database,
    workspace_id: WorkspaceId,
    *,
    viewer: UserId,
    subject: UserId,
    about: str = "",
    now: datetime,
) -> LimitView:
    """One's own limits, or those of somebody whose balance one may see. Raises `NotAllowed`.

    With the name of a model or project only the caps that concern it are shown.
    """
    account = member_account(subject)
    with database.snapshot() as tx:
        people = directory.members(tx, workspace_id, [viewer, subject])
        who, person = people[viewer], people[subject]
        permission.require(who, Deed.SEE_BALANCE, person)
        holder = holders.of_account(tx, workspace_id, account, now)
        if about:
            holder = _only(holder, about)
        chain, is_begun = _chain(tx, workspace_id, holder, now)
        promises = open_holds.promises(tx, workspace_id, account, now)
        latest = policies.latest_lift(tx, workspace_id, account)
        team = teams.team(tx, workspace_id, holder.team_id)
    return LimitView(
        viewer=who,
        subject=person,
        team=team.name if team else "",
        rules=holder.rules,
        chain=chain,
        under_way=UnderWay(
            calls=len(promises),
            tokens=sum(one.tokens for one in promises),
            held=sum(one.held for one in promises),
        ),
        is_begun=is_begun,
        may_lift=viewer != subject and roles.may(who, Deed.LIFT, person),
        latest_lift=latest.lift_id if latest else "",
        about=about,
        now=now,
    )


def refused_lately(
    tx: Transaction, workspace_id: WorkspaceId, user_id: UserId, now: datetime
) -> Refused | None:
    """What refused a call of somebody, if they were told within a day, and where it stands now."""
    told = runs.last(tx, workspace_id, limit_news.REFUSED_BY, user_id)
    if told is None or now - told[1] > LATELY:
        return None
    account = member_account(user_id)
    holder = holders.of_account(tx, workspace_id, account, now)
    chain, _ = _chain(tx, workspace_id, holder, now)
    by = next((one for one in chain if limit_news.place(one) == told[0]), None)
    if by is None:
        return None  # it holds no longer
    latest = policies.latest_lift(tx, workspace_id, account)
    lift = holder.rules.lift
    return Refused(
        at=told[1],
        by=by,
        lifted_until=lift.until if lift else None,
        lifted_by=lift.by if lift else "",
        latest_lift=latest.lift_id if latest else "",
    )


def _chain(
    tx: Transaction, workspace_id: WorkspaceId, holder: Holder, now: datetime
) -> tuple[tuple[Limit, ...], bool]:
    """All limits with what is due counted, and whether there is an account at all."""
    found = dues.as_of(tx, workspace_id, holder.account, now)
    balance, held = (found.balance, found.held) if found else (0, 0)
    chain = limits.chain(tx, workspace_id, holder, Subject(), balance=balance, held=held, now=now)
    return chain, found is not None


def _only(holder: Holder, about: str) -> Holder:
    """With the caps that concern a model or project of this name."""

    def concerns(cap: Cap) -> bool:
        if cap.measure is Measure.PROJECT:
            return cap.name.casefold() == about.casefold()
        return limits.is_of(cap, about)

    caps = tuple(cap for cap in holder.rules.caps if concerns(cap))
    return replace(holder, rules=replace(holder.rules, caps=caps))

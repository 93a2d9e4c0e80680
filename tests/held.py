"""Holds for tests: short to make, settle and look at."""

from datetime import datetime, timedelta
from itertools import count

from bot.domain.directory import EVERYONE, TeamId, UserId
from bot.domain.holds import TTL
from bot.domain.ledger import IdempotencyKey, member_account
from bot.domain.limits import Measure
from bot.domain.policies import Cap, CapId, CapPeriod, Lifted, Policy
from bot.domain.topups import Dossier, TopUp
from bot.services import holders, holds, lifts, policies, settlements, topups
from bot.services.holders import Holder
from bot.services.holds import Standing, Wish
from bot.services.settlements import Settlement
from bot.services.team_choice import Asked
from tests.company import Company
from tests.metered import used

KEY = "key:gateway"

_numbers = count(1)


def wish(
    user: UserId,
    tokens: int,
    *,
    ttl: timedelta = TTL,
    key: str = "",
    said: str = "",
    model: str = "gpt-4o",
    project: str = "ranking",
) -> Wish:
    """What a gateway asks for before a call of this person."""
    return Wish(
        tokens=tokens,
        ttl=ttl,
        actor=KEY,
        key=key or f"hold-{next(_numbers)}",
        fingerprint=said or f"{user} {tokens}",
        user_label=user,
        model=model,
        project=project,
    )


def hold(
    company: Company,
    user: UserId,
    tokens: int,
    *,
    ttl: timedelta = TTL,
    key: str = "",
    model: str = "gpt-4o",
    project: str = "ranking",
) -> Standing:
    asked = wish(user, tokens, ttl=ttl, key=key, model=model, project=project)
    now = company.later(seconds=1)
    return holds.hold(
        company.database, company.workspace_id, of(company, user, now), asked, now=now
    )


def of(company: Company, user: UserId, now: datetime) -> Holder:
    """Whose call it is, with what limits it."""
    with company.database.reading() as tx:
        return holders.of_account(tx, company.workspace_id, member_account(user), now)


def settle(
    company: Company,
    standing: Standing,
    tokens: int,
    *,
    external_id: str = "",
    is_final: bool = True,
    at: datetime | None = None,
) -> Standing:
    now = company.later(seconds=1)
    wanted = settlement(standing, tokens, at or now, external_id=external_id, is_final=is_final)
    return settlements.settle(company.database, company.workspace_id, wanted, now=now)


def settlement(
    standing: Standing,
    tokens: int,
    at: datetime,
    *,
    external_id: str = "",
    is_final: bool = True,
) -> Settlement:
    """What a hold's call used."""
    hold = standing.hold
    return Settlement(
        hold_id=hold.hold_id,
        account=hold.account,
        event=used("", tokens, at, external_id=external_id or hold.hold_id),
        is_final=is_final,
        actor=KEY,
    )


def void(company: Company, standing: Standing) -> Standing:
    return holds.void(
        company.database,
        company.workspace_id,
        standing.hold.hold_id,
        now=company.later(seconds=1),
    )


def extend(company: Company, standing: Standing, span: timedelta) -> Standing:
    return holds.extend(
        company.database,
        company.workspace_id,
        standing.hold.hold_id,
        span,
        now=company.later(seconds=1),
    )


def get(company: Company, standing: Standing) -> Standing:
    return holds.get(
        company.database, company.workspace_id, standing.hold.hold_id, company.later(seconds=1)
    )


def set_policy(
    company: Company, admin: UserId, policy: Policy | None, team_id: TeamId = EVERYONE
) -> None:
    """An admin gives a team a policy, or takes it away."""
    asked = Asked(actor=admin, team_id=team_id)
    now = company.later(seconds=1)
    policies.put(company.database, company.workspace_id, asked, policy=policy, now=now)


def set_cap(
    company: Company,
    admin: UserId,
    measure: Measure,
    name: str,
    tokens: int,
    *,
    team_id: TeamId = EVERYONE,
    period: CapPeriod = CapPeriod.WEEK,
    fallback_model: str = "",
) -> None:
    """An admin caps models or a project."""
    cap = Cap(
        cap_id=CapId(""),
        team_id=team_id,
        measure=measure,
        name=name,
        tokens=tokens,
        period=period,
        fallback_model=fallback_model,
    )
    asked = Asked(actor=admin, team_id=team_id)
    now = company.later(seconds=1)
    policies.put_cap(company.database, company.workspace_id, asked, cap=cap, now=now)


def lift(
    company: Company,
    actor: UserId,
    subject: UserId,
    hours: float,
    *,
    follows: str | None = None,
    key: IdempotencyKey | None = None,
) -> Lifted:
    """An approver lets nothing refuse somebody's calls; with no hours that ends."""
    plain = f"lift-{next(_numbers)}" if follows is None else f"after:{follows}"
    return lifts.lift(
        company.database,
        company.workspace_id,
        actor=actor,
        subject=subject,
        span=timedelta(hours=hours),
        key=key or IdempotencyKey(plain),
        follows=follows,
        now=company.later(seconds=1),
    )


def dossier(company: Company, topup: TopUp) -> Dossier:
    """What an approver sees of a request."""
    now = company.later(seconds=1)
    return topups.dossier(company.database, company.workspace_id, topup.topup_id, now)

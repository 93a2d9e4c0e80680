"""Usage events for tests: short to write, and a source whose ids nobody has to make up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from bot.domain.counts import Counts
from bot.domain.directory import Person, UserId
from bot.domain.identities import IdentityId
from bot.domain.ledger import AccountId
from bot.domain.usage_events import SourceRole, Taken, UsageEvent
from bot.services import attributions, directory, usage
from tests.company import Company

_numbers = count(1)


def used(
    user: str,
    tokens: int,
    at: datetime,
    *,
    external_id: str = "",
    source: str = "litellm",
    model: str = "gpt-4o",
    provider: str = "openai",
    project: str = "ranking",
    revision: int = 0,
    counts: Counts | None = None,
) -> UsageEvent:
    """A call of so many uncached input tokens."""
    return UsageEvent(
        source=source,
        external_id=external_id or f"call-{next(_numbers)}",
        occurred_at=at,
        user=user,
        model=model,
        provider=provider,
        counts=counts or Counts(input_uncached=tokens),
        project=project,
        revision=revision,
    )


def again(event: UsageEvent, *, tokens: int, revision: int = 0) -> UsageEvent:
    """The same call with other figures."""
    return replace(event, counts=Counts(input_uncached=tokens), revision=revision)


def take(
    company: Company,
    *events: UsageEvent,
    role: SourceRole = SourceRole.GATEWAY,
    owner: UserId | None = None,
    now: datetime | None = None,
) -> Taken:
    """What becomes of the events, sent by somebody's API key now."""
    return usage.take_in(
        company.database,
        company.workspace_id,
        events,
        role=role,
        owner=owner,
        actor="key:test",
        now=now or company.later(seconds=1),
    )


def with_email(company: Company, user: UserId, email: str) -> UserId:
    """Slack says the person's address."""
    directory.learn(
        company.database,
        company.workspace_id,
        [Person(user_id=user, name=str(user), email=email)],
        company.now,
    )
    return user


def errors(taken: Taken) -> Sequence[str]:
    return [one.error for one in taken.rejected]


def put_down_to(company: Company, name: str, account: AccountId | None) -> None:
    """Whom OpenAI's report calls so is this one from now on, or nobody."""
    (known,) = company.rows(
        "SELECT identity_id, account_id FROM identity WHERE workspace_id = :workspace_id"
        " AND source = 'openai' AND name = :name",
        name=name,
    )
    named = (company.database, company.workspace_id, IdentityId(str(known["identity_id"])))
    if known["account_id"] not in {None, account}:
        attributions.unlink(*named, actor="test", now=company.now)
    if account is not None and account != known["account_id"]:
        attributions.link(*named, account, actor="test", now=company.now)

"""Usage as it is looked at, against the events it was made of, on both databases."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest

from bot.domain.allowances import Subject, SubjectKind
from bot.domain.calls import Call
from bot.domain.counts import Counts
from bot.domain.directory import EVERYONE, UserId
from bot.domain.ledger import IdempotencyKey
from bot.domain.notices import UsageAsked
from bot.domain.refusals import CallAmbiguous, CallUnknown, NotAllowed
from bot.domain.usage_events import SourceRole, UsageEvent
from bot.domain.usage_views import PARTS_MAX, Stretch, UsageView
from bot.services import calls, usage, usage_views
from tests.company import Company

MODELS = tuple(f"model-{n}" for n in range(PARTS_MAX + 3))


def of(who: UserId) -> Subject:
    return Subject(SubjectKind.MEMBER, who)


def events(company: Company, *who: UserId, count: int = 300) -> list[UsageEvent]:
    """Calls of the last 65 days, the same ones each time."""
    chance = random.Random(20260302)  # noqa: S311 (a story, no secret)
    return [
        UsageEvent(
            source=chance.choice(("litellm", "app")),
            external_id=f"call-{n:04}",
            occurred_at=company.now - timedelta(minutes=chance.randrange(65 * 24 * 60)),
            user=chance.choice(who),
            model=chance.choice(MODELS),
            provider="",
            counts=Counts(
                input_uncached=chance.randrange(10_000),
                cache_read=chance.randrange(90_000),
                cache_write=chance.randrange(500),
                output=chance.randrange(2_000),
            ),
            cost_nano=chance.choice((None, chance.randrange(10**9))),
            project=chance.choice(("ranking", "search")),
        )
        for n in range(count)
    ]


def take(company: Company, some: list[UsageEvent]) -> None:
    taken = usage.take_in(
        company.database,
        company.workspace_id,
        some,
        role=SourceRole.GATEWAY,
        owner=None,
        actor="key:k1",
        now=company.now,
    )
    assert taken.accepted == len(some)


def seen(company: Company, viewer: UserId, subject: Subject, chosen: Stretch) -> UsageView:
    return usage_views.view(
        company.database,
        company.workspace_id,
        viewer=viewer,
        subject=subject,
        chosen=chosen,
        now=company.now,
    )


@pytest.mark.parametrize("chosen", Stretch)
def test_what_is_shown_adds_up_to_the_events(company: Company, chosen: Stretch) -> None:
    ana, ben = company.member("ana"), company.member("ben")
    every = events(company, ana, ben)
    take(company, every)

    found = seen(company, ana, of(ana), chosen)

    days = found.days
    own = [one for one in every if one.user == ana]
    now = [one for one in own if days.since <= one.occurred_at.date() < days.until]
    before = [one for one in own if days.before <= one.occurred_at.date() < days.before_until]
    models: Counter[str] = Counter()
    by_day: Counter[date] = Counter()
    for one in now:
        models[one.model] += one.counts.total
        by_day[one.occurred_at.date()] += one.counts.total
    assert found.now.tokens == sum(one.counts.total for one in now)
    assert found.now.calls == len(now)
    assert found.now.cache_read == sum(one.counts.cache_read for one in now)
    assert found.now.input == sum(one.counts.input for one in now)
    assert found.before.tokens == sum(one.counts.total for one in before)
    assert [(part.name, part.tokens) for part in found.models] == models.most_common(PARTS_MAX)
    assert found.others(found.models).tokens == sum(models.values()) - sum(
        tokens for _, tokens in models.most_common(PARTS_MAX)
    )
    every_project = [*found.projects, found.others(found.projects)]
    assert sum(part.before for part in every_project) == found.before.tokens
    assert sum(part.tokens for part in every_project) == found.now.tokens
    assert {day: found.by_day.get(day, 0) for day in days.each} == {
        day: by_day[day] for day in days.each
    }


def test_a_teams_usage_is_what_it_paid_and_names_who_is_in_it_now(company: Company) -> None:
    ana, ben = company.member("ana"), company.member("ben")
    mia = company.approver("mia")
    every = events(company, ana, ben, count=80)
    take(company, every)
    team = Subject(SubjectKind.TEAM, EVERYONE)

    found = seen(company, mia, team, Stretch.THIRTY_DAYS)

    assert found.now.tokens == sum(
        one.counts.total for one in every if one.occurred_at.date() >= found.days.since
    )
    assert {part.name for part in found.members} == {ana, ben}
    assert sum(part.tokens for part in found.members) == found.now.tokens


def largest(company: Company, viewer: UserId, subject: Subject) -> tuple[Call, ...]:
    return calls.most(
        company.database,
        company.workspace_id,
        viewer=viewer,
        subject=subject,
        chosen=Stretch.WEEK,
        now=company.now,
    ).calls


def test_what_used_most_are_the_ten_largest_calls_of_those_days(company: Company) -> None:
    ana, ben = company.member("ana"), company.member("ben")
    every = events(company, ana, ben)
    take(company, every)

    found = largest(company, ana, of(ana))

    since = company.now.date() - timedelta(days=6)
    own = [one for one in every if one.user == ana and one.occurred_at.date() >= since]
    own.sort(key=lambda one: -one.counts.total)
    assert [one.external_id for one in found] == [one.external_id for one in own[:10]]
    assert all(one.entry_id and one.charge.tokens == one.counts.total for one in found)


def test_a_teams_calls_are_not_listed(company: Company) -> None:
    leo = company.admin("leo")

    with pytest.raises(NotAllowed):
        largest(company, leo, Subject(SubjectKind.TEAM, EVERYONE))


def test_an_id_is_found_whole_or_by_its_end_in_its_very_letters(company: Company) -> None:
    ana = company.member("ana")
    take(company, events(company, ana, count=20))

    def found(typed: str) -> str:
        view = calls.call(
            company.database,
            company.workspace_id,
            viewer=ana,
            subject=ana,
            typed=typed,
            now=company.now,
        )
        return view.call.external_id

    assert found("call-0007") == found("0007") == "call-0007"
    for typed in ("CALL-0007", "L-0007", "007", "%007", "____"):
        with pytest.raises(CallUnknown):
            found(typed)
    take(company, [replaced(events(company, ana, count=1)[0], "other-call-0007")])
    with pytest.raises(CallAmbiguous):
        found("-0007")
    assert found("call-0007") == "call-0007"


def replaced(event: UsageEvent, external_id: str) -> UsageEvent:
    return UsageEvent(
        source="other",
        external_id=external_id,
        occurred_at=event.occurred_at,
        user=event.user,
        model=event.model,
        provider=event.provider,
        counts=event.counts,
    )


def test_a_chart_is_owed_once_for_a_click(company: Company) -> None:
    ana = company.member("ana")

    for _ in range(2):
        usage_views.send_chart(
            company.database,
            company.workspace_id,
            viewer=ana,
            subject=of(ana),
            chosen=Stretch.WEEK,
            key=IdempotencyKey("usage:1"),
            now=company.now,
        )

    assert company.notices() == [UsageAsked(recipient=ana, subject=f"member:{ana}", stretch="7d")]

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import get_args

import pytest

from bot.domain import notices
from bot.domain.allowances import AllowanceId
from bot.domain.directory import EVERYONE, UserId
from bot.domain.ledger import AccountId, EntryId
from bot.domain.limits import Limit, Measure
from bot.domain.notices import (
    AdminWelcomed,
    AllowanceBegun,
    AllowanceUnfunded,
    ChannelLost,
    DeadReported,
    Digest,
    DigestPlaced,
    DigestPreview,
    EntryReversed,
    GroupLost,
    GroupRead,
    HomeStale,
    IdentitiesWait,
    IdentityClaimed,
    IdentityNews,
    IdentityTold,
    LiftTold,
    LowBalance,
    MessageRef,
    Met,
    Notice,
    OwnDigest,
    PanelStale,
    Priority,
    QueueStale,
    Reply,
    SourcesSilent,
    StandInTold,
    TeamNews,
    TeamTold,
    TokensExpire,
    TokensReceived,
    TopUpAsked,
    TopUpCopyChanged,
    TopUpDecided,
    TopUpReopened,
    UsageAsked,
    WelcomeStale,
    limit_met,
)
from bot.domain.stand_ins import Phase
from bot.domain.topups import Cause, TopUpId

ALICE = UserId("UALICE")
EXAMPLES: Sequence[Notice] = (
    TokensReceived(
        recipient=ALICE,
        giver=UserId("UMIA"),
        tokens=250_000,
        note='"quoted" \\ 🎉 שלום',
        entry_id=EntryId("e1"),
        is_transfer=True,
        is_first=False,
        expiring=(("2026-11-30T00:00:00+00:00", 100_000), ("2026-12-07T00:00:00+00:00", 1)),
    ),
    EntryReversed(
        recipient=ALICE,
        actor=UserId("UMIA"),
        entry_id=EntryId("e1"),
        reversal_id=EntryId("e2"),
        change=-250_000,
        note="wrong person",
    ),
    TopUpAsked(recipient=ALICE, topup_id=TopUpId("t1")),
    TopUpAsked(
        recipient=ALICE,
        topup_id=TopUpId("t1"),
        cause=Cause.ESCALATION,
        asked_before=(UserId("UMIA"), UserId("UBEN")),
    ),
    TopUpCopyChanged(recipient=ALICE, topup_id=TopUpId("t1")),
    TopUpCopyChanged(
        recipient=ALICE, topup_id=TopUpId("t1"), message=MessageRef(channel="D1", ts="1.2")
    ),
    TopUpDecided(recipient=ALICE, topup_id=TopUpId("t1")),
    TopUpReopened(
        recipient=ALICE, topup_id=TopUpId("t1"), message=MessageRef(channel="D1", ts="1.2")
    ),
    QueueStale(recipient=ALICE, view_id="V1", chosen='{"whose":"all"}', drawn=3),
    StandInTold(
        recipient=ALICE,
        absent=UserId("UMIA"),
        phase=Phase.BEGUN,
        starts_at=1_796_083_200,
        ends_at=1_797_292_800,
    ),
    LowBalance(
        recipient=ALICE,
        account=AccountId("member:UALICE"),
        threshold=20,
        period_on="2026-03-01",
    ),
    TokensExpire(recipient=ALICE, day="2026-03-31"),
    AllowanceBegun(
        recipient=ALICE,
        allowance_id=AllowanceId("a1"),
        entry_id=EntryId("e1"),
        tokens=2_000_000,
    ),
    AllowanceUnfunded(
        recipient=ALICE,
        allowance_id=AllowanceId("a1"),
        period_on="2026-11-30",
        needed=2_000_000,
        available=1,
        admins=(UserId("ULEO"),),
    ),
    HomeStale(recipient=ALICE),
    PanelStale(recipient=ALICE, view_id="V1", team_id=EVERYONE),
    DeadReported(recipient=ALICE, reasons={"user_disabled": 2, "is_archived": 1}),
    Reply(
        recipient=ALICE,
        response_url="https://hooks.slack.test/r1",
        message='{"text": "Done."}',
        replaces_original=True,
    ),
    Digest(recipient="C1", team_id=EVERYONE, week_on="2026-03-02", facts='{"team": "שלום"}'),
    DigestPreview(recipient=ALICE, team_id=EVERYONE, facts="{}"),
    DigestPlaced(recipient="C1", actor=ALICE, team_id=EVERYONE),
    OwnDigest(recipient=ALICE, facts="{}"),
    ChannelLost(
        recipient=ALICE, team_id=EVERYONE, channel="C1", why="is_archived", week_on="2026-03-02"
    ),
    *(TeamTold(recipient=ALICE, actor=ALICE, team_id=EVERYONE, news=news) for news in TeamNews),
    GroupRead(recipient=ALICE, team_id=EVERYONE, handle="ml", came=2, went=1, elsewhere=3),
    GroupLost(recipient=ALICE, team_id=EVERYONE, handle="ml", why="no_such_subteam"),
    UsageAsked(recipient=ALICE, subject="team:everyone", stretch="30d"),
    IdentityTold(
        recipient=ALICE, actor="UMIA", source="litellm", name="x", news=IdentityNews.REFUSED
    ),
    IdentityClaimed(recipient=ALICE, claimant=UserId("UBOB"), identity_id="i1"),
    IdentitiesWait(recipient=ALICE),
    SourcesSilent(
        recipient=ALICE,
        sources={"litellm": "2026-03-02T09:30:00.000000+00:00", "שלום": ""},
        is_reminder=True,
    ),
    *(
        limit_met(
            ALICE,
            met,
            Limit(measure=Measure.MODEL, name="gpt-*", period="week", most=9, used=7, grace=1),
            needed=12_000,
            model="gpt-4o",
            now=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        )
        for met in Met
    ),
    LiftTold(recipient=ALICE, actor=UserId("UMIA"), until=1_796_083_200),
    LiftTold(recipient=ALICE, actor=UserId("UMIA"), until=None),
    AdminWelcomed(recipient=ALICE),
    WelcomeStale(recipient=ALICE),
)


@pytest.mark.parametrize("notice", EXAMPLES, ids=notices.kind_of)
def test_a_notice_comes_back_from_the_outbox_as_it_went_in(notice: Notice) -> None:
    assert notices.load(notices.kind_of(notice), notices.dump(notice)) == notice


def test_a_notice_that_an_earlier_version_wrote_is_read() -> None:
    written = '{"recipient":"UALICE","topup_id":"t1"}'

    assert notices.load("topup_asked", written) == TopUpAsked(
        recipient=ALICE, topup_id=TopUpId("t1")
    )


def test_every_kind_of_notice_is_stored_and_has_an_example_here() -> None:
    kinds = set(get_args(Notice))

    assert set(notices.KINDS.values()) == kinds
    assert {type(example) for example in EXAMPLES} == kinds


def test_notices_hold_facts_and_somebody_to_tell() -> None:
    assert all("recipient" in {f.name for f in fields(kind)} for kind in notices.KINDS.values())


def test_messages_to_a_person_keep_their_order_and_nothing_else_waits_for_them() -> None:
    queues = {notices.kind_of(example): notices.queue(example) for example in EXAMPLES}

    assert queues.pop("home_stale") == "home:UALICE"
    assert queues.pop("panel_stale") == queues.pop("queue_stale") == "panel:V1"
    assert queues.pop("reply") == "reply:https://hooks.slack.test/r1"
    assert queues.pop("digest") == queues.pop("digest_placed") == "C1"  # a channel's own
    assert set(queues.values()) == {"UALICE"}


def test_somebody_who_waits_comes_first_then_decisions_then_alerts() -> None:
    by_priority: dict[Priority, set[str]] = {}
    for example in EXAMPLES:
        by_priority.setdefault(notices.priority(example), set()).add(notices.kind_of(example))

    assert by_priority[Priority.AT_ONCE] == {
        "reply",
        "home_stale",
        "panel_stale",
        "queue_stale",
        "usage_asked",
    }
    assert by_priority[Priority.ALERT] == {
        "dead_reported",
        "allowance_begun",
        "allowance_unfunded",
        "low_balance",
        "tokens_expire",
        "channel_lost",
        "team_told",
        "group_read",
        "group_lost",
        "identity_told",
        "limit_met",
        "identities_wait",
        "sources_silent",
    }
    assert by_priority[Priority.DIGEST] == {"digest", "own_digest"}
    assert "topup_asked" in by_priority[Priority.DECISION]
    assert list(Priority) == sorted(Priority)

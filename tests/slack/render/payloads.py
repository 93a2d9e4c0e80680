"""Every message and view by name: plain ones to read, hostile ones to fear."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from bot.domain import alerts
from bot.domain.balances import Balance
from bot.domain.ledger import TREASURY, EntryKind, Posting, member_account, swapped
from bot.domain.notices import DeadReported, EntryReversed, StandInTold, TokensReceived
from bot.domain.pace import Pace
from bot.domain.refusals import Overdraft, ReversalOverdraws
from bot.domain.stand_ins import Absence, Phase, StandIn
from bot.domain.teams import NAME_MAX
from bot.domain.topups import Asked, Cause, Copy, Dossier, TopUpState
from bot.slack.render import messages, views
from bot.slack.render.views import (
    AllowanceFormDraft,
    AwayDraft,
    GrantDraft,
    RequestDraft,
    TransferDraft,
)
from tests.slack.render import (
    allowance_facts,
    allowance_payloads,
    arrival_payloads,
    bulk_payloads,
    digests,
    estimate_payloads,
    facts,
    home_payloads,
    identity_payloads,
    limit_payloads,
    policy_payloads,
    settings_payloads,
    team_payloads,
    usage_payloads,
)
from tests.slack.render.facts import (
    ADA,
    ANA,
    BEN,
    CROWD,
    ENTRY,
    EVERY_KIND,
    FAY,
    HOSTILE,
    HOSTILE_LINES,
    HOSTILE_TOPUP,
    HUGE,
    LATER,
    MIA,
    OTHER_ENTRY,
    POOL,
    TOPUP,
    decided,
    dossier,
    grant,
    page,
    receipt,
    sent,
)

Render = Callable[[], dict[str, Any]]


def _balances() -> dict[str, Render]:
    def of(found: Balance) -> Render:
        return partial(messages.balance, found)

    return {
        "balance_own": of(facts.balance(750_000)),
        "balance_held": of(facts.balance(1_000_000, held=250_000)),
        "balance_negative": of(facts.balance(-HUGE, held=1)),
        "balance_with_allowance": of(facts.with_allowance(facts.balance(2_300_000, held=5))),
        "balance_empty_with_allowance": of(facts.with_allowance(facts.balance(0), ())),
        "balance_with_use": of(facts.with_use(facts.balance(2_300_000))),
        "balance_with_use_all_gone": of(facts.with_use(facts.balance(-5))),
        "balance_with_first_use": of(facts.with_use(facts.balance(2_300_000), pace=None)),
        "balance_unused_lately": of(
            facts.with_use(facts.balance(2_300_000), pace=Pace(tokens=0, days=14))
        ),
        "balance_empty": of(facts.balance(0)),
        "balance_of_other_for_manager": of(facts.balance(1, viewer=MIA, subject=ANA)),
        "balance_of_other_for_finance": of(facts.balance(750_000, viewer=FAY, subject=ANA)),
        "balance_of_other_empty": of(facts.balance(0, viewer=MIA, subject=ANA)),
    }


def _receipts() -> dict[str, Render]:
    transfer = partial(receipt, kind=EntryKind.TRANSFER, actor=ANA.user_id)
    crowd = grant(*CROWD, tokens=HUGE)
    received = partial(
        TokensReceived, recipient=BEN.user_id, giver=ANA.user_id, entry_id=ENTRY, is_transfer=True
    )
    return {
        "transfer_receipt": lambda: messages.transfer_receipt(transfer(sent())),
        "transfer_receipt_again": lambda: messages.transfer_receipt(
            transfer(sent(HUGE), note=HOSTILE, is_new=False, available=0)
        ),
        "grant_receipt": lambda: messages.grant_receipt(receipt(*grant(ANA.user_id))),
        "grant_receipt_crowd": lambda: messages.grant_receipt(receipt(*crowd, note=HOSTILE)),
        "grant_receipt_self": lambda: messages.grant_receipt(
            receipt(*grant(MIA.user_id, tokens=1), note="", is_self_approved=True)
        ),
        "transfer_receipt_expiring": lambda: messages.transfer_receipt(
            replace(
                transfer(sent(500_000)), expiring={member_account(BEN.user_id): facts.EXPIRING[:1]}
            )
        ),
        "tokens_received_expiring": lambda: messages.tokens_received(
            received(
                tokens=300_001,
                note="the demo",
                is_first=False,
                expiring=(("2026-03-08T23:00:00+00:00", 300_000),),
            )
        ),
        "tokens_received_transfer": lambda: messages.tokens_received(
            received(tokens=HUGE, note=HOSTILE, is_first=False)
        ),
        "dead_reported_one": lambda: messages.dead_reported(
            DeadReported(recipient=MIA.user_id, reasons={"user_disabled": 1})
        ),
        "dead_reported_many_hostile": lambda: messages.dead_reported(
            DeadReported(
                recipient=MIA.user_id,
                reasons={"user_disabled": 30, "<!channel>": 5} | {f"why_{n}": 1 for n in range(9)},
            )
        ),
        "tokens_received_first_grant": lambda: messages.tokens_received(
            TokensReceived(
                recipient=ANA.user_id,
                giver=MIA.user_id,
                tokens=1_000_000,
                note="for the demo",
                entry_id=ENTRY,
                is_transfer=False,
                is_first=True,
            )
        ),
    }


def _reversals() -> dict[str, Render]:
    back = partial(receipt, kind=EntryKind.REVERSAL)
    told = partial(EntryReversed, recipient=ANA.user_id, actor=MIA.user_id, entry_id=ENTRY)
    crowd = tuple(Overdraft(user_id, -HUGE) for user_id in CROWD)
    everyone = swapped(grant(*CROWD, tokens=HUGE))
    return {
        "reversal_receipt": lambda: messages.reversal_receipt(
            back(*swapped([sent()]), note="wrong Ben", available=-250_000)
        ),
        "reversal_receipt_crowd": lambda: messages.reversal_receipt(
            back(*everyone, note=HOSTILE, available=-HUGE, is_new=False)
        ),
        "reversal_receipt_pool": lambda: messages.reversal_receipt(
            back(Posting(member_account(ANA.user_id), TREASURY, 1), note="")
        ),
        "reversal_receipt_of_pool": lambda: messages.reversal_receipt(
            replace(back(Posting(POOL, TREASURY, 50_000), note="too much"), teams={POOL: "search"})
        ),
        "undone_into_pool": lambda: messages.undone(
            replace(
                back(Posting(member_account(ANA.user_id), POOL, HUGE), note="undone"),
                teams={POOL: HOSTILE[:NAME_MAX]},
            )
        ),
        "undone_transfer": lambda: messages.undone(
            back(*swapped([sent()]), actor=ANA.user_id, note="undone")
        ),
        "undone_grant": lambda: messages.undone(back(*everyone, note="undone")),
        "undone_self": lambda: messages.undone(back(*swapped(grant(MIA.user_id)), note="undone")),
        "reversal_confirmation": lambda: messages.reversal_confirmation(
            ReversalOverdraws(ENTRY, "wrong Ben", (Overdraft(BEN.user_id, -250_000),))
        ),
        "reversal_confirmation_crowd": lambda: messages.reversal_confirmation(
            ReversalOverdraws(ENTRY, ('"\\' * 250), crowd)
        ),
        "entry_reversed_taken": lambda: messages.entry_reversed(
            told(reversal_id=OTHER_ENTRY, change=-HUGE, note=HOSTILE)
        ),
        "entry_reversed_returned": lambda: messages.entry_reversed(
            told(reversal_id=OTHER_ENTRY, change=250_000, note="")
        ),
    }


def _histories() -> dict[str, Render]:
    return {
        "history_hostile": lambda: messages.history(page(*HOSTILE_LINES, older=ENTRY)),
        "history_every_kind": lambda: messages.history(
            page(*EVERY_KIND, viewer=MIA, older=ENTRY, is_newest=False)
        ),
        "history_empty": lambda: messages.history(page()),
        "history_of_other_empty": lambda: messages.history(page(viewer=MIA)),
        "history_end": lambda: messages.history(page(is_newest=False)),
    }


def _topups() -> dict[str, Render]:
    three = [HOSTILE_TOPUP, TOPUP, TOPUP]
    closed = decided(TopUpState.WITHDRAWN, by=ANA.user_id)
    return {
        "asked": lambda: messages.asked(
            Asked(topup=HOSTILE_TOPUP, approvers=(MIA.user_id, ADA.user_id))
        ),
        "asked_of_one": lambda: messages.asked(Asked(topup=TOPUP, approvers=(MIA.user_id,))),
        "asked_of_oneself": lambda: messages.asked(Asked(topup=TOPUP, approvers=(ANA.user_id,))),
        "asked_again_closed": lambda: messages.asked(Asked(topup=closed, approvers=(MIA.user_id,))),
        "open_requests_none": lambda: messages.open_requests([]),
        "open_requests_three": lambda: messages.open_requests(three),
        "withdrawn": lambda: messages.withdrawn(closed),
        "topup_request_open": lambda: messages.topup_request(dossier(TOPUP)),
        "topup_request_hostile": lambda: messages.topup_request(
            dossier(HOSTILE_TOPUP, available=-HUGE)
        ),
        **_closed_copies(),
        **_decisions(),
    }


def _closed_copies() -> dict[str, Render]:
    def copy(state: TopUpState, **facts_of_it: Any) -> Render:
        return lambda: messages.topup_request(dossier(decided(state, **facts_of_it)))

    return {
        "topup_request_approved": copy(TopUpState.APPROVED, tokens=300_000, note="try this first"),
        "topup_request_approved_own": copy(TopUpState.APPROVED, tokens=1, by=ANA.user_id),
        "topup_request_denied": copy(TopUpState.DENIED, note=HOSTILE, topup=HOSTILE_TOPUP),
        "topup_request_withdrawn": copy(TopUpState.WITHDRAWN, by=ANA.user_id),
        "topup_request_expired": copy(TopUpState.EXPIRED, by=None),
    }


def _decisions() -> dict[str, Render]:
    def told(state: TopUpState, **facts_of_it: Any) -> Render:
        available = 20_000 + (facts_of_it.get("tokens") or 0)
        return lambda: messages.topup_decided(
            dossier(decided(state, **facts_of_it), available=available)
        )

    return {
        "topup_decided_approved": told(TopUpState.APPROVED, tokens=500_000),
        "topup_decided_approved_less": told(
            TopUpState.APPROVED, tokens=300_000, note="try this first"
        ),
        "topup_decided_denied": told(TopUpState.DENIED, note=HOSTILE, topup=HOSTILE_TOPUP),
        "topup_decided_denied_without_reason": told(TopUpState.DENIED),
        "topup_decided_expired": told(TopUpState.EXPIRED, by=None, topup=HOSTILE_TOPUP),
        "topup_decided_withdrawn": told(TopUpState.WITHDRAWN, by=ANA.user_id),
    }


def _copies() -> dict[str, Render]:
    away = Absence(absent=MIA, stand_in=BEN, ends_at=facts.NOW + timedelta(days=12))
    hostile = dossier(HOSTILE_TOPUP, available=-HUGE)
    managers = (MIA.user_id, BEN.user_id)
    closed = dossier(decided(TopUpState.DENIED, note=HOSTILE, topup=HOSTILE_TOPUP))

    def copy(of: Dossier = hostile, **why: Any) -> Render:
        return lambda: messages.copy(Copy(dossier=of, now=LATER, **why))

    return {
        "copy_of_stand_in": copy(absences=(away,)),
        "copy_reminder": copy(cause=Cause.REMINDER),
        "copy_reminder_of_stand_in": copy(dossier(TOPUP), cause=Cause.REMINDER, absences=(away,)),
        "copy_escalation": copy(cause=Cause.ESCALATION, asked_before=managers),
        "copy_escalation_of_orphan": copy(dossier(TOPUP), cause=Cause.ESCALATION),
        "copy_pool_short": copy(dossier(TOPUP), cause=Cause.POOL_SHORT, asked_before=managers[:1]),
        "copy_passed_on": copy(dossier(TOPUP), cause=Cause.PASSED_ON, absences=(away,)),
        "copy_closed": copy(closed, cause=Cause.ESCALATION, asked_before=managers),
        "asked_again": lambda: messages.asked_again(hostile),
        "asked_again_decided": lambda: messages.asked_again(closed),
    }


def _stand_ins() -> dict[str, Render]:
    ends_at = facts.NOW + timedelta(days=12)
    named = StandIn(absent=MIA.user_id, stand_in=BEN.user_id, starts_at=facts.NOW, ends_at=ends_at)
    later = replace(
        named, stand_in=ANA.user_id, starts_at=ends_at, ends_at=ends_at + timedelta(days=3)
    )
    told = partial(
        StandInTold,
        recipient=BEN.user_id,
        absent=MIA.user_id,
        starts_at=int(facts.NOW.timestamp()),
        ends_at=int(ends_at.timestamp()),
    )
    return {
        "away": lambda: messages.away([named]),
        "away_twice": lambda: messages.away([named, later]),
        "back": lambda: messages.back([named]),
        "back_from_two": lambda: messages.back([named, later, named]),
        "back_from_nothing": lambda: messages.back([]),
        "stand_in_named": lambda: messages.stand_in_told(told(phase=Phase.NAMED)),
        "stand_in_begun": lambda: messages.stand_in_told(told(phase=Phase.BEGUN)),
        "stand_in_ended": lambda: messages.stand_in_told(told(phase=Phase.ENDED)),
    }


def _alerts() -> dict[str, Render]:
    def low(threshold: int = 20, **of_the_funds: Any) -> Render:
        return lambda: messages.low_balance(facts.warned(threshold, **of_the_funds))

    def used(*days: int, **of_the_funds: Any) -> Render:
        return lambda: messages.usage(facts.usage(*days, **of_the_funds))

    choice = facts.alert_choice
    pool: dict[str, Any] = {"account": POOL, "pace": Pace(tokens=8_400_000, days=14)}
    return {
        "low_balance": low(balance=150_000, gone=850_000),
        "low_balance_beyond": low(balance=150_000, gone=850_000, pace=Pace(tokens=42_000, days=14)),
        "low_balance_since_first_use": low(
            balance=150_000, gone=850_000, pace=Pace(tokens=850_000, days=5)
        ),
        "low_balance_without_allowance": low(balance=150_000, gone=850_000, next_at=None),
        "low_balance_without_pace": low(5, balance=50_000, gone=950_000, pace=None, next_at=None),
        "low_balance_exhausted": low(0, balance=0, gone=1_000_000),
        "low_balance_negative": low(0, balance=-HUGE, gone=0),
        "low_balance_expired": low(0, balance=0, gone=0),
        "low_balance_due": low(0, balance=0, gone=1_000_000, next_at=facts.LATER),
        "low_balance_pace": low(
            alerts.PACE, balance=400_000, gone=600_000, pace=Pace(tokens=560_000, days=14)
        ),
        "low_balance_pace_since_first_use": low(
            alerts.PACE, balance=400_000, gone=600_000, pace=Pace(tokens=200_000, days=5)
        ),
        "low_balance_pool": low(balance=1_500_000, gone=8_500_000, **pool),
        "low_balance_pool_pace": low(alerts.PACE, balance=4_000_000, gone=6_000_000, **pool),
        "low_balance_pool_empty": low(0, balance=0, gone=HUGE, account=POOL, pace=None),
        "low_balance_pool_expired": lambda: messages.low_balance(
            replace(
                facts.warned(0, balance=0, gone=0, account=POOL, next_at=None),
                recipient=ADA.user_id,
                may_fill=True,
            )
        ),
        "tokens_expire": lambda: messages.tokens_expire(facts.EXPIRY),
        "tokens_expire_all": lambda: messages.tokens_expire(
            replace(facts.EXPIRY, available=300_000)
        ),
        "tokens_expire_held": lambda: messages.tokens_expire(
            replace(facts.EXPIRY, available=250_000)
        ),
        "muted": lambda: messages.muted(facts.funds(150_000, 850_000)),
        "muted_pool": lambda: messages.muted(facts.funds(1_500_000, 8_500_000, account=POOL)),
        "muted_too_late": lambda: messages.muted(None),
        "alert_choice": lambda: messages.alert_choice(choice()),
        "alert_choice_none": lambda: messages.alert_choice(
            choice(thresholds="", quiet_from=0, quiet_to=0, has_quiet_weekends=False)
        ),
        "team_alerts": lambda: messages.team_alerts(facts.SEARCH),
        "team_alerts_everyone": lambda: messages.team_alerts(facts.EVERYONE_TEAM),
        "team_alerts_none": lambda: messages.team_alerts(replace(facts.SEARCH, thresholds="")),
        "usage": used(
            *(n * 10_000 for n in range(15)),
            balance=150_000,
            gone=1_050_000,
            pace=Pace(tokens=910_000, days=14),
        ),
        "usage_none": used(*(0 for _ in range(15)), balance=0, gone=0, pace=None),
        "usage_pool": used(*(HUGE for _ in range(15)), balance=1, gone=HUGE, account=POOL),
    }


def _others() -> dict[str, Render]:
    hostile = f"`{HOSTILE}"
    return {
        "help_member": lambda: messages.help(ANA),
        "help_manager": lambda: messages.help(MIA),
        "help_admin": lambda: messages.help(ADA),
        "help_finance": lambda: messages.help(FAY),
        "unknown_command": lambda: messages.unknown_command(ANA.user_id, "balence", "balance"),
        "unknown_command_transfer": lambda: messages.unknown_command(
            ANA.user_id, "give", "transfer", "<@U02BEN> 250k"
        ),
        "unknown_command_usage": lambda: messages.unknown_command(ANA.user_id, "top", "usage"),
        "unknown_command_requests": lambda: messages.unknown_command(
            MIA.user_id, "approve", "requests"
        ),
        "unknown_command_why": lambda: messages.unknown_command(ANA.user_id, "limits", "why"),
        "unknown_command_request": lambda: messages.unknown_command(
            ANA.user_id, hostile, "request", hostile
        ),
        "unknown_command_hostile": lambda: messages.unknown_command(ANA.user_id, hostile, None),
        "say": lambda: messages.say("Kept. Nothing was moved."),
    }


def _views() -> dict[str, Render]:
    long = "9" * 5_000
    denied = partial(views.deny_form, HOSTILE_TOPUP, metadata='{"topup_id":"x"}')
    return {
        "grant_form": lambda: views.grant_form(GrantDraft()),
        "grant_form_hostile": lambda: views.grant_form(
            GrantDraft((*CROWD, ANA.user_id), long, HOSTILE * 9)
        ),
        "transfer_form": lambda: views.transfer_form(TransferDraft(), own=facts.balance(750_000)),
        "transfer_form_expiring": lambda: views.transfer_form(
            TransferDraft(), own=facts.with_allowance(facts.balance(2_300_000))
        ),
        "transfer_form_hostile": lambda: views.transfer_form(
            TransferDraft(BEN.user_id, long, HOSTILE * 9),
            own=facts.balance(-HUGE),
            problem="Who?",
        ),
        "allowance_form": lambda: views.allowance_form(AllowanceFormDraft()),
        "allowance_form_hostile": lambda: views.allowance_form(allowance_facts.HOSTILE_DRAFT),
        "allowance_change_form": lambda: views.change_form(
            allowance_facts.pooled(), metadata='{"allowance_id":"a1"}'
        ),
        "request_form": lambda: views.request_form(RequestDraft()),
        "request_form_hostile": lambda: views.request_form(
            RequestDraft(long, HOSTILE * 9), available=-HUGE
        ),
        "approve_other_form": lambda: views.approve_other_form(TOPUP, metadata="m" * 3_000),
        "deny_form": denied,
        "away_form": lambda: views.away_form(AwayDraft()),
        "away_form_filled": lambda: views.away_form(
            AwayDraft(BEN.user_id, date(2026, 12, 1), date(2026, 12, 14))
        ),
        "alerts_form": lambda: views.alerts_form(facts.alert_choice()),
        "alerts_form_none": lambda: views.alerts_form(
            facts.alert_choice(thresholds="", quiet_from=0, quiet_to=0, has_quiet_weekends=False)
        ),
        "done": lambda: views.done(messages.grant_receipt(receipt(*grant(ANA.user_id)))),
        "problem": lambda: views.problem("Entry `9f3c21ab` was taken back before."),
        "problem_message": lambda: views.problem(messages.open_requests([TOPUP])),
    }


MESSAGES: Mapping[str, Render] = MappingProxyType(
    {
        **_balances(),
        **_receipts(),
        **allowance_payloads.setting(),
        **allowance_payloads.changing(),
        **allowance_payloads.lists(),
        **_reversals(),
        **_histories(),
        **_topups(),
        **_copies(),
        **_stand_ins(),
        **_alerts(),
        **_others(),
        **digests.MESSAGES,
        **team_payloads.team_messages(),
        **bulk_payloads.bulk_messages(),
        **policy_payloads.policy_messages(),
        **settings_payloads.settings_messages(),
        **usage_payloads.usage_messages(),
        **estimate_payloads.estimate_messages(),
        **identity_payloads.identity_messages(),
        **limit_payloads.limit_messages(),
        **arrival_payloads.MESSAGES,
    }
)
MODALS: Mapping[str, Render] = MappingProxyType(
    {
        **_views(),
        **digests.MODALS,
        **team_payloads.team_views(),
        **bulk_payloads.bulk_views(),
        **policy_payloads.policy_views(),
        **identity_payloads.identity_views(),
        **estimate_payloads.estimate_views(),
    }
)
HOMES: Mapping[str, Render] = MappingProxyType(home_payloads.homes())

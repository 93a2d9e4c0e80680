"""Every refusal has words that a busy person understands, and says nothing of our code."""

import re
from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import get_args

import pytest

from bot.domain import amounts
from bot.domain.ledger import AccountId, EntryKind, member_account
from bot.domain.policies import Policy
from bot.domain.refusals import (
    AdvanceFault,
    AdvanceRefused,
    AlertFault,
    AlertsRefused,
    AllowanceEndsTooSoon,
    AllowanceExists,
    AllowanceInPast,
    AllowanceUnknown,
    AlreadyReversed,
    AmountFault,
    AmountRefused,
    AnyRefusal,
    AwayFault,
    AwayRefused,
    BalanceOutOfRange,
    CallAmbiguous,
    CallUnknown,
    CapUnknown,
    DecisionRefused,
    DigestTimeUnclear,
    EntryAmbiguous,
    EntryUnknown,
    EveryoneStays,
    GroupDecides,
    GroupTaken,
    IdentityAmbiguous,
    IdentityFree,
    IdentityTaken,
    IdentityUnknown,
    InAnotherTeam,
    KeyReused,
    LiftFault,
    LiftRefused,
    MemberDeactivated,
    MemberIsBot,
    MemberIsForeign,
    MemberIsGuest,
    MemberMissing,
    MemberUnknown,
    NameFault,
    NoApprover,
    NobodyNamed,
    NoChannelYet,
    NoPool,
    NotAChannel,
    NotAGroup,
    NotAllowed,
    NotAManager,
    NotAPerson,
    NotASchedule,
    NoTeamToAlert,
    NotEnoughTokens,
    NoteTooLong,
    NothingLeft,
    NotInTeam,
    NotReversible,
    Overdraft,
    OwnRequest,
    PeriodUnclear,
    PolicyRefused,
    PolicyUnclear,
    PoolShort,
    ReversalOverdraws,
    SelfGrant,
    SubjectUnknown,
    TeamEnded,
    TeamNameRefused,
    TeamNameTaken,
    TooManyOpen,
    TooManyRecipients,
    ToOneself,
    TopUpClosed,
    TopUpUnknown,
    UndoSpent,
    UndoTooLate,
    VestingRefused,
    WhichTeam,
    ZoneUnknown,
)
from bot.domain.refusals.topups import DecisionFault
from bot.domain.roles import Deed
from bot.domain.teams import NAME_MAX
from bot.domain.topups import TopUpState
from bot.slack import errors
from bot.slack.ids import Field
from bot.slack.render import messages
from tests.slack.render.facts import (
    ANA,
    BEN,
    CROWD,
    ENTRY,
    HOSTILE,
    HUGE,
    OTHER_ENTRY,
    decided,
)

#: What a policy, a cap and a lift can be refused for.
POLICY_FIELDS = (
    *(one.name for one in fields(Policy) if one.name != "mode"),
    *("tokens", "name", "measure", "cap", "hours"),
)
TYPED = f"`{HOSTILE}" * 3
REFUSALS: Sequence[AnyRefusal] = (
    *(AmountRefused(TYPED, fault, "1.5M") for fault in AmountFault),
    *(AmountRefused("", fault) for fault in AmountFault),
    NoteTooLong(5_000, 500),
    MemberUnknown(BEN.user_id),
    MemberMissing(BEN.user_id),
    MemberDeactivated(BEN.user_id),
    MemberIsBot(BEN.user_id),
    MemberIsGuest(BEN.user_id),
    MemberIsForeign(BEN.user_id),
    NotAPerson(TYPED),
    NotAPerson(""),
    TooManyRecipients(51, 50),
    *(NotAllowed(deed) for deed in Deed),
    *(NotAllowed(deed, BEN.user_id) for deed in Deed),
    ToOneself(),
    SelfGrant(Deed.GRANT),
    SelfGrant(Deed.REVERSE),
    OwnRequest(),
    NotEnoughTokens(ANA.user_id, HUGE, -HUGE),
    BalanceOutOfRange(BEN.user_id, HUGE),
    BalanceOutOfRange(None, HUGE, HOSTILE[:NAME_MAX]),
    KeyReused("command:1.2"),
    EntryUnknown(TYPED),
    EntryUnknown(""),
    EntryAmbiguous(TYPED, (ENTRY, OTHER_ENTRY) * 20),
    *(NotReversible(ENTRY, kind) for kind in EntryKind),
    AlreadyReversed(ENTRY, OTHER_ENTRY),
    ReversalOverdraws(ENTRY, HOSTILE, tuple(Overdraft(one, -HUGE) for one in CROWD)),
    UndoTooLate(ENTRY, 60),
    UndoSpent(ENTRY, BEN.user_id),
    *(TeamNameRefused(TYPED, fault) for fault in NameFault),
    TeamNameTaken(HOSTILE),
    PoolShort(HOSTILE, HUGE, 0),
    PoolShort(HOSTILE, HUGE, HUGE - 1),
    PoolShort(HOSTILE, HUGE, 5, budget_until=date(2026, 4, 1)),
    NoPool(),
    *(AdvanceRefused(fault, HUGE) for fault in AdvanceFault),
    *(PolicyRefused(field, "is in tokens or in percent, not in both") for field in POLICY_FIELDS),
    PolicyUnclear(TYPED, "`hard` or `soft 10%`", "hard"),
    PolicyUnclear("", "`hard` or `soft 10%`"),
    CapUnknown(TYPED, ()),
    CapUnknown(TYPED, (HOSTILE, TYPED, "gpt-4* a week") * 7),
    IdentityUnknown(TYPED),
    IdentityUnknown(TYPED, (HOSTILE, TYPED, "ben-laptop")),
    IdentityAmbiguous(TYPED, ("litellm", HOSTILE)),
    IdentityTaken(TYPED, HOSTILE, member_account(BEN.user_id)),
    IdentityTaken(TYPED, "litellm", AccountId("pool:search"), HOSTILE),
    IdentityFree(TYPED, HOSTILE),
    ZoneUnknown(TYPED),
    ZoneUnknown("", "Europe/Berlin"),
    EveryoneStays(),
    TeamEnded(HOSTILE[:NAME_MAX]),
    NobodyNamed(HOSTILE),
    InAnotherTeam(BEN.user_id, HOSTILE),
    NotInTeam(BEN.user_id, HOSTILE),
    NotAManager(BEN.user_id, HOSTILE),
    GroupDecides(HOSTILE, HOSTILE),
    GroupTaken(HOSTILE, HOSTILE),
    NotAGroup(TYPED),
    NotAGroup(""),
    NothingLeft(ENTRY),
    NotASchedule(TYPED, "`weekly` or `monthly`"),
    NotASchedule("", "`weekly` or `monthly`"),
    AllowanceInPast(date(2026, 3, 1), date(2026, 3, 2)),
    AllowanceEndsTooSoon(date(2026, 3, 2), date(2026, 3, 1)),
    AllowanceExists("a1", date(2026, 3, 9)),
    AllowanceUnknown(TYPED),
    AllowanceUnknown(),
    SubjectUnknown(TYPED),
    SubjectUnknown(TYPED, TYPED),
    VestingRefused(0, 3, 120),
    TopUpUnknown(),
    *(TopUpClosed(decided(state, tokens=300_000, note=HOSTILE)) for state in TopUpState),
    TooManyOpen(3),
    NoApprover(),
    *(DecisionRefused(fault) for fault in DecisionFault),
    *(
        DecisionRefused(fault, decided(state, tokens=HUGE, note=HOSTILE), -HUGE)
        for fault in DecisionFault
        for state in (TopUpState.APPROVED, TopUpState.DENIED)
    ),
    *(AwayRefused(fault, TYPED, 90) for fault in AwayFault),
    *(AwayRefused(fault) for fault in AwayFault),
    *(AlertsRefused(TYPED, fault) for fault in AlertFault),
    *(AlertsRefused("", fault) for fault in AlertFault),
    *(LiftRefused(TYPED, fault) for fault in LiftFault),
    NoTeamToAlert(TYPED),
    NoTeamToAlert(""),
    WhichTeam("", ("Search", HOSTILE)),
    WhichTeam(TYPED, tuple(f"Team {n}" for n in range(200))),
    NotAChannel(),
    NoChannelYet(HOSTILE),
    DigestTimeUnclear(TYPED),
    PeriodUnclear(TYPED, None),
    PeriodUnclear("90d", "30d"),
    CallUnknown(TYPED),
    CallUnknown(TYPED, date(2026, 2, 1)),
    CallAmbiguous(TYPED),
)
CLASSES = re.compile("|".join(kind.__name__ for kind in get_args(AnyRefusal)))


def test_every_refusal_is_tried_here() -> None:
    assert {type(refusal) for refusal in REFUSALS} == set(get_args(AnyRefusal))


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: type(refusal).__name__)
def test_every_refusal_has_words_that_are_safe_and_end(refusal: AnyRefusal) -> None:
    words = errors.words_for(refusal)

    assert 15 <= len(words) <= 400
    assert words.endswith((".", "?"))
    assert words[0].isupper() or words.startswith(("`", "<@", "5"))
    assert re.sub(r"<@U[A-Z0-9]+>|<!date\^\d{10}\^[^<>]*>", "", words).count("<") == 0
    assert words.count("`") % 2 == 0
    assert words.count("*") % 2 == 0 or "bold" in words
    assert not CLASSES.search(words)
    assert "None" not in words
    assert messages.say(words)["blocks"][0]["text"]["text"] == words


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: type(refusal).__name__)
def test_words_under_a_field_have_no_marks(refusal: AnyRefusal) -> None:
    words = errors.plain_words_for(refusal)

    assert words[0].isupper() or not words[0].isalpha()
    assert "`" not in words
    assert "<@" not in words
    assert "<!date^1" not in words
    assert "&lt;" not in words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1,5M", "`1,5M` could be two numbers. Decimals take a point. Did you mean `1.5M`?"),
        (
            "1.000.000",
            "`1.000.000` could be two numbers. Thousands take commas. Did you mean `1,000,000`?",
        ),
        ("1.5", "`1.5` has a fraction of a token. Tokens are whole. Did you mean `1.5k` or "
         "`1.5M`?"),
        ("0", "`0` is no amount. The least is 1 token. Write it like `250k`, `1.5M` or "
         "`2,000,000`."),
        ("9999999B", "`9999999B` is more than can move at once. The most is "
         "`1,000,000,000,000,000`."),
        ("lots", "`lots` isn't an amount. Write it like `250k`, `1.5M` or `2,000,000`."),
    ],
)  # fmt: skip
def test_an_amount_that_is_refused_comes_with_the_nearest_reading(typed: str, words: str) -> None:
    with pytest.raises(AmountRefused) as caught:
        amounts.parse(typed)

    assert errors.words_for(caught.value) == words


def test_a_refusal_about_oneself_says_you() -> None:
    assert errors.words_for(MemberIsGuest(ANA.user_id), ANA.user_id).startswith("You are a guest")
    assert errors.field_of(MemberIsGuest(ANA.user_id), ANA.user_id) is None


@pytest.mark.parametrize(
    ("refusal", "field"),
    [
        (AmountRefused("x", AmountFault.NOT_A_NUMBER), Field.AMOUNT),
        (NotEnoughTokens(ANA.user_id, 2, 1), Field.AMOUNT),
        (NoteTooLong(501, 500), Field.REASON),
        (MemberIsBot(BEN.user_id), Field.RECIPIENTS),
        (ToOneself(), Field.RECIPIENT),
        (NotAllowed(Deed.GRANT, BEN.user_id), Field.RECIPIENTS),
        (NotAllowed(Deed.GRANT), None),
        (TopUpUnknown(), None),
        (AwayRefused(AwayFault.ONESELF), Field.RECIPIENT),
        (AwayRefused(AwayFault.STARTS_IN_THE_PAST, "2026-12-01"), Field.FIRST_DAY),
        (AwayRefused(AwayFault.TOO_LONG, "2026-12-01", 90), Field.LAST_DAY),
    ],
)
def test_a_refusal_stands_under_the_field_it_is_about(
    refusal: AnyRefusal, field: Field | None
) -> None:
    assert errors.field_of(refusal) is field


def test_faults_say_what_became_of_the_tokens() -> None:
    def said(*, busy: bool = False, unknown: bool = False) -> str:
        return errors.words_for_fault(is_busy=busy, is_outcome_unknown=unknown, reference="r3f")

    assert said(busy=True) == "Busy: nothing was moved. Try again in a moment."
    assert "nothing was moved" in said()
    assert "r3f" in said()
    assert "history" in said(unknown=True)
    assert "nothing was moved" not in said(unknown=True)
    assert "r3f" in errors.unexpected("r3f")


def test_a_form_that_does_not_open_leaves_the_typed_command() -> None:
    typed = errors.form_failed("/tokens request 500k for why")

    assert typed.endswith("`/tokens request 500k for why`")
    assert errors.form_failed("the *Approve* button").endswith(" the *Approve* button")

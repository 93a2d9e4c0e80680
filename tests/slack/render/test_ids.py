"""Nothing forgotten: ids and payloads, notices and renderers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

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
    IdentityTold,
    LiftTold,
    LimitMet,
    LowBalance,
    Notice,
    OwnDigest,
    PanelStale,
    QueueStale,
    Reply,
    SourcesSilent,
    StandInTold,
    TeamTold,
    TokensExpire,
    TokensReceived,
    TopUpAsked,
    TopUpCopyChanged,
    TopUpDecided,
    TopUpReopened,
    UsageAsked,
    WelcomeStale,
)
from bot.slack import ids, lists
from bot.slack.ids import Action, Callback, Field
from bot.slack.render import messages, views
from tests.slack.render.payloads import HOMES, MESSAGES, MODALS

#: Every kind of notice and what puts it into words; a reply comes in words.
RENDERERS: Mapping[type[Notice], Callable[..., dict[str, Any]] | None] = {
    TokensReceived: messages.tokens_received,
    TeamTold: messages.team_told,
    GroupRead: messages.group_read,
    GroupLost: messages.group_lost,
    IdentityTold: messages.identity_told,
    IdentityClaimed: messages.identity_claimed,
    IdentitiesWait: messages.identities_wait,
    SourcesSilent: messages.sources_silent,
    EntryReversed: messages.entry_reversed,
    TopUpAsked: messages.copy,
    TopUpCopyChanged: messages.topup_request,
    TopUpDecided: messages.topup_decided,
    TopUpReopened: messages.topup_reopened,
    LowBalance: messages.low_balance,
    TokensExpire: messages.tokens_expire,
    AllowanceBegun: messages.allowance_begun,
    AllowanceUnfunded: messages.allowance_unfunded,
    HomeStale: views.home,
    PanelStale: views.team_panel,
    QueueStale: views.requests_list,
    StandInTold: messages.stand_in_told,
    DeadReported: messages.dead_reported,
    Reply: None,
    Digest: messages.digest,
    DigestPreview: messages.digest_preview,
    DigestPlaced: messages.digest_placed,
    OwnDigest: messages.own_digest,
    ChannelLost: messages.digest_channel_lost,
    UsageAsked: messages.usage_chart,
    LimitMet: messages.limit_met,
    LiftTold: messages.lift_told,
    AdminWelcomed: messages.welcome,
    WelcomeStale: messages.welcome,
}
#: How the blocks of the list of requests are called, before the number of the drawing.
DRAWN = (f"{lists.TICKS}-", "filters-")
SUBMITTED = set(Callback) - {Callback.DONE, Callback.TEAM}


def values_of(name: str, payload: object) -> Iterator[str]:
    """Each value that this key has anywhere in a payload."""
    if isinstance(payload, Mapping):
        if name in payload:
            yield payload[name]
        payload = list(payload.values())
    if isinstance(payload, list):
        for one in payload:
            yield from values_of(name, one)


def everywhere(name: str) -> set[str]:
    renders = [*MESSAGES.values(), *MODALS.values(), *HOMES.values()]
    return {value for render in renders for value in values_of(name, render())}


def test_every_action_is_rendered_somewhere_and_no_other() -> None:
    assert everywhere("action_id") == {*Action, ids.VALUE}


def test_every_callback_is_rendered_somewhere_and_no_other() -> None:
    assert everywhere("callback_id") == {*Callback}


def test_every_field_is_rendered_somewhere_and_no_other() -> None:
    # Those of the list of requests change with every drawing.
    lasting = {one for one in everywhere("block_id") if not one.startswith(DRAWN)}

    assert lasting == {*Field}


def test_every_form_that_is_sent_has_a_submit_button_and_no_other() -> None:
    modals = [render() for render in MODALS.values()]

    with_submit = {modal["callback_id"] for modal in modals if "submit" in modal}

    assert with_submit == SUBMITTED


def test_every_notice_has_a_renderer() -> None:
    assert set(RENDERERS) == set(get_args(Notice))


def test_every_button_says_what_it_does_to_a_screen_reader() -> None:
    for name, render in {**MESSAGES, **MODALS, **HOMES}.items():
        for block in render()["blocks"]:
            buttons = [*block.get("elements", []), block.get("accessory", {})]
            for button in buttons:
                if button.get("type") == "button":
                    assert button["accessibility_label"], (name, button["text"])

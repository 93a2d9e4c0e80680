"""Every message by its name; each noun's words are in a file of its own."""

from bot.slack.render.advances import advance
from bot.slack.render.agent_keys import kept as agent_key_kept
from bot.slack.render.agent_keys import made as agent_key_made
from bot.slack.render.alerts import (
    alert_choice,
    low_balance,
    muted,
    team_alerts,
    tokens_expire,
)
from bot.slack.render.allowance_lists import (
    allowance_ended,
    allowance_paused,
    allowance_resumed,
    allowance_to_end,
    allowances,
    own_allowances,
)
from bot.slack.render.allowance_news import allowance_begun, allowance_unfunded
from bot.slack.render.allowances import (
    allowance_changed,
    allowance_differs,
    allowance_preview,
    allowance_started,
    cancelled,
)
from bot.slack.render.arrivals import setup, welcome
from bot.slack.render.balances import balance
from bot.slack.render.blocks import Message, message
from bot.slack.render.bulks import decided as bulk_decided
from bot.slack.render.bulks import undone as bulk_undone
from bot.slack.render.calls import call, most_used
from bot.slack.render.copies import asked_again, copy
from bot.slack.render.digest_setup import changed as digest_changed
from bot.slack.render.digest_setup import channel_lost as digest_channel_lost
from bot.slack.render.digest_setup import digest_setup, hiding_chosen
from bot.slack.render.digest_setup import own_chosen as own_digest_chosen
from bot.slack.render.digest_setup import placed as digest_placed
from bot.slack.render.digest_setup import preview_comes as digest_preview_comes
from bot.slack.render.digest_setup import sent as digest_sent
from bot.slack.render.digests import Form, digest
from bot.slack.render.digests import preview as digest_preview
from bot.slack.render.estimates import estimate
from bot.slack.render.help import help, unknown_command  # noqa: A004 (said as `messages.help`)
from bot.slack.render.history import history
from bot.slack.render.identities import claim_refused as identity_claim_refused
from bot.slack.render.identities import claimed as identity_asked
from bot.slack.render.identities import identity_claimed, identity_told
from bot.slack.render.identities import linked as identity_linked
from bot.slack.render.identities import overview as identities
from bot.slack.render.identities import own_linked as identity_own_linked
from bot.slack.render.identities import unlinked as identity_unlinked
from bot.slack.render.identities import waiting as identities_wait
from bot.slack.render.lifts import lift_told
from bot.slack.render.lifts import lifted as block_lifted
from bot.slack.render.limit_news import limit_met
from bot.slack.render.limit_views import limit_view
from bot.slack.render.outbox import dead_reported
from bot.slack.render.own_digests import own_digest
from bot.slack.render.policies import as_everyone as policy_as_everyone
from bot.slack.render.policies import capped as policy_capped
from bot.slack.render.policies import changed as policy_changed
from bot.slack.render.policies import policy
from bot.slack.render.policies import uncapped as policy_uncapped
from bot.slack.render.pools import budget_set, fits_approved
from bot.slack.render.pools import filled as pool_filled
from bot.slack.render.pools import passed as passed_to_admins
from bot.slack.render.pools import short as pool_short
from bot.slack.render.receipts import grant_receipt, tokens_received, transfer_receipt
from bot.slack.render.reversals import (
    entry_reversed,
    reversal_confirmation,
    reversal_receipt,
    undone,
)
from bot.slack.render.settings import settings
from bot.slack.render.silences import sources_silent
from bot.slack.render.stand_ins import away, back, stand_in_told
from bot.slack.render.team_moves import moved as team_moved
from bot.slack.render.team_moves import moving as team_moving
from bot.slack.render.team_news import group_lost, group_read, team_told
from bot.slack.render.team_panels import own_team
from bot.slack.render.teams import created as team_created
from bot.slack.render.teams import ended as team_ended
from bot.slack.render.teams import follows as team_follows
from bot.slack.render.teams import kept as team_kept
from bot.slack.render.teams import managers_changed as team_managers_changed
from bot.slack.render.teams import renamed as team_renamed
from bot.slack.render.teams import settings_changed as team_settings_changed
from bot.slack.render.teams import team_list
from bot.slack.render.teams import to_end as team_to_end
from bot.slack.render.teams import to_follow as team_to_follow
from bot.slack.render.teams import unfollowed as team_unfollowed
from bot.slack.render.topups import (
    asked,
    open_requests,
    topup_decided,
    topup_reopened,
    topup_request,
    withdrawn,
)
from bot.slack.render.usage import usage
from bot.slack.render.usage_views import usage_chart, usage_view

__all__ = [
    "Form",
    "Message",
    "advance",
    "agent_key_kept",
    "agent_key_made",
    "alert_choice",
    "allowance_begun",
    "allowance_changed",
    "allowance_differs",
    "allowance_ended",
    "allowance_paused",
    "allowance_preview",
    "allowance_resumed",
    "allowance_started",
    "allowance_to_end",
    "allowance_unfunded",
    "allowances",
    "asked",
    "asked_again",
    "away",
    "back",
    "balance",
    "block_lifted",
    "budget_set",
    "bulk_decided",
    "bulk_undone",
    "call",
    "cancelled",
    "copy",
    "dead_reported",
    "digest",
    "digest_changed",
    "digest_channel_lost",
    "digest_placed",
    "digest_preview",
    "digest_preview_comes",
    "digest_sent",
    "digest_setup",
    "entry_reversed",
    "estimate",
    "fits_approved",
    "grant_receipt",
    "group_lost",
    "group_read",
    "help",
    "hiding_chosen",
    "history",
    "identities",
    "identities_wait",
    "identity_asked",
    "identity_claim_refused",
    "identity_claimed",
    "identity_linked",
    "identity_own_linked",
    "identity_told",
    "identity_unlinked",
    "lift_told",
    "limit_met",
    "limit_view",
    "low_balance",
    "most_used",
    "muted",
    "open_requests",
    "own_allowances",
    "own_digest",
    "own_digest_chosen",
    "own_team",
    "passed_to_admins",
    "policy",
    "policy_as_everyone",
    "policy_capped",
    "policy_changed",
    "policy_uncapped",
    "pool_filled",
    "pool_short",
    "reversal_confirmation",
    "reversal_receipt",
    "say",
    "settings",
    "setup",
    "sources_silent",
    "stand_in_told",
    "team_alerts",
    "team_created",
    "team_ended",
    "team_follows",
    "team_kept",
    "team_list",
    "team_managers_changed",
    "team_moved",
    "team_moving",
    "team_renamed",
    "team_settings_changed",
    "team_to_end",
    "team_to_follow",
    "team_told",
    "team_unfollowed",
    "tokens_expire",
    "tokens_received",
    "topup_decided",
    "topup_reopened",
    "topup_request",
    "transfer_receipt",
    "undone",
    "unknown_command",
    "usage",
    "usage_chart",
    "usage_view",
    "welcome",
    "withdrawn",
]


def say(text: str) -> Message:
    """A sentence of ours, with what people typed in it already escaped."""
    return message(text)

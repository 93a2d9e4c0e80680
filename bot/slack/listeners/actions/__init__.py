"""Buttons: each action id and what it does."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from bot.slack.answers import Answer
from bot.slack.ids import Action
from bot.slack.listeners.actions import (
    alerts,
    allowances,
    digests,
    forms,
    history,
    identities,
    limits,
    policies,
    pools,
    reversals,
    settings,
    stand_ins,
    teams,
    topups,
    usage_views,
)
from bot.slack.payloads import Click
from bot.storage.database import Database

Handler = Callable[[Database, Click, datetime], Answer]

ACTIONS: Mapping[Action, Handler] = MappingProxyType(
    {
        Action.APPROVE: topups.approve,
        Action.APPROVE_OTHER: topups.approve_other,
        Action.DENY: topups.deny,
        Action.APPROVE_FITS: topups.approve_fits,
        Action.ASK_ADMINS: topups.pass_to_admins,
        Action.WITHDRAW: topups.withdraw,
        Action.UNDO: reversals.undo,
        Action.REVERSE_ANYWAY: reversals.reverse_anyway,
        Action.KEEP: reversals.keep,
        Action.OLDER: history.turn_page,
        Action.NEWEST: history.turn_page,
        Action.OPEN_TRANSFER: forms.open_transfer,
        Action.OPEN_REQUEST: forms.open_request,
        Action.OPEN_GRANT: forms.open_grant,
        Action.OPEN_AWAY: stand_ins.open_form,
        Action.END_AWAY: stand_ins.end,
        Action.SEE_USAGE: alerts.see_usage,
        Action.SEE_SETTINGS: settings.see,
        Action.MUTE_ALERTS: alerts.mute,
        Action.GIVE_EXPIRING: alerts.give_expiring,
        Action.DIGEST_PREVIEW: digests.preview,
        Action.DIGEST_SEND: digests.send,
        Action.DIGEST_OFF: digests.turn_off,
        Action.DIGEST_CHANNEL: digests.choose_channel,
        Action.DIGEST_OWN: digests.own,
        Action.OPEN_ALLOWANCE: allowances.open_form,
        Action.ALLOWANCES_PAGE: allowances.turn_page,
        Action.ALLOWANCES_FIRST: allowances.turn_page,
        Action.ALLOWANCE_START: allowances.start,
        Action.ALLOWANCE_CANCEL: allowances.cancel,
        Action.ALLOWANCE_CHANGE: allowances.open_change,
        Action.ALLOWANCE_PAUSE: allowances.pause,
        Action.ALLOWANCE_RESUME: allowances.resume,
        Action.ALLOWANCE_END: allowances.end,
        Action.ALLOWANCE_CHANGE_TO: allowances.change,
        Action.TEAM_OPEN: teams.open_panel,
        Action.TEAM_NEW: teams.new,
        Action.TEAM_PEOPLE: teams.people,
        Action.TEAM_MANAGERS: teams.managers,
        Action.TEAM_SETTINGS: teams.settings,
        Action.TEAM_FILL: pools.fill,
        Action.TEAM_BUDGET: pools.budget,
        Action.TEAM_MOVE: teams.move,
        Action.TEAM_FOLLOW: teams.follow,
        Action.TEAM_UNFOLLOW: teams.unfollow,
        Action.TEAM_END: teams.end,
        Action.TEAM_KEEP: teams.keep,
        Action.USAGE_WEEK: usage_views.look,
        Action.USAGE_THIRTY_DAYS: usage_views.look,
        Action.USAGE_MONTH: usage_views.look,
        Action.USAGE_MOST: usage_views.most,
        Action.USAGE_CHART: usage_views.chart,
        Action.USAGE_CALL: usage_views.call,
        Action.LINK_OPEN: identities.open_form,
        Action.UNLINK: identities.unlink,
        Action.LINK_CLAIMED: identities.confirm,
        Action.LINK_REFUSED: identities.refuse,
        Action.LIFT: limits.lift,
        Action.LIFT_END: limits.end,
        Action.POLICY_OPEN: policies.open_panel,
        Action.POLICY_CHANGE: policies.open_change,
        Action.POLICY_DEFAULT: policies.use_default,
        Action.CAP_ADD: policies.open_cap,
        Action.CAP_DROP: policies.drop_cap,
    }
)

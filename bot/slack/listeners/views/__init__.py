"""Forms: each callback id and what its submission does."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from bot.slack.answers import Answer
from bot.slack.ids import Callback
from bot.slack.listeners.views import (
    alerts,
    allowances,
    digests,
    estimates,
    grants,
    identities,
    policies,
    pools,
    queues,
    stand_ins,
    teams,
    topups,
    transfers,
)
from bot.slack.payloads import Submission
from bot.storage.database import Database

Handler = Callable[[Database, Submission, datetime], Answer]

VIEWS: Mapping[Callback, Handler] = MappingProxyType(
    {
        Callback.GRANT: grants.grant,
        Callback.TRANSFER: transfers.transfer,
        Callback.REQUEST: topups.request,
        Callback.APPROVE_OTHER: topups.approve_other,
        Callback.DENY: topups.deny,
        Callback.AWAY: stand_ins.away,
        Callback.ALERTS: alerts.alerts,
        Callback.DIGEST_CHANNEL: digests.place,
        Callback.ALLOWANCE: allowances.allowance,
        Callback.ALLOWANCE_CHANGE: allowances.change,
        Callback.TEAM_CREATE: teams.create,
        Callback.TEAM_PEOPLE: teams.people,
        Callback.TEAM_MANAGERS: teams.managers,
        Callback.TEAM_SETTINGS: teams.settings,
        Callback.TEAM_FILL: pools.fill,
        Callback.TEAM_BUDGET: pools.budget,
        Callback.IDENTITY: identities.link,
        Callback.ESTIMATE: estimates.estimate,
        Callback.POLICY: policies.policy,
        Callback.CAP: policies.cap,
        Callback.REQUESTS: queues.review,
        Callback.BULK_APPROVE: queues.approve,
        Callback.BULK_DENY: queues.deny,
    }
)

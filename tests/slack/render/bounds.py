"""How much of something there may be, where its type doesn't say it.

Names are a field's, after the class that it is of where the name alone says too little.
"""

from collections.abc import Mapping

from bot.domain import (
    alerts,
    calls,
    digests,
    home,
    queues,
    settings_views,
    teams,
    topups,
    usage_views,
)
from bot.domain.allowance_wishes import PREVIEWED
from bot.domain.ledger import BALANCE_MAX, RECIPIENTS_MAX, TOKENS_MAX
from bot.domain.limits import Measure
from bot.domain.policies import CAPS_MAX, PERCENT_MAX
from bot.domain.usage import PROJECTS_MAX

#: Members, teams, and whatever nobody counts before it is shown.
CROWD = 10_000

#: From, to: how long a list is. Others hold from none to a crowd.
LENGTHS: Mapping[str, tuple[int, int]] = {
    "Receipt.postings": (1, RECIPIENTS_MAX),
    "ReversalOverdraws.overdrafts": (1, RECIPIENTS_MAX),
    "IdentityUnknown.nearest": (0, 3),
    "IdentityAmbiguous.sources": (2, 40),
    "Page.lines": (0, 8),
    "Home.open_topups": (0, topups.OPEN_MAX),
    "open_requests.topups": (0, topups.OPEN_MAX),
    "Queue.first": (0, home.QUEUE_MAX),
    "Asking.deciders": (0, 40),
    "Home.glances": (0, home.GLANCES_MAX),
    "Glance.near": (0, home.NAMED_MAX),
    "Home.missing": (0, 3),
    "Queue.lines": (0, queues.PAGE),
    "Queue.teams": (0, queues.TEAMS_MAX),
    "Preview.items": (1, queues.PAGE),
    "Preview.payments": (1, queues.PAGE),
    "Bulk.items": (1, queues.PAGE),
    "bulk_undone.items": (1, queues.PAGE),
    "Asked.approvers": (1, topups.APPROVERS_ASKED_MAX),
    "Copy.absences": (0, topups.APPROVERS_ASKED_MAX),
    "Copy.asked_before": (0, topups.APPROVERS_ASKED_MAX),
    "Allowance.terms": (1, 5),
    "Preview.credits": (1, PREVIEWED),
    "Listing.rules": (0, 8),
    "Week.days": (7, 7),
    "Week.days_before": (7, 7),
    "Week.models": (0, digests.PARTS_MAX + 1),
    "Week.projects": (0, digests.PARTS_MAX + 1),
    "Week.leaders": (0, digests.LEADERS_MAX),
    "OwnWeek.days": (7, 7),
    "OwnWeek.days_before": (7, 7),
    "OwnWeek.models": (0, digests.PARTS_MAX + 1),
    "Usage.days": (1, 31),
    "UsageView.models": (0, usage_views.PARTS_MAX),
    "UsageView.projects": (0, usage_views.PARTS_MAX),
    "UsageView.members": (0, usage_views.PARTS_MAX),
    "Most.calls": (0, calls.MOST),
    "TextSize.sizes": (1, 8),
    "LimitView.chain": (1, len(Measure) + 2 * CAPS_MAX),
    "Overview.identities": (0, 20),
    "Overview.waiting": (0, 10),
    "identities_wait.found": (0, 10),
    "digest_setup.teams": (0, 5),
    "Moving.joining": (0, teams.NAMED_MAX),
    "Moving.leaving": (0, teams.NAMED_MAX),
    "TeamPolicy.caps": (0, CAPS_MAX),
    "TeamPolicy.caps_of_all": (0, CAPS_MAX),
    "Capped.models": (0, PROJECTS_MAX),
    "SettingsView.unpriced": (0, settings_views.UNPRICED_MAX),
    "SettingsView.sources": (0, 40),
    "TeamView.shown": (0, teams.NAMED_MAX),
    "Rates.rows": (0, 5),
    "sources_silent.silent": (1, 40),
}
#: From, to: which numbers. Others are up to the most tokens, some of them below zero.
NUMBERS: Mapping[str, tuple[int, int]] = {
    "tokens": (0, TOKENS_MAX),
    "Posting.tokens": (1, TOKENS_MAX),
    "Budget.tokens": (1, TOKENS_MAX),
    "Terms.tokens": (1, TOKENS_MAX),
    "Pace.days": (1, 90),
    "digest_weekday": (0, 6),
    "digest_hour": (0, 23),
    "quiet_from": (0, 23),
    "quiet_to": (0, 23),
    "threshold": (alerts.EXPIRING, 100),
    "grace_percent": (0, PERCENT_MAX),
    "day_percent": (1, PERCENT_MAX),
    "parts": (1, 120),
    "cliff": (0, 120),
    "seconds": (1, 600),
    **dict.fromkeys(("starts_at", "ends_at", "until", "at", "frees_at"), (0, 4_000_000_000)),
    **dict.fromkeys(
        ("balance", "available", "change", "available_after", "pool"), (-BALANCE_MAX, BALANCE_MAX)
    ),
    **dict.fromkeys(
        (
            *("people", "members", "users", "calls", "count", "more", "inside", "start", "came"),
            *("went", "elsewhere", "waiting_count", "waiting_names", "revision", "unpriced"),
            *("reasons", "events", "nobodys", "compared"),
        ),
        (0, CROWD),
    ),
    "usd_per_million_nano": (10**6, 10**15),
    **dict.fromkeys(("input", "cached_input", "cache_write", "output"), (0, 10**10)),
    **dict.fromkeys(("lasts_days",), (0, 3_650)),
    **dict.fromkeys(("longest_seconds", "open_seconds", "wait_seconds"), (0, 10**8)),
}
#: How long a text may be that the bot keeps. Others are as long as somebody types.
TEXTS: Mapping[str, int] = {
    **dict.fromkeys(("note", "decision_note"), 500),
    **dict.fromkeys(("Team.name", "Member.name", "team", "teams", "before"), teams.NAME_MAX),
    **dict.fromkeys(("name", "model", "project", "provider", "external_id"), 200),
    **dict.fromkeys(
        ("source", "sources", "agent", "fallback_model", "models", "prices", "list_prices"), 60
    ),
    **dict.fromkeys(("handle", "usergroup_handle", "group"), 80),
}

#: Texts that are never empty.
NEVER_EMPTY = frozenset(
    (
        "name",
        "Team.name",
        "team",
        "teams",
        "model",
        "source",
        "provider",
        "agent",
        "external_id",
        "prices",
    )
)

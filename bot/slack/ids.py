"""The names by which Slack calls us back: commands, buttons, forms and their fields."""

from enum import StrEnum

COMMAND = "/tokens"

#: The action id of every input: a form's field is known by its block id.
VALUE = "value"
#: The values of a choice between two.
YES, NO = "yes", "no"


class Action(StrEnum):
    """Buttons. What each carries as its value stands beside it."""

    #: The entry's id.
    UNDO = "undo"
    #: `{subject}:{entry id}`: the page of entries before that one.
    OLDER = "history_older"
    #: `{subject}:`: the first page.
    NEWEST = "history_newest"
    #: The request's id, here and in the next four.
    APPROVE = "topup_approve"
    APPROVE_OTHER = "topup_approve_other"
    DENY = "topup_deny"
    ASK_ADMINS = "topup_pass"
    WITHDRAW = "topup_withdraw"
    #: JSON with `topup_id` and `tokens`, which is what the pool had.
    APPROVE_FITS = "topup_approve_fits"
    #: JSON with `entry_id` and `note`.
    REVERSE_ANYWAY = "reverse_anyway"
    #: Nothing: somebody chose to leave things as they are.
    KEEP = "keep"
    #: Nothing.
    OPEN_TRANSFER = "open_transfer"
    #: Nothing.
    OPEN_REQUEST = "open_request"
    #: Nothing, or the user id of the one to whom to grant.
    OPEN_GRANT = "open_grant"
    #: Nothing.
    OPEN_AWAY = "open_away"
    #: When the stand-in starts, in ISO's form.
    END_AWAY = "end_away"
    #: The account, or nothing for one's own.
    SEE_USAGE = "see_usage"
    #: Nothing.
    SEE_WHY = "see_why"
    #: `{first day of the period}:{account}`.
    MUTE_ALERTS = "mute_alerts"
    #: The day, in UTC, on which tokens expire.
    GIVE_EXPIRING = "give_expiring"
    #: The team's id, here and in the next three.
    DIGEST_PREVIEW = "digest_preview"
    DIGEST_SEND = "digest_send"
    DIGEST_OFF = "digest_off"
    #: The same, and after a colon the week whose digest is to be sent again, if there is one.
    DIGEST_CHANNEL = "digest_channel"
    #: `on` or `off`, for one's own.
    DIGEST_OWN = "digest_own"
    #: Nothing, or the subject for whom to set it, as in `member:U024BE7LH`.
    OPEN_ALLOWANCE = "open_allowance"
    #: How many allowances come before the page.
    ALLOWANCES_PAGE = "allowances_page"
    #: Nothing.
    ALLOWANCES_FIRST = "allowances_first"
    #: The whole wish as JSON (`slack.carried.wish`).
    ALLOWANCE_START = "allowance_start"
    #: Nothing: somebody chose to leave things as they are.
    ALLOWANCE_CANCEL = "allowance_cancel"
    #: The allowance's id, here and in the next three.
    ALLOWANCE_CHANGE = "allowance_change"
    ALLOWANCE_PAUSE = "allowance_pause"
    ALLOWANCE_RESUME = "allowance_resume"
    ALLOWANCE_END = "allowance_end"
    #: The new terms as JSON (`slack.carried.terms`).
    ALLOWANCE_CHANGE_TO = "allowance_change_to"
    #: The team's id, here and in the next seven.
    TEAM_OPEN = "team_open"
    TEAM_PEOPLE = "team_people"
    TEAM_MANAGERS = "team_managers"
    TEAM_SETTINGS = "team_settings"
    TEAM_FILL = "team_fill"
    TEAM_BUDGET = "team_budget"
    TEAM_UNFOLLOW = "team_unfollow"
    TEAM_END = "team_end"
    #: Nothing.
    TEAM_NEW = "team_new"
    #: Who comes and who goes as JSON (`slack.carried.move`).
    TEAM_MOVE = "team_move"
    #: The team and the group as JSON (`slack.carried.group`).
    TEAM_FOLLOW = "team_follow"
    #: Nothing: somebody chose to leave a team as it is.
    TEAM_KEEP = "team_keep"
    #: Whose usage, as in `team:ml`, over the panel.
    TEAM_USAGE = "team_usage"
    TEAM_ALLOWANCES = "team_allowances"
    #: Whose usage, as in `member:U024BE7LH`, here and in the next two.
    USAGE_WEEK = "usage_week"
    USAGE_THIRTY_DAYS = "usage_thirty_days"
    USAGE_MONTH = "usage_month"
    #: `{7d, 30d or month}:{whose}`, here and in the next.
    USAGE_MOST = "usage_most"
    USAGE_CHART = "usage_chart"
    #: The call's source and id as JSON (`slack.carried.call`).
    USAGE_CALL = "usage_call"
    #: The identity's id, here and in the next one.
    LINK_OPEN = "link_open"
    UNLINK = "unlink"
    #: JSON with `identity` and `user`, here and in the next one.
    LINK_CLAIMED = "link_claimed"
    LINK_REFUSED = "link_refused"
    #: Nothing.
    OPEN_ADVANCE = "open_advance"
    #: The day of the allowance that repays it, as in 2026-12-01.
    TAKE_ADVANCE = "take_advance"
    #: Nothing.
    SEE_SETTINGS = "see_settings"
    #: Nothing, here and in the next seven: they are read with the list that they are in.
    ALL_REQUESTS = "requests"
    REQUESTS_WHOSE = "requests_whose"
    REQUESTS_TEAM = "requests_team"
    REQUESTS_PERSON = "requests_person"
    REQUESTS_MOST = "requests_most"
    REQUESTS_WAITED = "requests_waited"
    REQUESTS_CLEAR = "requests_clear"
    REQUESTS_DENY = "requests_deny"
    #: The page, from 0, here and in the next three.
    REQUESTS_TICK = "requests_tick"
    REQUESTS_UNTICK = "requests_untick"
    REQUESTS_BACK = "requests_back"
    REQUESTS_NEXT = "requests_next"
    #: How many decisions on the request were undone before, and the request's id: `0:019c…`.
    UNDO_DECISION = "undo_decision"
    #: The key of the decision on several.
    UNDO_BULK = "undo_bulk"
    #: `{user id}:{id of their latest lift}`, which is empty where there never was one; here and in
    #: the next one.
    LIFT = "lift"
    LIFT_END = "lift_end"
    #: The team's id, here and in the next three.
    POLICY_OPEN = "policy_open"
    POLICY_CHANGE = "policy_change"
    POLICY_DEFAULT = "policy_default"
    CAP_ADD = "cap_add"
    #: The team and the cap as JSON (`slack.carried.cap`).
    CAP_DROP = "cap_drop"
    #: The step, as in `digest`.
    SETUP_SKIP = "setup_skip"
    #: Nothing.
    SETUP_ALLOWANCE = "setup_allowance"


class Shortcut(StrEnum):
    """What a message's menu offers."""

    ESTIMATE = "estimate_tokens"


class Callback(StrEnum):
    """Modals."""

    GRANT = "grant"
    TRANSFER = "transfer"
    REQUEST = "request"
    APPROVE_OTHER = "approve_other"
    DENY = "deny"
    AWAY = "away"
    ALERTS = "alerts"
    DIGEST_CHANNEL = "digest_channel"
    ALLOWANCE = "allowance"
    ALLOWANCE_CHANGE = "allowance_change"
    TEAM_CREATE = "team_create"
    TEAM_PEOPLE = "team_people"
    TEAM_MANAGERS = "team_managers"
    TEAM_SETTINGS = "team_settings"
    TEAM_FILL = "team_fill"
    TEAM_BUDGET = "team_budget"
    IDENTITY = "identity"
    ESTIMATE = "estimate"
    POLICY = "policy"
    CAP = "cap"
    REQUESTS = "requests"
    BULK_APPROVE = "bulk_approve"
    BULK_DENY = "bulk_deny"
    #: Has nothing to submit: a team as it stands, with what there is to do about it.
    TEAM = "team"
    #: Has nothing to submit: it shows what was done, or why it can't be.
    DONE = "done"


class Field(StrEnum):
    """Block ids of inputs, which `response_action: errors` names."""

    RECIPIENTS = "recipients"
    #: The same for one person or several, so that a refusal needn't know which form it meets.
    RECIPIENT = "recipients"
    AMOUNT = "amount"
    REASON = "reason"
    URGENCY = "urgency"
    FIRST_DAY = "first_day"
    LAST_DAY = "last_day"
    THRESHOLDS = "thresholds"
    QUIET_HOURS = "quiet_hours"
    QUIET_WEEKENDS = "quiet_weekends"
    CHANNEL = "channel"
    #: A team or a pool that an allowance is for.
    FOR_TEAM = "for_team"
    PERIOD = "period"
    CARRY = "carry"
    CARRY_MAX = "carry_max"
    STARTS_ON = "starts_on"
    UNTIL = "until"
    CONDITIONS = "conditions"
    NAME = "name"
    ZONE = "zone"
    MANAGERS = "managers"
    LEAVING = "leaving"
    WEEKDAY = "weekday"
    HOUR = "hour"
    LEADERBOARD = "leaderboard"
    TEXT = "text"
    MODEL = "model"
    MODE = "mode"
    GRACE = "grace"
    REQUEST_MAX = "request_max"
    A_DAY = "a_day"
    FALLBACK = "fallback"
    ADVANCE = "advance"
    MEASURE = "measure"

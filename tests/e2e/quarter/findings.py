"""What the quarter came to, as the tables and the simulated Slack have it."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.playground.server import SimulatedSlack
from tests.company import Company
from tests.e2e.quarter import cast, expected
from tests.e2e.quarter.expected import Expected, Line, Told

#: Messages that are not sent if, by then, they are no longer so.
FLEETING = frozenset({"low_balance", "tokens_expire"})
#: Gaps in what people use bring it, and the story foretells none; told only while it is so.
SILENCE = "sources_silent"
#: These change a message that is there already.
CHANGES = frozenset(
    {"topup_copy_changed", "topup_reopened", "home_stale", "queue_stale", "welcome_stale"}
)


def told(company: Company, slack: SimulatedSlack) -> Counter[Told]:
    """Every notice that was ever owed and that the story foretells."""
    names = _requesters(company)
    channels = {id_: one.name for id_, one in slack.workspace.channels.items()}
    return Counter(
        (str(row["kind"]), _called(row, channels), _which(str(row["kind"]), row["payload"], names))
        for row in _owed(company)
        if row["kind"] != SILENCE and not _is_of_no_clock(str(row["kind"]), row["payload"])
    )


def _owed(company: Company) -> list[dict[str, object]]:
    return [
        {**row, "payload": json.loads(str(row["payload"]))}
        for row in company.rows("SELECT kind, queue AS recipient, payload FROM owed")
    ]


def _called(row: Mapping[str, object], channels: Mapping[str, str]) -> str:
    recipient = str(row["recipient"])
    return channels.get(recipient, recipient)


def _is_of_no_clock(kind: str, payload: object) -> bool:
    """A copy that another replaced says so; that is owed by the delivery of the other."""
    assert isinstance(payload, dict)
    return kind == "topup_copy_changed" and payload.get("message") is not None


def _which(kind: str, payload: object, names: Mapping[str, str]) -> str:  # noqa: PLR0911
    assert isinstance(payload, dict)
    match kind:
        case "low_balance":
            return f"{payload['account']} {payload['threshold']} {payload['period_on']}"
        case "tokens_expire":
            return str(payload["day"])
        case "digest":
            return f"{payload['team_id']} {payload['week_on']}"
        case "own_digest":
            return str(json.loads(payload["facts"])["week_on"])
        case "allowance_unfunded":
            return str(payload["period_on"])
        case "topup_asked":
            return f"{names[payload['topup_id']]} {payload['cause']}"
        case "topup_decided" | "topup_copy_changed" | "topup_reopened":
            return names[payload["topup_id"]]
        case _:
            return ""


def _requesters(company: Company) -> dict[str, str]:
    return {
        str(row["topup_id"]): str(row["requester"]).removeprefix("U").lower()
        for row in company.rows("SELECT topup_id, requester FROM topup")
    }


def diaries(company: Company) -> dict[str, list[Line]]:
    """Each account's credits by rules and expiries, by the local day of the entry."""
    found: dict[str, list[Line]] = {}
    zones = {cast.account_of(name): team.clock for team in cast.TEAMS for name in team.people}
    zones |= {f"pool:{team.name}": team.clock for team in cast.TEAMS}
    lines = company.rows(
        "SELECT entry.entry_id, entry.kind, entry.recorded_at, account.account_id,"
        " coalesce(sum(tokens) FILTER (WHERE destination = account_id), 0) AS came,"
        " coalesce(sum(tokens) FILTER (WHERE destination = 'expired'), 0) AS gone"
        " FROM entry JOIN posting USING (workspace_id, entry_id)"
        " JOIN account ON account_id = CASE destination WHEN 'expired' THEN source"
        " ELSE destination END"
        " WHERE entry.kind IN ('allowance', 'expiry')"
        " GROUP BY entry.entry_id, entry.kind, entry.recorded_at, account.account_id"
        " ORDER BY entry.entry_id"
    )
    for row in lines:
        account, at = str(row["account_id"]), row["recorded_at"]
        assert isinstance(at, datetime)
        day = at.astimezone(zones.get(account, ZoneInfo("UTC"))).date()
        line = (day, row["kind"] == "allowance", int(str(row["came"])), int(str(row["gone"])))
        found.setdefault(account, []).append(line)
    return found


def alerts_told_twice(company: Company) -> list[dict[str, object]]:
    """Rows that stand beside another for the same account, threshold and period."""
    return company.rows(
        "SELECT account_id, threshold, period_on FROM alert WHERE lifted_at IS NULL"
        " GROUP BY account_id, threshold, period_on HAVING count(*) > 1"
    )


def silences_told_twice(company: Company) -> Counter[str]:
    """Notices that tell the same person of the same silence once more."""
    told_of = Counter(
        f"{row['recipient']}: {row['payload']}" for row in _owed(company) if row["kind"] == SILENCE
    )
    return Counter({one: times for one, times in told_of.items() if times > 1})


def claims(company: Company) -> Counter[tuple[str, str, str]]:
    """Digests that were claimed: job, subject and week."""
    return Counter(
        (str(row["job"]), str(row["subject"]), str(row["period"]))
        for row in company.rows("SELECT job, subject, period FROM run WHERE job LIKE '%digest'")
    )


def states(company: Company) -> set[object]:
    return {row["state"] for row in company.rows("SELECT DISTINCT state FROM outbox")}


def amiss(
    company: Company, slack: SimulatedSlack, plan: Expected, step: int
) -> list[tuple[str, object]]:
    """What can't come right any more, whatever else happens after this step of the quarter."""
    # Rows that say that somebody was told come first: a commit of whoever was killed may still
    # be under way, and what it tells is then in what is read later.
    claimed, alerts = claims(company), _alerts_claimed(company)
    came, lines = told(company, slack), diaries(company)
    yesterday = cast.BEGIN + step * cast.STEP - timedelta(days=1)
    fleeting = sum(came[one] for one in came if one[0] in FLEETING)
    wrong: dict[str, object] = {
        "told too often, or of what is not so": came - plan.told,
        "digests that are claimed and were never told": claimed - expected.claims(came),
        "not told a week ago, or since": plan.told_by.get(step - cast.WEEK, Counter()) - came,
        "alerts that are claimed and were never told": max(alerts - fleeting, 0),
        "diaries that went another way": {
            account: mine
            for account, mine in lines.items()
            if mine != plan.diaries[account][: len(mine)]
        },
        "owed since yesterday": _waiting_since(company, yesterday),
        "silences told twice": silences_told_twice(company),
    }
    return [(what, found) for what, found in wrong.items() if found]


def _alerts_claimed(company: Company) -> int:
    """Whom an alert was told, each with a row of its own."""
    return len(company.rows("SELECT subject FROM run WHERE job = 'alert'"))


def _waiting_since(company: Company, before: datetime) -> list[dict[str, object]]:
    return company.rows(
        "SELECT kind, queue FROM outbox WHERE state = 'waiting' AND created_at < :before",
        before=before,
    )


def in_hand(company: Company) -> Counter[str]:
    """Who is owed something that a worker had begun to send when it was killed."""
    rows = company.rows("SELECT queue FROM outbox WHERE state = 'waiting' AND attempts > 0")
    return Counter(str(row["queue"]) for row in rows)


def late(company: Company) -> Counter[str]:
    """Who is owed at the end of a step what may not be so at the next."""
    rows = company.rows("SELECT queue, kind FROM outbox WHERE state = 'waiting'")
    passing = FLEETING | {SILENCE}
    return Counter(str(row["queue"]) for row in rows if row["kind"] in passing)


def wrongly_arrived(
    company: Company, slack: SimulatedSlack, cut_off: Counter[str], late: Counter[str]
) -> list[str]:
    """Whoever got too few messages, or a copy for which no kill accounts."""
    wrong = []
    for queue, owed in sorted(_owed_messages(company).items()):
        texts = _arrived(slack, queue)
        if not owed - late[queue] <= len(texts) <= owed + cut_off[queue]:
            wrong.append(f"{queue}: {len(texts)} of {owed}, cut off {cut_off[queue]}")
        is_channel = not queue.startswith("U")
        if is_channel and len(set(texts)) != owed:  # each week's digest has a text of its own
            wrong.append(f"{queue}: {len(set(texts))} weeks of {owed}")
    return wrong


def _arrived(slack: SimulatedSlack, queue: str) -> list[str]:
    found = slack.dm(queue) if queue.startswith("U") else slack.channel(queue)
    return [slack.as_text(one) for one in found]


def _owed_messages(company: Company) -> Counter[str]:
    """How many messages there are for whom; some notices only change one."""
    return Counter(str(row["recipient"]) for row in _owed(company) if row["kind"] not in CHANGES)

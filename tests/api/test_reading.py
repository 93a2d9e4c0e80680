"""`GET /v1/balances/{user}` and `GET /v1/usage`: what dashboards see, and for whom."""

from datetime import datetime, timedelta

import httpx
import pytest

from bot.domain.api_keys import Scope
from bot.domain.directory import UserId, WorkspaceId
from bot.services import api_keys, directory
from tests.api.serving import Json, Served, event
from tests.company import MORNING
from tests.waiting import until

YESTERDAY = MORNING - timedelta(days=1)


def used(served: Served, user: UserId, number: int, **changed: object) -> None:
    """A call of 1,200 in and 50 out by this person."""
    given = event(id=f"{user}-{number}", user=user, cost_usd="0.5", **changed)
    said = served.client.post("/v1/usage", json=given)
    assert said.json()["accepted"] == 1


def rows(said: httpx.Response) -> list[Json]:
    assert said.status_code == 200, said.text
    found: list[Json] = said.json()["rows"]
    return found


# Balances.


def test_a_balance_is_found_by_slack_id_and_by_e_mail(served: Served) -> None:
    ana = served.person("ana", "Ana@Example.com")
    boss = served.company.admin("boss")
    served.company.grant(boss, ana, tokens=10_000)
    used(served, ana, 1)

    by_id = served.client.get(f"/v1/balances/{ana}")
    by_email = served.client.get("/v1/balances/ana@example.com")

    assert by_id.status_code == 200
    assert by_id.json() == by_email.json()
    assert by_id.json() == {
        "user": ana,
        "balance": 8_750,
        "held": 0,
        "available": 8_750,
        "expiring": [],
        "next": None,
        "period": {"since": "2026-03-01", "used": 1_250},
        "per_day": None,
        "lasts_until": None,
    }


def test_used_is_what_slack_says_not_what_was_given_away_or_taken_back(served: Served) -> None:
    ana, ben = served.person("ana", "ana@example.com"), served.person("ben", "ben@example.com")
    served.company.grant(served.company.admin("boss"), ana, tokens=10_000)
    used(served, ana, 1)
    used(served, ana, 1, input_tokens=2_000, revision=1)
    used(served, ana, 1, input_tokens=1_500, revision=2)
    served.company.transfer(ana, ben, tokens=5_000)

    told = served.client.get(f"/v1/balances/{ana}").json()

    assert (told["balance"], told["period"]["used"]) == (3_450, 1_550)


@pytest.mark.parametrize("name", ["UNOBODY", "nobody@example.com", "%00", "a%2Fb", "x" * 5_000])
def test_whom_nobody_knows_is_404(door: Served, name: str) -> None:
    said = door.client.get(f"/v1/balances/{name}")

    assert said.status_code == 404
    assert said.headers["content-type"] == "application/problem+json"


def test_a_persons_own_key_sees_what_they_would_see_in_slack(served: Served) -> None:
    ana, ben = served.company.member("ana", available=7), served.company.member("ben", available=9)
    boss = served.company.admin("boss")
    anas = served.made("anas", Scope.READ, user_id=ana)
    bosses = served.made("bosses", Scope.READ, user_id=boss)

    with served.speaking(str(anas.credential)) as client:
        own, others = client.get(f"/v1/balances/{ana}"), client.get(f"/v1/balances/{ben}")
    with served.speaking(str(bosses.credential)) as client:
        approvers = client.get(f"/v1/balances/{ben}")

    assert own.json()["available"] == 7
    assert others.status_code == 404
    assert approvers.json()["available"] == 9


@pytest.mark.parametrize("path", ["/v1/balances/UANA", "/v1/usage"])
def test_reading_needs_a_key_with_its_scope(door: Served, path: str) -> None:
    writer = door.made(f"writer of {path}", Scope.USAGE_WRITE)

    with door.speaking(None) as client:
        assert client.get(path).status_code == 401
    with door.speaking(str(writer.credential)) as client:
        said = client.get(path)

    assert said.status_code == 403
    assert "--scope read" in said.json()["detail"]


# Usage.


def test_usage_is_one_sum_or_told_apart_by_what_is_asked(served: Served) -> None:
    ana, ben = served.company.member("ana"), served.company.member("ben")
    team = served.company.team("search", ben)
    used(served, ana, 1)
    used(served, ana, 2, model="o3", at=YESTERDAY.isoformat())
    used(served, ben, 1, project="demo")

    total = served.client.get("/v1/usage")
    by_team = served.client.get("/v1/usage?group_by=team,model")
    by_day = served.client.get("/v1/usage?group_by=day,member")
    by_project = served.client.get("/v1/usage?group_by=project")

    assert rows(total) == [
        {
            "tokens": 3_750,
            "calls": 3,
            "input_tokens": 3_600,
            "cached_input_tokens": 3_072,
            "cache_write_tokens": 0,
            "output_tokens": 150,
            "cost_usd": "1.500000000",
            "unpriced_calls": 0,
        }
    ]
    assert {(r["team"], r["team_name"], r["model"], r["tokens"]) for r in rows(by_team)} == {
        ("everyone", "Everyone", "gpt-4o", 1_250),
        ("everyone", "Everyone", "o3", 1_250),
        (team, "search", "gpt-4o", 1_250),
    }
    assert [(r["day"], r["member"]) for r in rows(by_day)] == [
        ("2026-03-01", ana),
        ("2026-03-02", ana),
        ("2026-03-02", ben),
    ]
    assert "demo" in {r["project"] for r in rows(by_project)}


def test_since_counts_and_until_does_not(served: Served) -> None:
    ana = served.company.member("ana")
    used(served, ana, 1)
    used(served, ana, 2, at=YESTERDAY.isoformat())

    def tokens(query: str) -> int:
        return sum(row["tokens"] for row in rows(served.client.get(f"/v1/usage?{query}")))

    assert tokens("since=2026-03-01&until=2026-03-02") == 1_250
    assert tokens("since=2026-03-02") == 1_250
    assert tokens("since=2026-02-28&until=2026-03-01") == 0
    assert tokens("since=2025-03-02&until=2026-03-03") == 2_500


def test_pages_of_rows_join_to_the_whole(served: Served) -> None:
    ana = served.company.member("ana")
    for number, model in enumerate(("b", "a", "Ä", "c", "ß")):
        used(served, ana, number, model=model)
    path = "/v1/usage?group_by=model,member"
    whole = rows(served.client.get(path))

    pages: list[list[Json]] = []
    query = ""
    while len(pages) < 9:
        said = served.client.get(f"{path}&limit=2{query}")
        pages.append(rows(said))
        if said.json()["next"] is None:
            break
        query = f"&after={said.json()['next']}"

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [row for page in pages for row in page] == whole


def test_a_persons_own_key_sees_their_usage_alone(served: Served) -> None:
    ana, ben = served.company.member("ana"), served.company.member("ben")
    used(served, ana, 1)
    used(served, ben, 1)
    own = served.made("anas", Scope.READ, user_id=ana)

    with served.speaking(str(own.credential)) as client:
        said = client.get("/v1/usage?group_by=member")

    assert [row["member"] for row in rows(said)] == [ana]


def test_a_key_of_another_workspace_sees_nothing(served: Served) -> None:
    ana = served.company.member("ana")
    used(served, ana, 1)
    directory.open_workspace(served.handle.bot.database, WorkspaceId("T2"), MORNING)
    other = served.made("all", workspace_id=WorkspaceId("T2"))

    with served.speaking(str(other.credential)) as client:
        usage, balance = client.get("/v1/usage"), client.get(f"/v1/balances/{ana}")

    assert rows(usage) == []
    assert balance.status_code == 404


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since=yesterday", "since must be a day as 2026-03-02"),
        ("since=20260302", "since must be a day"),
        ("until=2026-03-02T00:00:00Z", "until must be a day"),
        ("since=2026-03-02&until=2026-03-02", "must be before until"),
        ("since=2025-03-01&until=2026-03-03", "more than 366 days"),
        ("until=0001-01-01", "must be before until"),
        ("group_by=hour", "day, model, project, team, member"),
        ("group_by=day,day", "each once"),
        ("group_by=day,", "list with commas"),
        ("limit=0", "from 1 to 10,000"),
        ("limit=10001", "from 1 to 10,000"),
        ("limit=-1", "from 1 to 10,000"),
        ("limit=1e3", "from 1 to 10,000"),
        ("limit=" + "9" * 5_000, "from 1 to 10,000"),
        ("after=x", "after must be"),
        ("group_by=day&after=WzFd", "after must be"),
        ("group_by=day&after=WyJcdTAwMDAiXQ", "after must be"),
        ("group_by=day&after=WyJcdWQ4MDAiXQ", "after must be"),
        ("group_by=day,model&after=WyJhIl0", "after must be"),
    ],
)
def test_a_question_that_cannot_be_answered_names_its_parameter(
    door: Served, query: str, words: str
) -> None:
    said = door.client.get(f"/v1/usage?{query}")

    assert said.status_code == 400
    assert words in said.json()["detail"]


def test_the_last_use_of_a_key_is_seen_after_its_request(served: Served) -> None:
    served.client.get("/v1/usage")

    def last_used() -> datetime | None:
        (key,) = api_keys.every(served.handle.bot.database, served.company.workspace_id)
        return key.last_used_at

    until(lambda: last_used() == MORNING)

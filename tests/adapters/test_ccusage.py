"""ccusage's reports, in the shapes that its versions 17 and 20 print."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bot.adapters.ccusage import CcusageFile
from bot.adapters.usage_lines import FileRefused, Record

SONNET = {
    "modelName": "claude-sonnet-4-5-20250929",
    "inputTokens": 100,
    "outputTokens": 50,
    "cacheCreationTokens": 200,
    "cacheReadTokens": 1000,
    "cost": 0.0021,
}
GPT = {"modelName": "gpt-5", "inputTokens": 10, "outputTokens": 5}
TOTALS = {"inputTokens": 110, "outputTokens": 55, "totalTokens": 1365}
OLD_DAY = {"date": "2026-11-26", **TOTALS, "modelBreakdowns": [SONNET, GPT]}
NEW_DAY = {
    "agent": "all",
    "period": "2026-11-26",
    "metadata": {"agents": ["claude"]},
    **TOTALS,
    "modelBreakdowns": [SONNET, GPT],
}
BLOCK = {
    "id": "2026-11-26T09:00:00.000Z",
    "startTime": "2026-11-26T09:00:00.000Z",
    "isActive": True,
    "isGap": False,
    "models": ["claude-sonnet-4-5-20250929"],
    "tokenCounts": {
        "inputTokens": 100,
        "outputTokens": 50,
        "cacheCreationInputTokens": 200,
        "cacheReadInputTokens": 1000,
    },
    "totalTokens": 1350,
}
GAP = {"id": "gap-1", "isGap": True, "models": [], "tokenCounts": {}}


def opened(document: object) -> CcusageFile:
    return CcusageFile(json.dumps(document).encode(), user="ana@example.com")


def records(document: object) -> list[Record]:
    return list(opened(document).records())


@pytest.mark.parametrize(
    "document", [{"daily": [OLD_DAY], "totals": {}}, {"daily": [NEW_DAY], "totals": {}}]
)
def test_a_day_is_an_event_for_each_model(document: Mapping[str, Any]) -> None:
    sonnet, gpt = (dict(one.fields) for one in records(document))

    assert str(sonnet.pop("id")).startswith("daily:2026-11-26:claude-sonnet-4-5-20250929:")
    assert sonnet == {
        "at": "2026-11-26",
        "user": "ana@example.com",
        "model": "claude-sonnet-4-5-20250929",
        "provider": "anthropic",
        "project": "",
        "revision": 1350,
        "uncached_input_tokens": 100,
        "cached_input_tokens": 1000,
        "cache_write_tokens": 200,
        "output_tokens": 50,
    }
    assert (gpt["provider"], gpt["uncached_input_tokens"], gpt["revision"]) == ("openai", 10, 15)


def test_both_versions_give_a_day_the_same_ids() -> None:
    old, new = records({"daily": [OLD_DAY]}), records({"daily": [NEW_DAY]})

    assert [one.fields["id"] for one in old] == [one.fields["id"] for one in new]


def test_ids_differ_by_person_day_model_and_project() -> None:
    other = CcusageFile(json.dumps({"daily": [OLD_DAY]}).encode(), user="ben@example.com")
    found = [
        *records({"daily": [OLD_DAY, {**OLD_DAY, "date": "2026-11-27"}]}),
        *records({"projects": {"a": [OLD_DAY], "b": [OLD_DAY]}}),
        *other.records(),
    ]

    assert len({one.fields["id"] for one in found}) == len(found) == 10


def test_a_report_by_project_names_the_project() -> None:
    found = records({"projects": {"-home-ana-ranking": [OLD_DAY]}})

    assert {one.fields["project"] for one in found} == {"-home-ana-ranking"}


@pytest.mark.parametrize(
    ("document", "at"),
    [
        ({"session": [{**NEW_DAY, "period": "0b", "metadata": {"lastActivity": "T"}}]}, "T"),
        (
            {"sessions": [{**OLD_DAY, "sessionId": "0b", "lastActivity": "2026-11-27"}]},
            "2026-11-27",
        ),
    ],
)
def test_a_session_is_of_its_last_activity(document: Mapping[str, Any], at: str) -> None:
    found = records(document)

    assert {one.fields["at"] for one in found} == {at}
    assert str(found[0].fields["id"]).startswith("session:0b:claude")


def test_a_block_of_one_model_is_an_event_and_a_gap_is_none() -> None:
    (found,) = records({"blocks": [BLOCK, GAP]})

    assert found.fields["at"] == "2026-11-26T09:00:00.000Z"
    assert found.fields["cached_input_tokens"] == 1000
    assert found.fields["revision"] == 1350


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"blocks": [{**BLOCK, "models": ["a", "b"]}]}, "does not tell its models apart (a, b)"),
        ({"blocks": [{**BLOCK, "tokenCounts": 5}]}, "tokenCounts is missing"),
        ({"daily": [5]}, "a row is a JSON object"),
        ({"daily": [{**OLD_DAY, "modelBreakdowns": None}]}, "modelBreakdowns is missing"),
        (
            {"daily": [{**OLD_DAY, "totalTokens": 1364}]},
            "not the sum of its models' tokens (1,365)",
        ),
        ({"daily": [{**OLD_DAY, "date": None}]}, "does not say what day"),
        ({"session": [{**OLD_DAY, "sessionId": "x", "metadata": 5}]}, "or when"),
        (
            {"daily": [{"date": "d", "modelBreakdowns": [{**GPT, "inputTokens": -1}]}]},
            "inputTokens",
        ),
        ({"daily": [{"date": "d", "modelBreakdowns": [{**GPT, "inputTokens": 1.5}]}]}, "whole"),
        ({"projects": {"a": 5}}, "a row is a JSON object"),
    ],
)
def test_a_row_that_can_not_be_told_is_rejected(document: Mapping[str, Any], words: str) -> None:
    (found,) = records(document)

    assert words in found.error


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"{", "neither JSON lines nor one JSON document"),
        (b"[" * 100_000, "neither JSON lines nor one JSON document"),
        (b"{}", "nor a report of ccusage"),
        (b"[]", "nor a report of ccusage"),
        (b'{"daily": [], "session": []}', "the same tokens several times (daily, session)"),
        (b'{"monthly": []}', "a monthly report has no days"),
        (b'{"daily": 5}', "daily must be a JSON array"),
    ],
)
def test_what_is_no_such_report_is_refused(document: bytes, words: str) -> None:
    with pytest.raises(FileRefused) as refused:
        CcusageFile(document, user="ana")

    assert words in str(refused.value)


def test_somebody_must_be_named() -> None:
    with pytest.raises(FileRefused, match="--user"):
        CcusageFile(b'{"daily": []}', user="")


def test_what_was_rejected_is_such_a_report_of_only_that() -> None:
    found = opened({"daily": [OLD_DAY, 5]})
    said = found.rejected_head()
    given = list(found.records())
    for record in given[1:]:
        said += found.rejected(record, "why", "made")
    said += found.rejected_tail()

    again = list(CcusageFile(said.encode(), user="ana@example.com").records())

    assert [one.fields.get("id") for one in again] == [given[1].fields["id"], None]
    assert json.loads(said)["daily"][0]["error"] == "why"

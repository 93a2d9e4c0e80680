"""Charts within what Slack takes, and the bars of text that stand for them."""

from bot.domain.digests import Part
from bot.playground.blocks.surfaces import problems
from bot.slack.render import charts, days


def test_a_chart_by_day_has_one_point_for_each_day_in_both_series() -> None:
    chart = charts.by_day((1, 2, 3, 4, 5, 6, 7), (0,) * 7)

    assert problems("message", [chart]) == []
    assert [one["name"] for one in chart["chart"]["series"]] == ["Last week", "Week before"]


def test_a_pie_has_at_most_six_parts_and_loses_no_token() -> None:
    parts = [Part(name=f"model {n}", tokens=10 + n) for n in range(30)]

    (pie,) = charts.shares("Tokens used by model", parts)

    assert problems("message", [pie]) == []
    segments = pie["chart"]["segments"]
    assert len(segments) == 6
    assert sum(one["value"] for one in segments) == sum(part.tokens for part in parts)


def test_a_pie_of_one_part_is_left_out_and_so_is_a_part_of_nothing() -> None:
    parts = [Part(name="a", tokens=5), Part(name="b", tokens=0)]

    assert charts.shares("x", parts) == []


def test_labels_are_cut_and_stay_apart() -> None:
    labels = charts.labels(["claude-opus-4-20260101", "claude-opus-4-20260102", "mini", "mini"])

    assert all(len(label) <= charts.LABEL_MAX for label in labels)
    assert len(set(labels)) == 4


def test_bars_are_as_long_as_their_part_of_the_largest() -> None:
    assert charts.text_bars([("Mon", 1_600), ("Tue", 800), ("Wed", 1), ("Thu", 0)]) == (
        "Mon ████████████████ 1,600\n"
        "Tue ████████         800\n"
        "Wed █                1\n"
        "Thu                  0"
    )


def test_no_bars_for_no_rows() -> None:
    assert charts.text_bars([]) == ""


def test_weeks_and_waits_read_as_people_say_them() -> None:
    assert days.week("2025-12-29") == "29 December 2025 – 4 January 2026"
    assert days.week("2026-03-02") == "2–8 March 2026"
    assert [days.waited(n) for n in (5, 4_800, 7_200, 100_000, 172_800)] == [
        "1 minute",
        "80 minutes",
        "2 hours",
        "27 hours",
        "2 days",
    ]


def test_bars_with_two_figures_fit_a_phone_however_long_a_name_is() -> None:
    rows = [("claude-sonnet-4-5-long-context", 999_400, 999_400_000), ("Wed 25 Feb", 1_040, 0)]

    lines = charts.bar_tables({"By model": rows, "By project": rows}).splitlines()

    assert max(map(len, lines)) == 33
    assert lines[1:4] == [
        "claude-sonnet-4-5-l…",
        "           ████████   999k   999M",
        "Wed 25 Feb █         1,040      0",
    ]

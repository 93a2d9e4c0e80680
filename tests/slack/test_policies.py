"""Policies over the wire: shown, set in words and in forms, capped; and what can't be set."""

from collections.abc import Iterator, Mapping

import pytest

from bot.domain.policies import CAPS_MAX
from bot.playground.people import ANA, BEN, LEO, MIA, Person
from tests.databases import Databases
from tests.slack.test_first_contact import finance
from tests.slack.test_teams import answer, modal
from tests.slack.test_usage import call, take
from tests.slack.town import Town, town_on

MODE, GRACE, PER_CALL, PACE, ADVANCE = (
    "At the end of what there is",
    "Grace",
    "Most for one call",
    "Daily pace of each person",
    "Emergency advance",
)
MODEL = "Cheaper model instead"
SOFT = "Let calls go past the end by a grace, then refuse"
HARD = "Refuse a call that doesn’t fit"


@pytest.fixture
def search(sqlite_town: Town) -> Town:
    """A town with a team *search*: Ana is in it, Mia looks after it. Leo is an admin."""
    town = sqlite_town
    town.team("search", ANA, managers=(MIA,))
    return town


@pytest.fixture(scope="module")
def still(databases: Databases) -> Iterator[Town]:
    """The same for all tests that change nothing in it."""
    with databases.migrated("sqlite") as url, town_on(url) as made:
        made.team("search", ANA, managers=(MIA,))
        made.team("design", BEN)
        yield made


def policies(town: Town) -> list[tuple[object, ...]]:
    """Each team's own, without what nobody has set."""
    rows = town.rows(
        "SELECT t.name, p.mode, p.grace_tokens, p.grace_percent, p.request_max, p.day_tokens, "
        "p.day_percent, p.fallback_model, p.advance FROM policy p JOIN team t "
        "ON t.workspace_id = p.workspace_id AND t.team_id = p.team_id ORDER BY t.name"
    )
    return [tuple(one for one in row.values() if one not in {0, None, ""}) for row in rows]


def caps(town: Town) -> list[tuple[object, ...]]:
    rows = town.rows(
        "SELECT measure, name, tokens, period, fallback_model FROM cap ORDER BY cap_id"
    )
    return [tuple(one for one in row.values() if one) for row in rows]


def audited(town: Town) -> list[tuple[object, ...]]:
    rows = town.rows(
        "SELECT actor, what, before, after FROM audit WHERE what IN ('policy', 'cap') "
        "ORDER BY audit_id"
    )
    return [tuple(row.values()) for row in rows]


def all_of_it(town: Town) -> object:
    return policies(town), caps(town), audited(town)


# Shown.


def test_out_of_the_box_a_call_that_does_not_fit_is_refused(search: Town) -> None:
    shown = search.say(MIA, "policy search")

    for part in (
        "search: a call that doesn’t fit is refused.",
        "any size",
        "any pace",
        "As Everyone; none of its own",
        "Change…",
        "Add a cap…",
    ):
        assert part in shown
    assert "Use Everyone’s" not in shown


def test_a_policy_in_full_is_shown_in_words(search: Town) -> None:
    search.say(
        MIA,
        "policy search soft 10% per-request 200k a-day 20% fallback gpt-4o-mini advance 50k",
    )
    search.say(MIA, "policy search cap project ranking 5M a month")
    search.say(LEO, "policy everyone cap gpt-4* 1M weekly fallback gpt-4o-mini")

    shown = search.say(MIA, "policy search")

    for part in (
        "search: calls may go 10 % of the period’s funds past the end, then they are refused.",
        "at most 200k (200,000) tokens",
        "at most 20 % of the period’s funds by each person; it protects the week",
        "gpt-4o-mini",
        "up to 50k (50,000) tokens",
        "5M (5,000,000) of project ranking a month for all of the team",
        "By Everyone’s caps too: 1M (1,000,000) of gpt-4* a week for each person, then gpt-4o-mini",
        "Use Everyone’s",
    ):
        assert part in shown


def test_finance_looks_and_changes_nothing(search: Town) -> None:
    fay = finance(search, "fay")

    shown = search.say(fay, "policy search")
    refused = search.say(fay, "policy search off")

    assert "Managers and admins change it" in shown
    assert "Change…" not in shown
    assert "A team is for its managers and for admins to change" in refused
    assert policies(search) == []


# Typed.


@pytest.mark.parametrize(
    ("typed", "row"),
    [
        ("hard", ("search", "hard")),
        ("warn", ("search", "warn")),
        ("OFF", ("search", "off")),
        ("soft 50k", ("search", "soft", 50_000)),
        ("soft 10%", ("search", "soft", 10)),
        ("soft 10 %", ("search", "soft", 10)),
        ("per-request 200k", ("search", "hard", 200_000)),
        ("per-call 200k", ("search", "hard", 200_000)),
        ("a-day 20%", ("search", "hard", 20)),
        ("a-day 1,000,000", ("search", "hard", 1_000_000)),
        ("fallback gpt-4o-mini", ("search", "hard", "gpt-4o-mini")),
        ("advance 50k", ("search", "hard", 50_000)),
        ("warn a-day 1k advance 5", ("search", "warn", 1_000, 5)),
        ("per-request 1k per-request none", ("search", "hard")),
        ("advance 1k advance off", ("search", "hard")),
        ("fallback x fallback none", ("search", "hard")),
        ("a-day 1k a-day none", ("search", "hard")),
        ("soft 1k hard", ("search", "hard")),
    ],
)
def test_each_part_is_set_in_one_line(search: Town, typed: str, row: tuple[object, ...]) -> None:
    shown = search.say(MIA, f"policy search {typed}")

    assert "Set, and it holds from the next call on." in shown
    assert policies(search) == [row]


def test_what_is_set_later_leaves_the_rest_and_the_books_say_who_did_it(search: Town) -> None:
    search.say(LEO, "policy everyone soft 50k")
    search.say(MIA, "policy search a-day 20%")
    search.say(MIA, "policy search a-day 30%")

    assert policies(search) == [("Everyone", "soft", 50_000), ("search", "soft", 50_000, 30)]
    assert audited(search) == [
        (LEO.id, "policy", "", "soft grace_tokens=50000"),
        (MIA.id, "policy", "", "soft grace_tokens=50000 day_percent=20"),
        (
            MIA.id,
            "policy",
            "soft grace_tokens=50000 day_percent=20",
            "soft grace_tokens=50000 day_percent=30",
        ),
    ]


def test_a_team_named_as_a_word_of_ours_stands_in_quotes(search: Town) -> None:
    search.team("off by one", BEN)

    search.say(LEO, 'policy "off by one" warn')

    assert policies(search) == [("off by one", "warn")]


def test_everyones_policy_holds_again_by_a_word_and_by_a_button(search: Town) -> None:
    search.say(MIA, "policy search off")
    typed = search.say(MIA, "policy search default")
    before = policies(search)
    search.say(MIA, "policy search warn")
    search.say(MIA, "policy search")

    clicked = search.slack.click(MIA, "ephemeral", "Use Everyone’s")
    search.slack.resend(clicked.request)

    assert "search goes by the policy of Everyone again" in typed
    assert (before, policies(search)) == ([], [])
    search.soon(lambda: "by the policy of Everyone again" in answer(search, MIA))
    assert len(audited(search)) == 4


# Caps.


def test_a_cap_says_which_of_the_models_used_lately_it_counts(search: Town) -> None:
    _used(search, "gpt-4.1", "gpt-4o", "claude-haiku")

    shown = search.say(MIA, "policy search cap gpt-4* 1M a week")
    unknown = search.say(MIA, "policy search cap gpt-9* 1M a week")
    project = search.say(MIA, "policy search cap project ranking 5M a month")

    assert "Capped, from the next call on: 1M (1,000,000) of gpt-4* a week for each person" in shown
    assert "Of the models used in the last 30 days it counts gpt-4.1 and gpt-4o" in shown
    assert "None of the models used in the last 30 days is one of them" in unknown
    assert "in the last 30 days" not in project
    assert caps(search) == [
        ("model", "gpt-4*", 1_000_000, "week"),
        ("model", "gpt-9*", 1_000_000, "week"),
        ("project", "ranking", 5_000_000, "month"),
    ]


def test_a_cap_of_the_same_name_and_time_is_replaced_and_told(search: Town) -> None:
    search.say(MIA, "policy search cap gpt-4* 1M a week")

    shown = search.say(MIA, "policy search cap gpt-4* 2M a week fallback gpt-4o-mini")
    again = search.say(MIA, "policy search cap gpt-4* 2M a week fallback gpt-4o-mini")

    assert "2M (2,000,000) of gpt-4* a week for each person, then gpt-4o-mini, in place of" in shown
    assert "in place of 1M (1,000,000)" in shown
    assert "gpt-4o-mini is one of those models itself" in shown
    assert "in place of 2M" in again
    assert caps(search) == [("model", "gpt-4*", 2_000_000, "week", "gpt-4o-mini")]
    assert len(audited(search)) == 2


def test_a_cap_is_removed_by_its_name_and_said_how_to_have_it_again(search: Town) -> None:
    search.say(MIA, "policy search cap gpt-4* 1M a week fallback mini")
    search.say(MIA, 'policy search cap project "web search" 5M a month')

    shown = search.say(MIA, "policy search uncap gpt-4*")
    search.say(MIA, 'policy search uncap project "web search" a month')

    assert (
        "To have it again, type /tokens policy search cap gpt-4* 1000000 a week fallback mini"
        in shown
    )
    assert caps(search) == []
    search.say(MIA, "policy search cap gpt-4* 1000000 a week fallback mini")
    assert caps(search) == [("model", "gpt-4*", 1_000_000, "week", "mini")]


def test_of_two_caps_of_a_name_the_time_is_asked_for(search: Town) -> None:
    search.say(MIA, "policy search cap gpt-4* 1M a week")
    search.say(MIA, "policy search cap gpt-4* 100k a day")

    shown = search.say(MIA, "policy search uncap gpt-4*")
    search.say(MIA, "policy search uncap gpt-4* daily")

    assert "Which cap is meant by gpt-4*? There is gpt-4* a week or gpt-4* a day." in shown
    assert caps(search) == [("model", "gpt-4*", 1_000_000, "week")]


def test_a_cap_that_is_meant_is_named_as_it_is_typed(search: Town) -> None:
    search.say(MIA, 'policy search cap project "web search" 5M a month')

    shown = search.say(MIA, "policy search uncap web search")
    search.say(MIA, 'policy search uncap project "web search" a month')

    assert 'Which cap is meant by web search? There is project "web search" a month.' in shown
    assert caps(search) == []


def test_a_projects_cap_of_everyone_counts_all_teams_together_and_says_so(search: Town) -> None:
    search.say(LEO, "grant @ana 1M")

    set_ = search.say(LEO, "policy everyone cap project ranking 5M a month")
    why = search.say(ANA, "why")

    assert "5M (5,000,000) of project ranking a month for all teams together" in set_
    assert "Project ranking, by all teams together" in why


def test_a_cap_is_removed_by_its_button_once(search: Town) -> None:
    search.say(MIA, "policy search cap gpt-4* 1M a week")
    search.say(MIA, "policy search")

    clicked = search.slack.click(MIA, "ephemeral", "Remove")
    search.slack.resend(clicked.request)

    assert caps(search) == []
    search.soon(lambda: "That cap was gone already" in answer(search, MIA))
    assert len(audited(search)) == 2


# Forms.


def test_the_panel_of_a_team_leads_to_its_policy_and_back(search: Town) -> None:
    search.say(MIA, "team search")
    search.slack.click(MIA, "modal", "Policy…")
    shown = modal(search, MIA)
    search.slack.click(MIA, "modal", "Change…")

    done = search.slack.submit(
        MIA,
        {MODE: SOFT, GRACE: "10%", PER_CALL: "200k", PACE: "20%", MODEL: "mini", ADVANCE: "50k"},
    )

    assert "search: a call that doesn’t fit is refused." in shown
    assert done.is_good
    assert "calls may go 10 % of the period’s funds past the end" in modal(search, MIA)
    assert policies(search) == [("search", "soft", 10, 200_000, 20, "mini", 50_000)]


def test_the_form_has_what_holds_already_and_empties_what_is_taken_out(search: Town) -> None:
    search.say(MIA, "policy search soft 50k per-request 200k a-day 20% advance 1k")
    search.slack.click(MIA, "ephemeral", "Change…")
    shown = modal(search, MIA)

    search.slack.submit(MIA, {MODE: HARD, PER_CALL: "", PACE: "", ADVANCE: ""})

    for part in ("50,000", "200,000", "20%", "1,000"):
        assert part in shown
    assert policies(search) == [("search", "hard")]


def test_two_submits_at_once_are_one_change(search: Town) -> None:
    search.say(MIA, "policy search")
    search.slack.click(MIA, "ephemeral", "Change…")
    sent = search.slack.submit(MIA, {PER_CALL: "200k"})

    again = search.slack.resend(sent.request)

    assert "Set, and it holds" in again.body
    assert len(audited(search)) == 1


def test_a_cap_is_put_by_a_form(search: Town) -> None:
    search.say(MIA, "policy search")
    search.slack.click(MIA, "ephemeral", "Add a cap…")

    sent = search.slack.submit(
        MIA,
        {
            "What is capped?": "A project, for all of the team",
            "Which?": "web search",
            "At most": "5M",
            "In which time?": "A month",
        },
    )
    search.slack.resend(sent.request)

    assert "5M (5,000,000) of project web search a month for all of the team" in modal(search, MIA)
    assert caps(search) == [("project", "web search", 5_000_000, "month")]
    assert len(audited(search)) == 1


#: What is no figure of a policy: the field, what is typed, and what stands under it.
NO_FIGURES: Mapping[str, tuple[str, str, str]] = {
    "grace above all": (GRACE, "101%", "The grace is from 1 % to 100 %."),
    "no grace": (GRACE, "", "How far may calls go past the end? 50k, say, or 10%."),
    "grace of zero": (GRACE, "0%", "The grace is from 1 % to 100 %."),
    "grace of letters": (GRACE, "ten%", "ten% isn't an amount. Did you mean 10%?"),
    "negative percent": (GRACE, "-5%", "-5% is below zero."),
    "zero": (PER_CALL, "0", "0 is no amount. The least is 1 token."),
    "negative": (PER_CALL, "-5", "-5 is below zero. Amounts are always positive."),
    "huge": (PER_CALL, "1000000000000001", "1000000000000001 is more than can move at once."),
    "exponent": (PER_CALL, "1e6", "1e6 is short for a long number."),
    "pace above all": (PACE, "150%", "The daily pace is from 1 % to 100 %."),
    "pace of words": (PACE, "lots", "lots isn't an amount."),
    "advance": (ADVANCE, "1.5", "1.5 has a fraction of a token."),
}


@pytest.mark.parametrize("what", NO_FIGURES)
def test_what_is_no_figure_stands_under_its_field(still: Town, what: str) -> None:
    field, typed, said = NO_FIGURES[what]
    still.say(MIA, "policy search")
    still.slack.click(MIA, "ephemeral", "Change…")

    sent = still.slack.submit(MIA, {MODE: SOFT, GRACE: "10%", field: typed})

    assert [one.startswith(said) for one in sent.errors.values()] == [True]
    assert all_of_it(still) == ([], [], [])


def test_all_that_is_wrong_in_a_form_is_said_at_once(still: Town) -> None:
    still.say(MIA, "policy search")
    still.slack.click(MIA, "ephemeral", "Change…")

    sent = still.slack.submit(MIA, {MODE: SOFT, GRACE: "x", PER_CALL: "0", PACE: "-1%"})

    assert set(sent.errors) == {"grace", "request_max", "a_day"}


@pytest.mark.parametrize(
    ("field", "typed", "name", "said"),
    [
        ("At most", "0", "amount", "0 is no amount"),
        ("At most", "1e6", "amount", "1e6 is short for a long number"),
        ("Which?", " ", "name", "A model or project has 1 to 100 printable characters."),
    ],
)
def test_what_is_no_cap_stands_under_its_field(
    still: Town, field: str, typed: str, name: str, said: str
) -> None:
    still.say(MIA, "policy search")
    still.slack.click(MIA, "ephemeral", "Add a cap…")

    sent = still.slack.submit(MIA, {"Which?": "gpt-4*", "At most": "1M", field: typed})

    assert sent.errors[name].startswith(said)
    assert caps(still) == []


# What can't be.


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nowhere", "No team of yours is called nowhere"),
        ("nowhere hard", "No team of yours is called nowhere"),
        ("search hrad", "I can't read hrad there. Did you mean hard?"),
        ("search sfot 10%", "I can't read sfot there. Did you mean soft?"),
        ("wrn", "I can't read wrn there. Did you mean warn?"),
        ("search hard please", "I can't read please there. It could be hard"),
        (
            "search soft",
            "One part is left to say: add how far calls may go past the end: soft 50k or soft 10%",
        ),
        ("search soft 101%", "The grace is from 1 % to 100 %."),
        ("search soft 50k 10%", "The grace is in tokens or in percent, not in both."),
        ("search soft 10% 50k", "The grace is in tokens or in percent, not in both."),
        ("search soft 0", "0 is no amount"),
        ("search soft 1e6", "1e6 is short for a long number"),
        ("search soft 99999999999999999999%", "The grace is from 1 % to 100 %."),
        ("search per-request", "One part is left to say: add an amount like 200k"),
        ("search per-request 0", "0 is no amount"),
        ("search per-request -5", "-5 is below zero"),
        ("search per-request 2000000000000000", "is more than can move at once"),
        ("search per-request 1e6", "1e6 is short for a long number"),
        ("search per-request 1 000", "Did you mean 1,000?"),
        ("search a-day 120%", "The daily pace is from 1 % to 100 %."),
        ("search a-day", "One part is left to say"),
        ("search fallback", "One part is left to say: add a model's name"),
        (f"search fallback {'m' * 101}", "The other model has at most 100 printable characters"),
        ("search advance lots", "lots isn't an amount"),
        (
            "search cap",
            "One part is left to say: add cap gpt-4* 1M a week or cap project search 5M a month",
        ),
        ("search cap gpt-4*", "One part is left to say: add an amount like 1M"),
        ("search cap gpt-4* 1M", "One part is left to say: add a day, a week or a month"),
        ("search cap gpt-4* 1M a fortnight", "I can't read fortnight there."),
        ("search cap gpt-4* 0 a week", "0 is no amount"),
        ("search cap gpt-4* 1e6 a week", "1e6 is short for a long number"),
        ("search cap gpt-4* 1M a week or so", "I can't read or there."),
        (f"search cap {'m' * 101} 1M a week", "A model or project has 1 to 100 printable"),
        ("search uncap gpt-4*", "There is no cap of gpt-4*, and no other."),
        ("search uncap", "One part is left to say: add a cap's name: uncap gpt-4* or"),
    ],
)
def test_what_can_t_be_set_says_why_and_changes_nothing(still: Town, typed: str, said: str) -> None:
    shown = still.say(LEO, f"policy {typed}")

    assert said in shown
    assert all_of_it(still) == ([], [], [])


def test_the_twenty_first_cap_is_one_too_many(search: Town) -> None:
    for nth in range(CAPS_MAX):
        search.say(MIA, f"policy search cap model-{nth} 1M a week")

    shown = search.say(MIA, "policy search cap one-more 1M a week")
    replaced = search.say(MIA, "policy search cap model-1 2M a week")

    assert "That cap is one too many: a team has 20 at most." in shown
    assert "in place of 1M" in replaced
    assert len(caps(search)) == CAPS_MAX


@pytest.mark.parametrize(
    ("who", "typed", "said"),
    [
        (
            ANA,
            "policy",
            "/tokens team shows the one you are in; /tokens why what limits your calls.",
        ),
        (ANA, "policy search off", "A team is for its managers and for admins to change"),
        (ANA, "policy search cap x 1M a week", "A team is for its managers"),
        (ANA, "policy search uncap x", "A team is for its managers"),
        (MIA, "policy design off", "No team of yours is called design"),
        (MIA, "policy design default", "No team of yours is called design"),
    ],
)
def test_whoever_does_not_run_the_team_is_told_who_does(
    still: Town, who: Person, typed: str, said: str
) -> None:
    shown = still.say(who, typed)

    assert said in shown
    assert all_of_it(still) == ([], [], [])


def test_buttons_and_forms_of_a_team_that_ended_change_nothing(search: Town) -> None:
    search.say(LEO, "policy search warn cap")
    search.say(LEO, "policy search warn")
    search.say(LEO, "policy search cap gpt-4* 1M a week")
    search.say(LEO, "policy search")
    policy = search.slack.ephemerals(LEO)[-1]
    search.slack.click(LEO, policy, "Change…")
    before = all_of_it(search)
    _end(search)

    sent = search.slack.submit(LEO, {PER_CALL: "200k"})
    said = [sent.body]
    for label in ("Remove", "Use Everyone’s", "Change…", "Add a cap…"):
        search.slack.click(LEO, policy, label)
        search.soon(lambda: "search has ended" in answer(search, LEO))

    assert "has ended, so nothing was changed" in said[0]
    assert all_of_it(search) == before


def test_a_button_for_whoever_lost_the_team_says_so(search: Town) -> None:
    search.say(MIA, "policy search warn")
    policy = search.slack.ephemerals(MIA)[-1]
    search.say(LEO, "team manager remove search @mia")

    search.slack.click(MIA, policy, "Change…")

    search.soon(lambda: "Which team? Name one: Everyone." in answer(search, MIA))
    assert policies(search) == [("search", "warn")]


def _end(town: Town) -> None:
    town.say(LEO, "team end search")
    town.slack.click(LEO, "ephemeral", "End the team")
    town.soon(lambda: town.rows("SELECT 1 FROM team WHERE ended_at IS NOT NULL"))


def _used(town: Town, *models: str) -> None:
    """Ana used each of these for her team."""
    take(town, *(call(town, model, ANA, model=model) for model in models))

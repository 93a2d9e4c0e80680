"""Forms about a team's policy: the whole of it, and a cap."""

import json

from bot.domain import amounts
from bot.domain.limits import Measure
from bot.domain.policies import CapPeriod, Mode, Policy
from bot.domain.policy_views import TeamPolicy
from bot.domain.usage import NAME_MAX
from bot.slack.ids import Callback, Field
from bot.slack.render.blocks import Block, View, context, modal, plain, section
from bot.slack.render.inputs import amount, field, initial, radio
from bot.slack.render.text import team_name

_FIGURE_LENGTH_MAX = 40
_MODES = (
    (Mode.HARD.value, "Refuse a call that doesn’t fit"),
    (Mode.SOFT.value, "Let calls go past the end by a grace, then refuse"),
    (Mode.WARN.value, "Refuse nothing, and tell whoever goes past the end"),
    (Mode.OFF.value, "Refuse nothing, only count"),
)
_PERIODS = tuple((period.value, f"A {period}") for period in CapPeriod)


def policy_form(seen: TeamPolicy) -> View:
    """All of it, with what holds now already in the fields."""
    held = seen.policy
    note = (
        "" if seen.is_own or seen.team.is_everyone else " Sent, the team has a policy of its own."
    )
    return modal(
        "Policy",
        [
            section(f"What holds for calls of *{team_name(seen.team.name)}*.{note}"),
            radio(Field.MODE, "At the end of what there is", _MODES, held.mode.value),
            *_figures(held),
            context("It holds from the next call on. Caps stay as they are"),
        ],
        callback_id=Callback.POLICY,
        submit="Save",
        metadata=_metadata(seen),
    )


def cap_form(seen: TeamPolicy) -> View:
    """What is capped, at how much, in which time."""
    name = {
        "type": "plain_text_input",
        "placeholder": plain("gpt-4* or search"),
        "max_length": NAME_MAX,
    }
    of_all = "all teams together" if seen.team.is_everyone else "all of the team"
    measures = (
        (Measure.MODEL.value, "Models, for each person"),
        (Measure.PROJECT.value, f"A project, for {of_all}"),
    )
    return modal(
        "Add a cap",
        [
            section(f"A cap for *{team_name(seen.team.name)}*, beside what it has available."),
            radio(Field.MEASURE, "What is capped?", measures, Measure.MODEL.value),
            field(
                Field.NAME,
                "Which?",
                name,
                hint="Models by a name in which * stands for anything; or the project's name.",
            ),
            amount("At most", ""),
            radio(Field.PERIOD, "In which time?", _PERIODS, CapPeriod.WEEK.value),
            _model(""),
            context("A cap of the same name and time is replaced"),
        ],
        callback_id=Callback.CAP,
        submit="Cap it",
        metadata=_metadata(seen),
    )


def _figures(held: Policy) -> list[Block]:
    return [
        _figure(
            Field.GRACE,
            "Grace",
            _either(held.grace_tokens or None, held.grace_percent or None),
            hint="How far calls may go past the end: 50k, or 10% of the period's funds.",
        ),
        _figure(
            Field.REQUEST_MAX,
            "Most for one call",
            _either(held.request_max, None),
            hint="As in 200k. Empty: any size.",
        ),
        _figure(
            Field.A_DAY,
            "Daily pace of each person",
            _either(held.day_tokens, held.day_percent),
            hint="It protects the week: 200k, or 20% of the period's funds. Empty: any pace.",
        ),
        _model(held.fallback_model),
        _figure(
            Field.ADVANCE,
            "Emergency advance",
            _advance(held),
            hint="What a person may take once a period, repaid from their next allowance.",
        ),
    ]


def _advance(held: Policy) -> str:
    return _either(held.advance or None, None)


def _either(tokens: int | None, percent: int | None) -> str:
    """A figure as it is typed; empty where there is none."""
    if percent is not None:
        return f"{percent}%"
    return "" if tokens is None else amounts.exact(tokens)


def _figure(name: Field, label: str, typed: str, *, hint: str) -> Block:
    element = {
        "type": "plain_text_input",
        "max_length": _FIGURE_LENGTH_MAX,
        **initial("value", typed),
    }
    return field(name, label, element, hint=hint, optional=True)


def _model(typed: str) -> Block:
    element = {
        "type": "plain_text_input",
        "placeholder": plain("gpt-4o-mini"),
        "max_length": NAME_MAX,
        **initial("value", typed),
    }
    hint = "What a caller may use in place of a model that is refused."
    return field(Field.FALLBACK, "Cheaper model instead", element, hint=hint, optional=True)


def _metadata(seen: TeamPolicy) -> str:
    return json.dumps({"team_id": seen.team.team_id})

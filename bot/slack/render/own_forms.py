"""Forms about oneself: who stands in, and when to be told that tokens run low."""

from dataclasses import dataclass
from datetime import date

from bot.domain.directory import UserId
from bot.domain.preferences import AlertChoice
from bot.slack.ids import NO, YES, Callback, Field
from bot.slack.render.alerts import stored_as_typed
from bot.slack.render.blocks import Block, View, modal, plain
from bot.slack.render.inputs import field, initial

#: Everything that can be read is shorter.
_TYPED_LENGTH_MAX = 40


@dataclass(frozen=True, slots=True)
class AwayDraft:
    """What was typed of a stand-in and days so far."""

    stand_in: UserId | None = None
    first: date | None = None
    last: date | None = None


def away_form(draft: AwayDraft) -> View:
    """Who decides meanwhile, and on which days; what was typed already stands in it."""
    return modal(
        "Name a stand-in",
        [
            field(
                Field.RECIPIENT,
                "Who stands in for you?",
                {
                    "type": "users_select",
                    "placeholder": plain("Choose a colleague"),
                    **initial("user", draft.stand_in),
                },
                hint="They hear of it at once, and decide and grant for whom you may.",
            ),
            _day(Field.FIRST_DAY, "First day away", draft.first, hint="Empty: now.", optional=True),
            _day(Field.LAST_DAY, "Last day away", draft.last, hint="Up to its end."),
        ],
        callback_id=Callback.AWAY,
        submit="Name",
    )


def alerts_form(choice: AlertChoice) -> View:
    """When I want to be told that tokens run low: what holds now stands in it."""
    chosen = choice.person.preferences
    has_hours = chosen.quiet_from != chosen.quiet_to
    hours = f"{chosen.quiet_from}-{chosen.quiet_to}" if has_hours else ""
    percentages = {
        "type": "plain_text_input",
        "placeholder": plain("20 5 0"),
        "max_length": _TYPED_LENGTH_MAX,
        **initial("value", stored_as_typed(choice.thresholds)),
    }
    quiet = {
        "type": "plain_text_input",
        "placeholder": plain("20-8"),
        "max_length": _TYPED_LENGTH_MAX,
        **initial("value", hours),
    }
    return modal(
        "Alerts",
        [
            field(
                Field.THRESHOLDS,
                "Tell me at how many percent left?",
                percentages,
                hint="Of what I have in a period. 0 is when nothing is left. Empty: no alerts.",
                optional=True,
            ),
            field(
                Field.QUIET_HOURS,
                "Quiet hours",
                quiet,
                hint=f"In {choice.quiet.zone}. Empty: none. “Nothing left” is told at any hour.",
                optional=True,
            ),
            _weekends(is_quiet=chosen.has_quiet_weekends),
        ],
        callback_id=Callback.ALERTS,
        submit="Save",
    )


def _weekends(*, is_quiet: bool) -> Block:
    options = [
        {"text": plain("Quiet"), "value": YES},
        {"text": plain("Like other days"), "value": NO},
    ]
    element = {
        "type": "radio_buttons",
        "options": options,
        "initial_option": options[0 if is_quiet else 1],
    }
    return field(Field.QUIET_WEEKENDS, "Saturdays and Sundays", element)


def _day(
    name: Field, label: str, typed: date | None, *, hint: str, optional: bool = False
) -> Block:
    chosen = initial("date", typed.isoformat() if typed else None)
    return field(name, label, {"type": "datepicker", **chosen}, hint=hint, optional=optional)

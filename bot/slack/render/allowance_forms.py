"""The forms of an allowance: a new one with every term, and a change of what can change."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain import amounts
from bot.domain.allowance_wishes import AllowanceDraft, Preview
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import UserId
from bot.domain.periods import Period
from bot.slack.ids import Callback, Field
from bot.slack.render import allowance_terms as words
from bot.slack.render import inputs
from bot.slack.render.blocks import Block, View, context, modal, plain, section
from bot.slack.render.inputs import amount, initial, reason

#: Slack's limit of a menu.
_OPTIONS_MAX = 100
_OPTION_LENGTH_MAX = 75

CARRY_NONE, CARRY_ALL, CARRY_SOME = "none", "all", "some"
PRORATED, FROM_POOL, RETURNS = "prorated", "from_pool", "returns"

_CARRY = (
    (CARRY_NONE, "Nothing: what is left expires"),
    (CARRY_ALL, "All of it: nothing expires"),
    (CARRY_SOME, "Up to the amount below"),
)
_CONDITIONS = (
    (PRORATED, "Whoever joins in mid-period gets a part"),
    (FROM_POOL, "The team's pool pays, not the treasury"),
    (RETURNS, "Whoever leaves the team gives back what is left of it"),
)
_PERIODS = tuple((period.value, f"Every {period}") for period in Period)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceFormDraft:
    """What was typed of an allowance so far, and the teams there are to choose from."""

    terms: AllowanceDraft = field(default_factory=AllowanceDraft)
    subject: Subject | None = None
    teams: Sequence[tuple[Subject, str]] = ()


def allowance_form(draft: AllowanceFormDraft) -> View:
    """Everything that can be said of an allowance; what was typed already stands in it."""
    terms = draft.terms
    typed = amounts.exact(terms.tokens) if terms.tokens else ""
    return modal(
        "New allowance",
        [
            *_for_whom(draft),
            amount("How many each time?", typed),
            inputs.radio(Field.PERIOD, "How often?", _PERIODS, terms.period or Period.WEEK),
            *_carry(terms.carry_max),
            inputs.day(
                Field.STARTS_ON, "From", terms.starts_on, hint="Today, where it is left out."
            ),
            inputs.day(
                Field.UNTIL, "Until", terms.until, hint="Its last day; open, where left out."
            ),
            inputs.day(
                Field.FIRST_DAY,
                "A day on which a period begins",
                terms.anchor_on,
                hint="Weeks then begin on its weekday, months on its day. Else Mondays, the 1st.",
            ),
            _conditions(terms),
            reason("What for?", terms.note, hint="They see it."),
        ],
        callback_id=Callback.ALLOWANCE,
        submit="Next",
    )


def change_form(present: Preview, *, metadata: str) -> View:
    """Amount and carry-over, which can change from the next period on."""
    allowance = present.allowance
    terms = allowance.terms[-1]
    whom = words.whose(allowance.subject, present.team)
    return modal(
        "Change the allowance",
        [
            section(f"{words.in_full(allowance)} for {whom}."),
            amount("How many each time?", amounts.exact(terms.tokens)),
            *_carry(terms.carry_max),
            context("It changes from the next period on; you see from when before it does"),
        ],
        callback_id=Callback.ALLOWANCE_CHANGE,
        submit="Next",
        metadata=metadata,
    )


def _for_whom(draft: AllowanceFormDraft) -> list[Block]:
    subject = draft.subject
    person = None
    if subject is not None and subject.kind is SubjectKind.MEMBER:
        person = UserId(subject.id)
    someone = {
        "type": "users_select",
        "placeholder": plain("Choose a person"),
        **initial("user", person),
    }
    person_field = inputs.field(Field.RECIPIENT, "For a person", someone, optional=True)
    options = [
        {"text": plain(name[:_OPTION_LENGTH_MAX]), "value": str(one)}
        for one, name in draft.teams[:_OPTIONS_MAX]
    ]
    if not options:
        return [person_field]
    chosen = [option for option in options if option["value"] == str(subject)]
    menu = {
        "type": "static_select",
        "placeholder": plain("Choose a team"),
        "options": options,
        **initial("option", chosen[0] if chosen else None),
    }
    return [person_field, inputs.field(Field.FOR_TEAM, "Or for a team", menu, optional=True)]


def _carry(most: int | None) -> list[Block]:
    chosen = CARRY_SOME
    if most is None:
        chosen = CARRY_ALL
    elif not most:
        chosen = CARRY_NONE
    typed = amounts.exact(most) if most else ""
    up_to = {
        "type": "plain_text_input",
        "placeholder": plain("500k"),
        "max_length": 40,
        **initial("value", typed),
    }
    return [
        inputs.radio(Field.CARRY, "What is left at a period's end carries over", _CARRY, chosen),
        inputs.field(Field.CARRY_MAX, "Carry over up to", up_to, optional=True),
    ]


def _conditions(terms: AllowanceDraft) -> Block:
    made = [{"text": plain(text), "value": value} for value, text in _CONDITIONS]
    said = {
        PRORATED: terms.is_prorated,
        FROM_POOL: terms.is_from_pool,
        RETURNS: terms.returns_on_leaving,
    }
    chosen = [option for option in made if said[str(option["value"])]]
    element = {"type": "checkboxes", "options": made, **initial("options", chosen)}
    return inputs.field(Field.CONDITIONS, "And", element, optional=True)

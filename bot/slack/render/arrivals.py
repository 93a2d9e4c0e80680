"""The first steps: what each does, how it stands, and what to try once all is set."""

from typing import Literal

from bot.domain import amounts
from bot.domain.arrivals import SUGGESTED_TOKENS, SetUp, Stand, Step
from bot.domain.directory import EVERYONE
from bot.slack.ids import COMMAND, Action
from bot.slack.render import buttons
from bot.slack.render.blocks import Block, Message, actions, button, context, message, section
from bot.slack.render.text import people

_NUMBER = {step: n for n, step in enumerate(Step, 1)}
_SUGGESTED = amounts.short(SUGGESTED_TOKENS)
#: What the step is called, and what it does.
_OPEN = {
    Step.DIGEST: (
        "A channel for the weekly digest",
        "One message there every Monday at 09:00: what was used, and of which models. It has "
        "totals, and names nobody unless you let it.",
    ),
    Step.APPROVERS: (
        "Who approves",
        "Slack's admins and owners do now. Name people who know the work, and requests for more "
        "tokens go to them instead.",
    ),
    Step.ALLOWANCE: (
        "A weekly allowance for everyone",
        f"So that nobody has to ask to begin. The form suggests {_SUGGESTED} tokens each from "
        "Monday on, about 750,000 words read or written; you see the sum before it starts, and "
        "can change it later.",
    ),
}
_SKIPPED = {
    Step.DIGEST: "no weekly digest",
    Step.APPROVERS: "Slack's admins and owners approve",
    Step.ALLOWANCE: "people ask, or are given tokens by hand",
}
_TRY = (
    f"• `{COMMAND} grant @ana 250k for the pilot` gives somebody tokens; they get a message\n"
    f"• `{COMMAND} settings` shows how usage comes in, once AI tools report it\n"
    f"• `{COMMAND} help` shows everything you can do"
)


def welcome(shown: SetUp) -> Message:
    """The first admin's message: the steps, and in the end what to try next."""
    if shown.is_finished:
        return _all_set(shown)
    if all(shown.stand(step) is Stand.OPEN for step in Step):
        headline = (
            "*Three steps set tokenbot up*, in about five minutes. Each can be skipped, and "
            "nothing goes to anybody before you choose it."
        )
    else:
        headline = _count(shown)
    return message(headline, *_steps(shown), _again())


def setup(shown: SetUp) -> Message:
    """The same for whoever asks for it: what is done can be changed too."""
    return message(_count(shown), *_steps(shown, changes=True), _again())


def _all_set(shown: SetUp) -> Message:
    lines = "\n".join(f"• {_stands(shown, step)}" for step in Step)
    return message(
        "*All set.* Your people can begin.",
        section(lines),
        section(f"*Try next*\n{_TRY}"),
        actions(buttons.grant()),
        context(f"`{COMMAND} setup` brings the steps back"),
    )


def _count(shown: SetUp) -> str:
    done = sum(shown.stand(step) is Stand.DONE for step in Step)
    skipped = sum(shown.stand(step) is Stand.SKIPPED for step in Step)
    rest = f", {skipped} skipped" if skipped else ""
    return f"*{done} of {len(Step)} steps done*{rest}. Each can be done or skipped at any time."


def _again() -> Block:
    return context(f"`{COMMAND} setup` brings these steps back at any time")


def _steps(shown: SetUp, *, changes: bool = False) -> list[Block]:
    return [block for step in Step for block in _step(shown, step, changes=changes)]


def _step(shown: SetUp, step: Step, *, changes: bool) -> list[Block]:
    number, stand = _NUMBER[step], shown.stand(step)
    if stand is Stand.OPEN:
        name, what = _OPEN[step]
        return [
            section(f"*{number}. {name}*\n{what}"),
            actions(_opens(step, is_next=step is _next(shown)), _skip(step)),
        ]
    again = [actions(_opens(step, is_next=False))] if changes or stand is Stand.SKIPPED else []
    return [section(f"*{number}.* {_stands(shown, step)}"), *again]


def _stands(shown: SetUp, step: Step) -> str:
    """`*Done*: …` or `*Skipped*: …`"""
    if shown.stand(step) is Stand.DONE:
        return f"*Done*: {_done(shown, step)}"
    return f"*Skipped*: {_SKIPPED[step]}"


def _done(shown: SetUp, step: Step) -> str:
    match step:
        case Step.DIGEST:
            return f"a weekly digest goes to <#{shown.channel}>"
        case Step.APPROVERS:
            return f"{people(shown.named)} {'approves' if len(shown.named) == 1 else 'approve'}"
        case Step.ALLOWANCE:
            if shown.tokens is not None:
                most = amounts.short(shown.tokens)
                return f"each gets {most} tokens every {shown.period}"
            count = shown.allowances
            return f"{count} {'allowance runs' if count == 1 else 'allowances run'}"


def _next(shown: SetUp) -> Step | None:
    return next((step for step in Step if shown.stand(step) is Stand.OPEN), None)


def _opens(step: Step, *, is_next: bool) -> Block:
    """The button that opens the step's form."""
    style: Literal["primary"] | None = "primary" if is_next else None
    match step:
        case Step.DIGEST:
            return button(
                "Choose a channel…",
                Action.DIGEST_CHANNEL,
                value=f"{EVERYONE}:",
                style=style,
                spoken="Choose a channel for the weekly digest",
            )
        case Step.APPROVERS:
            return button(
                "Choose approvers…",
                Action.TEAM_MANAGERS,
                value=EVERYONE,
                style=style,
                spoken="Choose who approves requests",
            )
        case Step.ALLOWANCE:
            return button(
                "Set an allowance…",
                Action.SETUP_ALLOWANCE,
                style=style,
                spoken="Set a weekly allowance for everyone",
            )


def _skip(step: Step) -> Block:
    spoken = f"Skip step {_NUMBER[step]}: {_OPEN[step][0]}"
    return button("Skip", Action.SETUP_SKIP, value=step.value, spoken=spoken)

"""A text's size, and the form to paste one into."""

from bot.domain import amounts
from bot.domain.estimates import OFFERED, ModelSize, TextSize
from bot.slack.ids import Callback, Field
from bot.slack.render.blocks import Block, Message, View, context, message, modal, plain, section
from bot.slack.render.inputs import field
from bot.slack.render.text import dollars, listed, number

#: The most that Slack takes in a field.
TEXT_MAX = 3_000
_ALL = "all"


def estimate(found: TextSize) -> Message:
    """The figure first, with its share of what is left; then each model that counts otherwise."""
    first, *others = found.sizes
    about = "About " if first.is_estimate else ""
    headline = f"{about}{number(first.tokens)} {_word(first.tokens)} for {first.model.name}"
    lines = [section("\n".join(map(_line, found.sizes)))] if others else []
    return message(
        f"{headline}{_share(first, found.available)}.",
        *lines,
        context(*_small_print(found)),
    )


def estimate_form() -> View:
    """A text, and for which model; out of the box one of each family."""
    every: Block = {"text": plain("One of each kind"), "value": _ALL}
    models = [{"text": plain(one.name), "value": one.name} for one in OFFERED]
    return modal(
        "Estimate tokens",
        [
            field(
                Field.TEXT,
                "Which text?",
                {
                    "type": "plain_text_input",
                    "multiline": True,
                    "max_length": TEXT_MAX,
                    "focus_on_load": True,
                },
                hint="It is counted and forgotten: neither kept nor sent anywhere.",
            ),
            field(
                Field.MODEL,
                "For which model?",
                {"type": "static_select", "options": [every, *models], "initial_option": every},
                optional=True,
            ),
        ],
        callback_id=Callback.ESTIMATE,
        submit="Count",
    )


def _share(size: ModelSize, available: int | None) -> str:
    """That of what is left, as it would be charged."""
    if available is None:
        return ""
    if available <= 0:
        return ", and you have none left right now"
    if size.charge > available:
        return f": more than the {amounts.short(available)} that you have left"
    percent = size.charge * 100 // available
    share = f"{percent} %" if percent else "less than 1 %"
    return f": that is *{share}* of what you have left" if size.charge else ""


def _line(size: ModelSize) -> str:
    about = "about " if size.is_estimate else ""
    facts = [f"{about}{amounts.exact(size.tokens)}"]
    if size.charge != size.tokens:
        facts.append(f"charged {amounts.exact(size.charge)}")
    if size.cost_nano is not None:
        facts.append(f"{dollars(size.cost_nano)} for {size.model.name}")
    return f"• *{size.model.family.name}*: {' · '.join(facts)}"


def _small_print(found: TextSize) -> list[str]:
    first, *others = found.sizes
    said = []
    if not others and first.cost_nano is not None:
        said.append(f"{dollars(first.cost_nano)} by list price ({found.prices})")
    if not others and first.charge != first.tokens:
        said.append(f"Charged {amounts.exact(first.charge)} by the rates here")
    if others:
        said.append(f"List prices: {found.prices}")
    guessed = [one.model.family.name for one in found.sizes if one.model.family.is_estimate]
    if guessed:
        count = "count" if len(guessed) > 1 else "counts"
        said.append(f"How {listed(guessed)} {count} is not public: an estimate by GPT-5's way")
    if any(one.is_estimate and not one.model.family.is_estimate for one in found.sizes):
        said.append("Its long runs of blanks were estimated")
    return [*said, "What the model answers comes on top"]


def _word(count: int) -> str:
    return "token" if count == 1 else "tokens"

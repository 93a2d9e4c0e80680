"""Sizes of texts: for one of each family, one model, other rates, and for nobody's tokens."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from bot.domain.estimates import OFFERED, SHOWN, Model, ModelSize, TextSize
from bot.slack.render import messages, views
from tests.slack.render.facts import HUGE

Render = Callable[[], dict[str, Any]]

_EVERY = TextSize(
    sizes=tuple(
        ModelSize(
            model=model,
            tokens=1_234 + 67 * (number == 1),
            is_estimate=model.family.is_estimate,
            charge=1_234 + 67 * (number == 1),
            cost_nano=1_542_500 * (number + 1),
        )
        for number, model in enumerate(SHOWN)
    ),
    available=40_000,
    prices="genai-prices 0.2.3",
)


def _one(model: Model, **facts: Any) -> TextSize:
    plain = ModelSize(
        model=model,
        tokens=1_234,
        is_estimate=model.family.is_estimate,
        charge=1_234,
        cost_nano=1_542_500,
    )
    return replace(_EVERY, sizes=(replace(plain, **facts),))


def estimate_messages() -> dict[str, Render]:
    rated = tuple(replace(one, charge=one.tokens * 3) for one in _EVERY.sizes)
    unpriced = tuple(replace(one, cost_nano=None) for one in _EVERY.sizes)
    claude = next(one for one in OFFERED if "claude" in one.name)
    gpt = OFFERED[0]
    return {
        "estimate": partial(messages.estimate, _EVERY),
        "estimate_by_rates": partial(messages.estimate, replace(_EVERY, sizes=rated)),
        "estimate_unpriced": partial(messages.estimate, replace(_EVERY, sizes=unpriced)),
        "estimate_for_one": partial(messages.estimate, _one(gpt)),
        "estimate_for_one_guessed": partial(messages.estimate, _one(claude, charge=3_702)),
        "estimate_of_blanks": partial(messages.estimate, _one(gpt, is_estimate=True)),
        "estimate_of_nothing": partial(
            messages.estimate, _one(gpt, tokens=0, charge=0, cost_nano=0)
        ),
        "estimate_of_one_token": partial(messages.estimate, _one(gpt, tokens=1, charge=1)),
        "estimate_with_nothing_left": partial(messages.estimate, replace(_EVERY, available=-5)),
        "estimate_beyond": partial(messages.estimate, replace(_EVERY, available=1_000)),
        "estimate_of_outsider": partial(messages.estimate, replace(_EVERY, available=None)),
        "estimate_huge": partial(messages.estimate, _one(gpt, tokens=HUGE, charge=HUGE)),
    }


def estimate_views() -> dict[str, Render]:
    return {"estimate_form": views.estimate_form}

"""Which models count alike, as tiktoken itself has it where it knows."""

import pytest
from tiktoken.model import MODEL_PREFIX_TO_ENCODING, MODEL_TO_ENCODING

from bot.domain.estimates import OFFERED, SHOWN, Encoding, asked_for, family

#: Of the same ranks as o200k_base, with more special tokens.
_ALIKE = {"o200k_harmony": "o200k_base"}
#: Base models of old, which nobody gives an allowance of.
_BASE = {"davinci-002", "babbage-002", "ft:davinci-002", "ft:babbage-002"}


@pytest.mark.parametrize(
    ("model", "encoding"), sorted({**MODEL_PREFIX_TO_ENCODING, **MODEL_TO_ENCODING}.items())
)
def test_a_model_that_tiktoken_knows_counts_as_it_says(model: str, encoding: str) -> None:
    said = _ALIKE.get(encoding, encoding)
    if said not in set(Encoding) or model in _BASE:
        assert family(model).is_estimate
        return

    assert (family(model).encoding, family(model).is_estimate) == (said, False)


@pytest.mark.parametrize(
    "model",
    [
        "claude-sonnet-4-5",
        "anthropic/claude-3-5-haiku-latest",
        "us.anthropic.claude-sonnet-4-20250514-v1:0",
        "gemini-2.5-pro",
        "vertex_ai/gemini-2.5-flash",
        "mistral-large",
        "gpt-7-of-a-day-to-come",
        "",
        "*",
        "x" * 1_000,
    ],
)
def test_a_model_that_nobody_published_is_an_estimate(model: str) -> None:
    assert family(model).is_estimate


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("openai/gpt-4o", Encoding.O200K),
        ("azure/gpt-4o-mini", Encoding.O200K),
        ("GPT-4.1-nano", Encoding.O200K),
        ("gpt-5[1m]", Encoding.O200K),
        ("openai/gpt-4-turbo", Encoding.CL100K),
        ("gpt-3.5-turbo-0125", Encoding.CL100K),
    ],
)
def test_whoever_serves_a_model_it_counts_alike(model: str, encoding: Encoding) -> None:
    assert family(model).encoding is encoding
    assert not family(model).is_estimate


def test_one_of_each_family_is_shown_and_any_offered_model_alone() -> None:
    assert len({model.family for model in SHOWN}) == len(SHOWN)
    assert set(SHOWN) <= set(OFFERED)
    assert len({model.name for model in OFFERED}) == len(OFFERED)
    for model in OFFERED:
        assert asked_for(model.name) == (model,)
    for odd in ("", "all", "no-such-model", "gpt"):
        assert asked_for(odd) == SHOWN

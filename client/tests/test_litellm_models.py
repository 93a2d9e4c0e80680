"""A LiteLLM proxy's models by the names that its providers, and so tokenbot, know them by."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tokenbot_client import litellm_models
from tokenbot_client.gateway import Model

ROWS = (
    {"model_name": "gpt", "litellm_params": {"model": "openai/gpt-4o"}},
    {"model_name": "gpt", "litellm_params": {"model": "azure/our-gpt"}},
    {"model_name": "small", "litellm_params": {"model": "openai/gpt-4o-mini"}},
    {"model_name": "bare", "litellm_params": {"model": "gpt-4.1"}},
    {"model_name": "anthropic/*", "litellm_params": {"model": "anthropic/*"}},
    {"model_name": "odd", "litellm_params": None},
)
SMALL = Model("small", "openai", "gpt-4o-mini")


def listing(name: str | None) -> Sequence[Mapping[str, Any]]:
    return [row for row in ROWS if name in (None, row["model_name"])]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("gpt", Model("gpt", "openai", "gpt-4o")),
        ("bare", Model("bare", "", "gpt-4.1")),
        ("anthropic/*", Model("anthropic/*")),
        ("odd", Model("odd")),
        ("unheard-of", Model("unheard-of")),
    ],
)
def test_a_model_is_known_by_its_first_deployment(name: str, model: Model) -> None:
    assert litellm_models.named(name, listing) == model


@pytest.mark.parametrize("name", ["small", "gpt-4o-mini"])
def test_a_policy_may_name_either_name(name: str) -> None:
    assert litellm_models.fallback(name, listing, None) == SMALL


def test_a_model_that_the_proxy_does_not_have_is_none() -> None:
    assert litellm_models.fallback("gpt-9", listing, None) is None


@pytest.mark.parametrize(
    ("models", "found"),
    [
        ([], SMALL),
        (["gpt", "small"], SMALL),
        (["all-team-models"], SMALL),
        (["gpt"], None),
    ],
)
def test_a_key_gets_no_model_that_it_may_not_use(models: list[str], found: Model | None) -> None:
    assert litellm_models.fallback("small", listing, {"models": models}) == found

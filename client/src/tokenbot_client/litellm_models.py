"""What a LiteLLM proxy's models are to their providers, whose names tokenbot counts by."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tokenbot_client.counts import field
from tokenbot_client.gateway import Model

#: The proxy's rows of a model, or of all; found anew each time, for a proxy's models may change.
Listing = Callable[[str | None], Sequence[Mapping[str, Any]]]

#: What stands among a key's models for all of them.
_ALL = frozenset({"all-proxy-models", "all-team-models", "*"})


def named(name: str, listing: Listing) -> Model:
    """The model that clients of the proxy call so; of several behind one name, the first."""
    for row in listing(name):
        return _model(name, row)
    return Model(name)


def fallback(name: str, listing: Listing, key: object) -> Model | None:
    """The model that a policy calls so, as the proxy or as its provider; None where there is none,

    or where the key may not use it.
    """
    found = next((_model(name, row) for row in listing(name)), None)
    if found is None:
        rows = (_model(str(row.get("model_name", "")), row) for row in listing(None))
        found = next((model for model in rows if model.provider_model == name), None)
    return found if found is not None and _may_use(key, found.name) else None


def _model(name: str, row: Mapping[str, Any]) -> Model:
    model = field(row.get("litellm_params"), "model")
    if not isinstance(model, str) or "*" in model:
        return Model(name)
    provider, _, provider_model = model.partition("/")
    return Model(name, provider, provider_model) if provider_model else Model(name, "", model)


def _may_use(key: object, name: str) -> bool:
    models = field(key, "models")
    if not isinstance(models, list) or not models:
        return True
    return name in models or not _ALL.isdisjoint(models)

"""OpenTelemetry's GenAI conventions, as far as spans and metrics share them."""

from bot.adapters import otlp_values as values
from bot.adapters.otlp_values import Attributes, Origin

SOURCE = "otel"
#: Calls of a model. Others may carry a sum over the calls within them (`invoke_agent`), which
#: come by themselves; older senders name none.
_CALLS = frozenset({"", "chat", "text_completion", "generate_content", "embeddings"})
#: Agents that tell of each call in a log of their own (Claude Code: log or metric) and repeat it
#: here: what begins so in `service.name`.
_HEARD_ELSEWHERE = ("claude-code", "codex", "gemini-cli")
#: Names of the conventions for who is called otherwise elsewhere.
_PROVIDERS = (
    ("gcp.", "google"),
    ("vertex_ai", "google"),
    ("gemini", "google"),
    ("az.", "azure"),
    ("azure", "azure"),
    ("aws.", "aws"),
    ("mistral", "mistral"),
    ("x_ai", "x-ai"),
    ("xai", "x-ai"),
)
_UNNAMED = "unknown_service"


def counts_here(found: Attributes, origin: Origin) -> bool:
    """Whether a span or point with these attributes is usage that nothing else tells of."""
    is_call = values.text(found, "gen_ai.operation.name") in _CALLS
    return is_call and not origin.service.startswith(_HEARD_ELSEWHERE)


def provider(found: Attributes) -> str:
    """Who was called, as prices and other sources name them."""
    name = values.text(found, "gen_ai.provider.name", "gen_ai.system").lower()
    return next((ours for start, ours in _PROVIDERS if name.startswith(start)), name)


def model(found: Attributes) -> str:
    return values.model(found, "gen_ai.response.model", "gen_ai.request.model")


def project(found: Attributes) -> str:
    """What the sender says, else the name of the service that made the call."""
    service = values.text(found, "service.name")
    named = "" if service.startswith(_UNNAMED) else service
    return values.text(found, "project") or named

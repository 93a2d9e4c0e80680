"""A person's own API key for their coding agent."""

from dataclasses import dataclass

from bot.domain.api_keys import ApiKey, Credential

#: Agents that report by OpenTelemetry with a key of their own, as they are typed.
AGENTS = frozenset({"claude-code"})


@dataclass(frozen=True, slots=True)
class Rates:
    """What everybody's last seven days would cost, raw and by list price."""

    raw: int
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentKey:
    """A key as it is; with its credential once, as it is made."""

    agent: str
    key: ApiKey
    credential: Credential | None
    #: For admins, who choose the rates.
    rates: Rates | None

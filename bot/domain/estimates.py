"""How large a text is before it is sent: which models count alike, and what it would cost."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain import patterns


class Encoding(StrEnum):
    """How a family of models cuts text into tokens."""

    O200K = "o200k_base"
    CL100K = "cl100k_base"


@dataclass(frozen=True, slots=True)
class Family:
    """Models that count alike."""

    name: str
    encoding: Encoding
    #: Whether nobody published how they count, so that another's way stands in for it.
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """Tokens of a text."""

    tokens: int
    #: Whether it was too odd to be counted whole.
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """A model that people are told about, for all of its family."""

    provider: str
    name: str

    @property
    def family(self) -> Family:
        return family(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSize:
    """A text as one model's input."""

    model: Model
    tokens: int
    is_estimate: bool
    #: Tokens of the allowance, by the workspace's rates.
    charge: int
    #: At list price, in billionths of a dollar; None where nobody knows one.
    cost_nano: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSize:
    """A text as the input of several models, or of the one that was asked for."""

    sizes: tuple[ModelSize, ...]
    #: What the one who asks has left; None for those who take no part.
    available: int | None
    #: Which list prices these are.
    prices: str


OPENAI = Family("GPT-5, GPT-4.1, GPT-4o and the o models", Encoding.O200K)
OPENAI_OLD = Family("GPT-4 and GPT-3.5", Encoding.CL100K)
CLAUDE = Family("Claude", Encoding.O200K, is_estimate=True)
GEMINI = Family("Gemini", Encoding.O200K, is_estimate=True)
OTHERS = Family("Others", Encoding.O200K, is_estimate=True)

#: The first pattern that fits a model's name says how it counts.
_FAMILIES: tuple[tuple[str, Family], ...] = (
    ("gpt-4o*", OPENAI),
    ("gpt-4.*", OPENAI),
    ("gpt-5*", OPENAI),
    ("gpt-oss*", OPENAI),
    ("chatgpt-4o*", OPENAI),
    ("ft:gpt-4o*", OPENAI),
    ("ft:gpt-4.*", OPENAI),
    ("o1*", OPENAI),
    ("o3*", OPENAI),
    ("o4*", OPENAI),
    ("gpt-4*", OPENAI_OLD),
    ("gpt-3.5*", OPENAI_OLD),
    ("gpt-35*", OPENAI_OLD),
    ("ft:gpt-4*", OPENAI_OLD),
    ("ft:gpt-3.5*", OPENAI_OLD),
    ("text-embedding-*", OPENAI_OLD),
    ("*claude*", CLAUDE),
    ("*gemini*", GEMINI),
)
#: One of each family, told of where nobody asked for a model.
SHOWN: tuple[Model, ...] = (
    Model("openai", "gpt-5"),
    Model("openai", "gpt-4"),
    Model("anthropic", "claude-sonnet-4-5"),
    Model("google", "gemini-2.5-pro"),
)
#: What a form offers.
OFFERED: tuple[Model, ...] = (
    Model("openai", "gpt-5"),
    Model("openai", "gpt-5-mini"),
    Model("openai", "gpt-4.1"),
    Model("openai", "gpt-4o"),
    Model("openai", "gpt-4o-mini"),
    Model("openai", "o3"),
    Model("openai", "gpt-4"),
    Model("openai", "gpt-3.5-turbo"),
    Model("anthropic", "claude-opus-4-5"),
    Model("anthropic", "claude-sonnet-4-5"),
    Model("anthropic", "claude-haiku-4-5"),
    Model("google", "gemini-2.5-pro"),
    Model("google", "gemini-2.5-flash"),
)


def family(model: str) -> Family:
    """How a model counts, whoever serves it."""
    bare = patterns.bare(model)
    found = (one for pattern, one in _FAMILIES if patterns.is_match(pattern, bare))
    return next(found, OTHERS)


def asked_for(model: str) -> tuple[Model, ...]:
    """The offered model of this name, or one of each family for any other."""
    return tuple(one for one in OFFERED if one.name == model) or SHOWN

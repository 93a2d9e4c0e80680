"""What a handler answers; the adapters turn it into what Slack takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.slack.ids import Field


@dataclass(frozen=True, slots=True)
class Show:
    """A message for this person alone; after a click it may replace the one clicked in."""

    message: Mapping[str, Any]
    replaces_original: bool = False
    #: What stands above it in place of a form.
    title: str = "Done"
    #: What it carries where it stands in a modal.
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """A form; `instead` is what to say where Slack doesn't open it."""

    view: dict[str, Any]
    instead: str
    #: In place of the view that was clicked in, which would be out of date once it is sent.
    replaces_view: bool = False


@dataclass(frozen=True, slots=True)
class Errors:
    """Sentences under the fields of the form that was sent."""

    fields: Mapping[Field, str] | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Push:
    """A page over the form that was sent, which keeps what was typed."""

    view: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Nothing:
    """What changes is owed by the outbox; there is nothing more to say."""


@dataclass(frozen=True, slots=True)
class Later:
    """A message that takes longer than Slack waits; `meanwhile` is said at once."""

    meanwhile: Mapping[str, Any]
    make: Callable[[], Mapping[str, Any]]


Answer = Show | Open | Push | Errors | Nothing

"""Sources that fell silent, in words: which, since when, and what to look at."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.domain.sources import SourceState
from bot.domain.usage_events import SourceRole
from bot.slack.ids import COMMAND, Action
from bot.slack.render.blocks import Block, Message, actions, button, context, message, section
from bot.slack.render.days import counted
from bot.slack.render.settings import KINDS
from bot.slack.render.text import code, listed, moment

_SOURCES_MAX = 10
#: Lines of one section: with long names, more would be over what Slack takes.
_LINES = 5
#: Sources that the headline names.
_NAMED = 3
#: Where it is told how a source is connected; of others, in the page on the API.
PAGES: Mapping[str, str] = MappingProxyType(
    {
        "anthropic": "docs/sources/anthropic.md",
        "anthropic-claude-code": "docs/sources/anthropic.md",
        "ccusage": "docs/sources/import.md",
        "claude-code": "docs/sources/claude-code.md",
        "codex": "docs/sources/opentelemetry.md",
        "gemini-cli": "docs/sources/opentelemetry.md",
        "litellm": "docs/sources/litellm.md",
        "openai": "docs/sources/openai.md",
        "otel": "docs/sources/opentelemetry.md",
    }
)
ANY_PAGE = "docs/api.md"


def sources_silent(silent: Sequence[SourceState], *, is_reminder: bool) -> Message:
    """For an admin: what is missing while it lasts, and how to find out why."""
    shown = silent[:_SOURCES_MAX]
    lines = [f"• {code(one.source)} ({KINDS[one.role]}): last heard {_heard(one)}" for one in shown]
    if len(silent) > _SOURCES_MAX:
        lines.append(f"and {len(silent) - _SOURCES_MAX} more: `tokenbot sources`")
    return message(
        _headline(silent, is_reminder=is_reminder),
        *_sections(lines),
        section("\n".join(["*What to look at*", *_checks(silent)])),
        actions(
            button(
                "See all sources",
                Action.SEE_SETTINGS,
                spoken="See all sources of usage, and how they are charged",
            )
        ),
        context(
            "Nobody uses it any more? Then there is nothing to do",
            "This was the last word of it"
            if is_reminder
            else "If it goes on, you hear once more, in a week",
            f"`{COMMAND} settings` always shows how each source is",
        ),
    )


def _headline(silent: Sequence[SourceState], *, is_reminder: bool) -> str:
    names = [code(one.source) for one in silent[:_NAMED]]
    if len(silent) > _NAMED:
        names.append(f"{len(silent) - _NAMED} more")
    if is_reminder:
        return f"*Still no usage comes from* {listed(names)}, a week after you were told."
    what = "A source" if len(silent) == 1 else counted(len(silent), "source")
    return f"*{what} of usage fell silent* while people are active: {listed(names)}."


def _heard(one: SourceState) -> str:
    return moment(one.last_received_at)


def _checks(silent: Sequence[SourceState]) -> list[str]:
    """A provider's report is fetched, all else is sent."""
    pages = sorted({PAGES.get(one.source, ANY_PAGE) for one in silent})
    checks = []
    if any(one.role is not SourceRole.REPORT for one in silent):
        checks += [
            "• Is it running, and does it reach this bot?",
            "• Does its key still count, and when was it last used? `tokenbot api-key list`",
        ]
    if any(one.role is SourceRole.REPORT for one in silent):
        checks.append("• Does the provider still take the admin key? tokenbot’s log says so")
    return [*checks, f"• How it is connected: {listed([f'`{page}`' for page in pages])}"]


def _sections(lines: Sequence[str]) -> list[Block]:
    return [
        section("\n".join(lines[start : start + _LINES])) for start in range(0, len(lines), _LINES)
    ]

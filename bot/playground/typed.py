"""What Slack makes of a text that a person typed."""

import re
from collections.abc import Mapping

from bot.playground.workspace import Workspace

#: A link, without the punctuation after it; the text is escaped already.
_URL = re.compile(r"https?://(?:(?!&gt;|&lt;)[^\s<>|])+(?<![.,;:!?)])")


def on_the_wire(workspace: Workspace, text: str) -> str:
    """Escaped as with `should_escape`: people, groups, channels and links become tokens.

    What names nobody stays plain: `@nobody`.
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = _URL.sub(lambda match: f"<{match.group()}>", escaped)
    for channel in workspace.channels.values():
        if channel.name:
            pattern = rf"(?<!\w)#{re.escape(channel.name)}(?![\w-])"
            escaped = re.sub(pattern, f"<#{channel.id}|{channel.name}>", escaped)
    return _mentions(escaped, _handles(workspace))


def _handles(workspace: Workspace) -> Mapping[str, str]:
    """The token for each handle and name, in small letters."""
    people, groups = workspace.people.values(), workspace.usergroups.values()
    tokens = {
        one.handle.casefold(): f"<!subteam^{one.id}|@{one.handle}>"
        for one in groups
        if not one.is_disabled
    }
    tokens |= {one.name.casefold(): f"<@{one.id}|{one.name}>" for one in people}
    return tokens | {one.real_name.casefold(): f"<@{one.id}|{one.name}>" for one in people}


def _mentions(text: str, handles: Mapping[str, str]) -> str:
    longest_first = sorted(handles, key=len, reverse=True)
    names = "|".join(re.escape(name) for name in longest_first)
    pattern = re.compile(rf"(?<![\w@|])@({names})(?![\w.-]*\w)", re.IGNORECASE)

    return pattern.sub(lambda match: handles[match.group(1).casefold()], text)

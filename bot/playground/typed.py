"""What Slack makes of a text that a person typed."""

import re
from collections.abc import Mapping

from bot.playground.people import Person
from bot.playground.workspace import Workspace

#: A link, without the punctuation after it; the text is escaped already.
_URL = re.compile(r"https?://(?:(?!&gt;|&lt;)[^\s<>|])+(?<![.,;:!?)])")


def on_the_wire(workspace: Workspace, text: str) -> str:
    """Escaped as with `should_escape`: people, channels and links become tokens.

    What names nobody stays plain: `@nobody`.
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = _URL.sub(lambda match: f"<{match.group()}>", escaped)
    for channel in workspace.channels.values():
        if channel.name:
            pattern = rf"(?<!\w)#{re.escape(channel.name)}(?![\w-])"
            escaped = re.sub(pattern, f"<#{channel.id}|{channel.name}>", escaped)
    return _mentions(escaped, workspace.people)


def _mentions(text: str, people: Mapping[str, Person]) -> str:
    handles = {one.name.casefold(): one for one in people.values()}
    handles |= {one.real_name.casefold(): one for one in people.values()}
    longest_first = sorted(handles, key=len, reverse=True)
    names = "|".join(re.escape(name) for name in longest_first)
    pattern = re.compile(rf"(?<![\w@|])@({names})(?![\w.-]*\w)", re.IGNORECASE)

    def token(match: re.Match[str]) -> str:
        person = handles[match.group(1).casefold()]
        return f"<@{person.id}|{person.name}>"

    return pattern.sub(token, text)

"""What Slack makes of a text that a person typed."""

import re
from collections.abc import Mapping

from bot.playground.workspace import Workspace

#: A link, without the punctuation after it; the text is escaped already.
_URL = re.compile(r"https?://(?:(?!&gt;|&lt;)[^\s<>|])+(?<![.,;:!?)])")

#: Where a name may follow.
_AT = re.compile(r"(?<![\w@|])@")
#: A word that has not ended here.
_GOES_ON = re.compile(r"[\w.-]*\w")


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
    longest = max(map(len, handles), default=0)
    done, parts = 0, []
    for at in _AT.finditer(text):
        if at.end() <= done:
            continue
        name = _longest_name(text[at.end() :], longest, handles)
        if name:
            parts += [text[done : at.start()], handles[name.casefold()]]
            done = at.end() + len(name)
    return "".join([*parts, text[done:]])


def _longest_name(text: str, longest: int, handles: Mapping[str, str]) -> str:
    """The longest known name that this begins with and that ends where a word does."""
    ends = (end for end in range(min(len(text), longest), 0, -1) if not _GOES_ON.match(text, end))
    return next((text[:end] for end in ends if text[:end].casefold() in handles), "")

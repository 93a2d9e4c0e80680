"""Standard Markdown of the `markdown` block, as far as mrkdwn can say the same."""

import re

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_LINK = re.compile(r"\[([^\]\n]+)\]\((https?://[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
_BULLET = re.compile(r"^[-*] +", re.MULTILINE)


def as_mrkdwn(text: str) -> str:
    """Headings and bold become bold, dashes become bullets, links become Slack's."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    escaped = _HEADING.sub(r"*\1*", escaped)
    escaped = _BULLET.sub("• ", escaped)
    escaped = _BOLD.sub(r"*\1*", escaped)
    return _LINK.sub(r"<\2|\1>", escaped)

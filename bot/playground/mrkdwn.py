"""Slack's mrkdwn, read into pieces that can be shown as HTML or as plain text.

Nothing in a text ever becomes markup by itself: `to_html` escapes every piece.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from bot.playground import dates, emoji

Kind = Literal["text", "bold", "italic", "strike", "code", "pre", "quote", "link", "mention"]

_TOKEN = re.compile(
    r"```(?P<pre>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|<(?P<angle>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<bold>\S|\S[^*\n]*\S)\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>\S|\S[^_\n]*\S)_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>\S|\S[^~\n]*\S)~(?![\w~])"
    r"|:(?P<emoji>[a-z0-9_+\-]+):",
    re.DOTALL,
)
_QUOTE = re.compile(r"(?:^(?:&gt;|>) ?.*(?:\n|\Z))+", re.MULTILINE)
_QUOTE_MARK = re.compile(r"^(?:&gt;|>) ?", re.MULTILINE)
_SAFE_SCHEMES = frozenset({"http", "https", "mailto"})
_TAGS: Mapping[Kind, str] = {
    "bold": "strong",
    "italic": "em",
    "strike": "s",
    "code": "code",
    "pre": "pre",
    "quote": "blockquote",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, or something around other pieces."""

    kind: Kind
    text: str = ""
    inside: tuple["Piece", ...] = ()
    href: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a text is read: how people and channels are called, and the time where they are."""

    name_of: Callable[[str], str]
    zone: tzinfo
    now: datetime


def pieces(text: str, reader: Reader) -> list[Piece]:
    """The text in pieces, quotes first."""
    found: list[Piece] = []
    end = 0
    for match in _QUOTE.finditer(text):
        found += _inline(text[end : match.start()], reader)
        quoted = _QUOTE_MARK.sub("", match.group()).rstrip("\n")
        found.append(Piece("quote", inside=tuple(_inline(quoted, reader))))
        end = match.end()
    found += _inline(text[end:], reader)
    return found


def to_html(text: str, reader: Reader) -> Markup:
    """The text as HTML in which only our own tags are tags."""
    return Markup("").join(_html(piece) for piece in pieces(text, reader))


def to_text(text: str, reader: Reader) -> str:
    """The text as a person reads it."""
    return "".join(_plain(piece) for piece in pieces(text, reader))


def link_to_html(href: str, text: str) -> Markup:
    """A link, or its words where it leads nowhere that is safe."""
    is_safe = urlsplit(href).scheme in _SAFE_SCHEMES
    return _html(Piece("link", text or href, href=href)) if is_safe else escape(text or href)


def plain_to_html(text: str) -> Markup:
    """A plain_text object: emoji, but no marks."""
    return escape(emoji.replace(text))


def _inline(text: str, reader: Reader) -> Iterator[Piece]:
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() > end:
            yield Piece("text", _unescape(text[end : match.start()]))
        yield _token(match, reader)
        end = match.end()
    if end < len(text):
        yield Piece("text", _unescape(text[end:]))


def _token(match: re.Match[str], reader: Reader) -> Piece:
    name = str(match.lastgroup)
    inner = match.group(name)
    match name:
        case "pre" | "code":
            kind: Kind = "pre" if name == "pre" else "code"
            return Piece(kind, _unescape(inner.strip("\n")))
        case "angle":
            return _angle(inner, reader)
        case "emoji":
            return Piece("text", emoji.CHARACTERS.get(inner, match.group()))
        case "bold":
            return Piece("bold", inside=tuple(_inline(inner, reader)))
        case "italic":
            return Piece("italic", inside=tuple(_inline(inner, reader)))
        case _:
            return Piece("strike", inside=tuple(_inline(inner, reader)))


def _angle(inner: str, reader: Reader) -> Piece:
    target, _, label = inner.partition("|")
    label = _unescape(label)
    if target.startswith(("@", "#")):
        known = reader.name_of(target[1:])
        return Piece("mention", f"{target[0]}{known or label or target[1:]}")
    if target.startswith("!date^"):
        return Piece("text", dates.shown(target, label, zone=reader.zone, now=reader.now))
    if target.startswith("!subteam^"):
        known = reader.name_of(target.removeprefix("!subteam^"))
        return Piece("mention", f"@{known}" if known else label or "@group")
    if target.startswith("!"):
        return Piece("mention", label or f"@{target[1:]}")
    href = _unescape(target)
    if urlsplit(href).scheme not in _SAFE_SCHEMES:
        return Piece("text", f"<{_unescape(inner)}>")
    return Piece("link", label or href.removeprefix("mailto:"), href=href)


def _html(piece: Piece) -> Markup:
    if piece.kind == "text":
        return _with_breaks(piece.text)
    if piece.kind == "link":
        start = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">').format(piece.href)
        return start + escape(piece.text) + Markup("</a>")
    if piece.kind == "mention":
        return Markup('<span class="mention">{}</span>').format(piece.text)
    tag = Markup(_TAGS[piece.kind])  # noqa: S704 (one of our own tags)
    inside = Markup("").join(_html(one) for one in piece.inside) or escape(piece.text)
    return Markup("<{0}>{1}</{0}>").format(tag, inside)


def _with_breaks(text: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in text.split("\n"))


def _plain(piece: Piece) -> str:
    if not piece.inside:
        return piece.text
    inside = "".join(_plain(one) for one in piece.inside)
    return (
        "".join(f"> {line}\n" for line in inside.split("\n")) if piece.kind == "quote" else inside
    )


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

"""Blocks of Slack's Block Kit, as plain dicts: what every message and view is made of."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from bot.domain.directory import UserId
from bot.slack.ids import Action
from bot.slack.render import text as words

#: The most characters that Slack takes in a section.
SECTION_MAX = 3_000

Block = dict[str, Any]
Message = dict[str, Any]
View = dict[str, Any]


def plain(text: str) -> Block:
    """Text that Slack shows letter by letter."""
    return {"type": "plain_text", "text": text, "emoji": False}


def mrkdwn(text: str) -> Block:
    """Text with marks. `verbatim`: Slack makes no links and mentions of its own in it."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str, *, accessory: Block | None = None) -> Block:
    block = {"type": "section", "text": mrkdwn(text)}
    return block if accessory is None else {**block, "accessory": accessory}


def lines(some: Sequence[str]) -> list[Block]:
    """Lines in as many sections as their length asks for."""
    sections: list[list[str]] = [[]]
    room = SECTION_MAX
    for line in some:
        if len(line) >= room and sections[-1]:
            sections.append([])
            room = SECTION_MAX
        sections[-1].append(line)
        room -= len(line) + 1
    return [section("\n".join(each)) for each in sections if each]


def facts(*pairs: tuple[str, str]) -> Block:
    """Names and values, two to a row."""
    return {"type": "section", "fields": [mrkdwn(f"*{name}*\n{value}") for name, value in pairs]}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text)}


def context(*texts: str) -> Block:
    """Small print, side by side."""
    return {"type": "context", "elements": [mrkdwn(" · ".join(texts))]}


def divider() -> Block:
    return {"type": "divider"}


def quote(note: str) -> list[Block]:
    """What a person wrote, as a quoted line of its own, in which nothing is markup."""
    if not note:
        return []
    line = {"type": "rich_text_quote", "elements": [{"type": "text", "text": note}]}
    return [{"type": "rich_text", "elements": [line]}]


def written_by(user_id: UserId, note: str) -> list[Block]:
    """The same with whose words they are, where one might take them for ours."""
    return [context(f"{words.mention(user_id)} writes:"), *quote(note)] if note else []


def actions(*buttons: Block) -> Block:
    return {"type": "actions", "elements": list(buttons)}


def button(
    label: str,
    action: Action,
    *,
    value: str = "",
    style: Literal["primary", "danger"] | None = None,
    confirm: Block | None = None,
    spoken: str = "",
) -> Block:
    """A button; `spoken` is what a screen reader says where the label alone is too terse."""
    return {
        "type": "button",
        "text": plain(label),
        "action_id": action.value,
        **({"value": value} if value else {}),
        **({"style": style} if style else {}),
        **({"confirm": confirm} if confirm else {}),
        **({"accessibility_label": spoken} if spoken else {}),
    }


def confirm(title: str, text: str, *, yes: str, no: str) -> Block:
    """The question before something that is not easily mended."""
    return {
        "title": plain(title),
        "text": mrkdwn(text),
        "confirm": plain(yes),
        "deny": plain(no),
        "style": "danger",
    }


def message(headline: str, *blocks: Block, spoken: str = "") -> Message:
    """A message that begins with its headline, which with `spoken` is its fallback text too."""
    return {
        "text": words.without_marks(headline) + spoken,
        "blocks": [section(headline), *blocks],
    }


def modal(
    title: str,
    blocks: Iterable[Block],
    *,
    callback_id: str,
    submit: str = "",
    close: str = "Cancel",
    metadata: str = "",
) -> View:
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title),
        **({"submit": plain(submit)} if submit else {}),
        "close": plain(close),
        **({"private_metadata": metadata} if metadata else {}),
        "blocks": list(blocks),
    }

"""Reasons that people type: made safe to store and to show on one line."""

import unicodedata

from bot.domain.refusals import NoteTooLong

#: A reason longer than this is a document; every message must fit it beside the figures.
NOTE_MAX = 500

#: Formatting characters that reorder the text after them, amounts included.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(typed: str) -> str:
    """The note without control characters (PostgreSQL stores no NUL), on one line.

    Raises `NoteTooLong`.
    """
    kept = "".join(_visible(character) for character in typed)
    note = " ".join(kept.split())
    if len(note) > NOTE_MAX:
        raise NoteTooLong(length=len(note), limit=NOTE_MAX)
    return note


def _visible(character: str) -> str:
    if character in _REORDERING:
        return ""
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cs":
            return ""
        case _:
            return character

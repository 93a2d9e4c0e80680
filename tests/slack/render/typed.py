"""What people type to break a message, each piece with a word by which it is found again."""

import re
from collections.abc import Iterator

from bot.domain import notes

#: A piece, and what must stand around its word wherever the word is shown. A mark may stand as
#: a letter that looks like it (`\u2217` for `*`), which is how a name keeps it without being bold.
PIECES: tuple[tuple[str, str], ...] = (
    ("*b0ld*", "[*\u2217]b0ld"),
    ("_it4lic_", "[_\uff3f\u02cd]it4lic"),
    ("~str1ke~", "[~\u223c]str1ke"),
    ("`c0de`", "[`'\u02cb]c0de"),
    ("<!channel>", "<!channel"),
    ("<@U00000EV1L>", "<@U00000EV1L"),
    ("<https://ev1l.example|cl1ck>", r"<https://ev1l\.example\|cl1ck"),
    ("<script>ev1l()</script>", r"<script>ev1l\(\)"),
    ("<img src=x onerror=ev1l()>", r"<img src=x onerror=ev1l"),
    ('"><b>qu0te</b>', r'["\u201d]><b>qu0te'),
    ("&lt;b&gt;esc4ped&amp;", "&lt;b&gt;esc4ped"),
    ("{{ 7*7 }}t3mplate", r"\{\{ 7[*\u2217]7 \}\}t3mplate"),
    ("> l1ne", "> l1ne"),
    ("http://b4re.example/x", r"http://b4re\.example"),
    ("\u202egnp.bidi\u202c\u2066\u200b", "gnp.bidi"),
    ("👩\u200d🚀 שלום", "👩"),
)
#: Each word, whole: a text that was cut in the middle of it shows nothing that could be checked.
WORDS: tuple[str, ...] = (
    *("b0ld", "it4lic", "str1ke", "c0de", "<!channel", "<@U00000EV1L", "cl1ck", "<script>ev1l()"),
    *("onerror=ev1l", "qu0te", "esc4ped", "t3mplate", "l1ne", "b4re.example", "gnp.bidi", "👩"),
)
REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
ALL = " ".join(piece for piece, _ in PIECES)


def stored(typed: str, most: int) -> str:
    """As the bot keeps it: on one line, without what reorders, no longer than it takes."""
    return notes.clean(typed[: notes.NOTE_MAX])[:most].strip()


#: Names that nobody of ours has: a mention or link of them is one that was typed.
OF_NOBODY = re.compile("ev1l|EV1L|b4re|@channel")


def astray(shown: str) -> Iterator[str]:
    """Each word in a text that lost what was typed around it."""
    for word, (piece, around) in zip(WORDS, PIECES, strict=True):
        whole = len(re.findall(around, shown))
        seen = len(re.findall(re.escape(word), shown))
        if seen > whole:
            yield f"{piece!r} in {shown!r}"

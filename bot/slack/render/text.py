"""Words in Slack's mrkdwn. What people typed stays letters: it never becomes markup of ours."""

import html
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

from bot.domain import amounts, notes
from bot.domain.directory import UserId
from bot.domain.ledger import RECIPIENTS_MAX, Expiring, short_id
from bot.slack.ids import COMMAND

#: What somebody typed is quoted up to here in a sentence, so that the sentence stays readable.
QUOTED_MAX = 60
#: A reason in the one-line fallback, which notifications and screen readers take.
SPOKEN_MAX = 150

#: For somebody's first tokens ever.
FIRST_TOKENS = f"Your first tokens: see them with `{COMMAND} balance` or under Home"

_NAME_MAX = 40
_DOLLAR_NANO = 1_000_000_000
#: Marks of mrkdwn and the letters that stand for them in what people typed.
_UNMARKED = str.maketrans({"*": "\u2217", "`": "'", "~": "\u223c"})
#: It is no mark between letters, as in `ml_platform`.
_ITALIC = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
#: Code font of ours, in which nothing else is a mark.
_CODE = re.compile(r"`([^`]*)`")
#: Dates of expiry in one line.
_EXPIRIES_MAX = 2
#: Beyond it one would wonder which year is meant.
_NEAR = timedelta(days=300)
_DATE = re.compile(r"<!date\^[^|>]*\|([^>]*)>")
_MENTION = re.compile(r"<@[A-Z0-9]+>")
#: Under a field of a form a mention would show as letters.
_NAMELESS = "someone chosen here"
_CAPITAL = re.compile(rf"(^|[.!?] )({_NAMELESS})")


def escape(text: str) -> str:
    """The three characters with a meaning in mrkdwn, as Slack wants them written."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(typed: str) -> str:
    """What somebody typed, in code font and shortened; no mark in it ends the code or starts."""
    shown = shortened(typed.replace("`", "'"), QUOTED_MAX)
    return f"`{escape(shown)}`" if shown else "that"


def team_name(name: str) -> str:
    """A team's name, shortened, and nothing in it is markup."""
    return unmarked(name if len(name) <= _NAME_MAX else f"{name[: _NAME_MAX - 1]}…")


def unmarked(typed: str) -> str:
    """What people typed, in a sentence of ours: each mark is a letter that looks like it."""
    return _as_letters(escape(typed))


def spoken(note: str) -> str:
    """A reason at the end of a fallback text: ` “for the demo”`; nothing where there is none."""
    shown = shortened(note, SPOKEN_MAX)
    return f" “{unmarked(shown)}”" if shown else ""


def sentence(words: str) -> str:
    """With a capital letter where it begins."""
    return words[:1].upper() + words[1:]


def mention(user_id: UserId) -> str:
    """A person, whom Slack shows by the name they have today."""
    return f"<@{user_id}>"


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a, b and c`."""
    if len(words) < 2:  # noqa: PLR2004 (one word has no other to stand beside)
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def people(user_ids: Sequence[UserId], last: str = "and") -> str:
    """Each by name; of more than one grant reaches, the others counted."""
    rest = len(user_ids) - RECIPIENTS_MAX
    more = [f"{rest:,} more"] if rest > 0 else []
    return listed([*map(mention, user_ids[:RECIPIENTS_MAX]), *more], last)


def number(tokens: int) -> str:
    """`*1.5M (1,500,000)*`: short to grasp, exact to decide on."""
    return f"*{amounts.both(tokens)}*"


def tokens(count: int) -> str:
    """`*1.5M (1,500,000)* tokens`."""
    return f"{number(count)} {'token' if abs(count) == 1 else 'tokens'}"


def dollars(nano: int) -> str:
    """`$12.34` of billionths of a dollar, `$0.065` below one, and below a cent all there is."""
    places = 2 if nano >= _DOLLAR_NANO else 4 if nano >= _DOLLAR_NANO // 100 else 9
    unit = 10 ** (9 - places)
    whole, rest = divmod((nano + unit // 2) // unit, 10**places)
    return f"${whole:,}.{f'{rest:0{places}d}'.rstrip('0'):0<2}"


def signed(change: int) -> str:
    """`*+1.5M (1,500,000)*`, `*−250k (250,000)*`."""
    sign = "−" if change < 0 else "+"
    return f"*{sign}{amounts.both(abs(change))}*"


def receipt_id(identifier: str) -> str:
    """An id as people see and type it."""
    return f"`{short_id(identifier)}`"


def moment(at: datetime) -> str:
    """A time that Slack shows in the reader's zone."""
    fallback = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def day(on: date) -> str:
    """A local day, the same for every reader: `Mon 30 Nov 2026`."""
    return f"{on:%a} {on.day} {on:%b %Y}"


def near(on: date, today: date) -> str:
    """The same of a day that a reader thinks of as near: `Mon 30 November`, with its year later."""
    month = f"{on:%a} {on.day} {on:%B}"
    return month if abs(on - today) < _NEAR else f"{month} {on.year}"


def day_at(at: datetime) -> str:
    """The day of a time, in the reader's zone."""
    fallback = f"{at.astimezone(UTC):%Y-%m-%d}"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}}|{fallback}>"


def last_minute(expires_at: datetime) -> str:
    """The last minute of what expires at a moment, where the reader is: `Nov 29, 2026 11:59 PM`.

    With its hour, since a day that ends where the tokens came from may have hours left, or have
    begun anew, where the reader is.
    """
    return moment(expires_at - timedelta(seconds=1))


def expire(some: Expiring) -> str:
    """`expires after Nov 29, 2026 11:59 PM`, as the number of tokens wants it."""
    verb = "expires" if some.tokens == 1 else "expire"
    return f"{verb} after {last_minute(some.expires_at)}"


def expiries(some: Sequence[Expiring]) -> str:
    """`300k expire after Nov 29, 2026 11:59 PM, 1M after Dec 6, 2026 11:59 PM`: the first few."""
    first, *others = some
    later = sum(one.tokens for one in others[_EXPIRIES_MAX - 1 :])
    return ", ".join(
        [
            f"{amounts.short(first.tokens)} {expire(first)}",
            *(
                f"{amounts.short(one.tokens)} after {last_minute(one.expires_at)}"
                for one in others[: _EXPIRIES_MAX - 1]
            ),
            *([f"and {amounts.short(later)} tokens later"] if later else []),
        ]
    )


def without_marks(words: str) -> str:
    """Our own sentence without bold and code font, for fallback texts."""
    return _without(words, typed=_as_letters)


def as_plain(words: str) -> str:
    """Our own sentence for where Slack draws no markup and no names, as under a form's field."""
    bare = _without(words, typed=lambda inside: inside)
    nameless = _DATE.sub(r"\1", _MENTION.sub(_NAMELESS, bare))
    capital = _CAPITAL.sub(lambda found: found[1] + found[2].capitalize(), nameless)
    return html.unescape(capital)


def _as_letters(escaped: str) -> str:
    plain = _ITALIC.sub("\u02cd", escaped.translate(_UNMARKED))
    # At the beginning of a line it would be a quote.
    return f"\u200a{plain}" if plain.startswith("&gt;") else plain


def _without(words: str, *, typed: Callable[[str], str]) -> str:
    """The sentence without our marks; `typed` is what becomes of a text in code font."""
    parts = _CODE.split(words)
    return "".join(
        typed(part) if place % 2 else part.replace("*", "") for place, part in enumerate(parts)
    )


def shortened(typed: str, most: int) -> str:
    """On one line, without control characters, cut with an ellipsis where it is longer."""
    # The first cut keeps a hostile text of megabytes cheap, and within what `clean` takes.
    line = notes.clean(typed[: notes.NOTE_MAX])
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"

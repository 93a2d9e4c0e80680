"""Block Kit and messages as HTML, by the templates of this package."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import jinja2
from markupsafe import Markup, escape

from bot.playground import dates, emoji, markdown, mrkdwn, picks, texts
from bot.playground.charts.figure import Figure, figure
from bot.playground.people import Json, Person
from bot.playground.places import Message, View
from bot.playground.viewing import STATE_KEYS
from bot.playground.workspace import Workspace

AVATAR_COLOURS = 6
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("bot.playground"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Pen:
    """Draws for one viewer: their zone, and the names they know."""

    def __init__(self, workspace: Workspace, viewer: Person) -> None:
        self.workspace = workspace
        self.viewer = viewer
        self.reader = texts.reader_for(workspace, viewer.id)

    def render(self, template: str, **values: Any) -> str:
        """A template with these values; everything in them is escaped."""
        return _ENVIRONMENT.get_template(template).render(
            pen=self, viewer=self.viewer, people=self.workspace.people, **values
        )

    def text(self, value: Json | None) -> Markup:
        """A text object."""
        if not value:
            return Markup("")
        if value["type"] == "mrkdwn":
            return mrkdwn.to_html(value["text"], self.reader)
        return self.plain(value)

    def link(self, piece: Json) -> Markup:
        return mrkdwn.link_to_html(piece["url"], piece.get("text") or "")

    def plain(self, value: Json) -> Markup:
        """A plain text; short codes stay letters where it says so."""
        if value.get("emoji") is False:
            return escape(value["text"])
        return mrkdwn.plain_to_html(value["text"])

    def mrkdwn(self, text: str) -> Markup:
        return mrkdwn.to_html(text, self.reader)

    def markdown(self, text: str) -> Markup:
        return mrkdwn.to_html(markdown.as_mrkdwn(text), self.reader)

    def emoji(self, name: str) -> str:
        return emoji.CHARACTERS.get(name, f":{name}:")

    def confirm(self, value: Json | None) -> dict[str, str] | None:
        """A confirmation as the plain words that the script shows."""
        if not value:
            return None
        shown = {name: self._words(value[name]) for name in ("title", "text", "confirm", "deny")}
        return shown | {"style": value.get("style", "primary")}

    def name(self, user_id: str) -> str:
        if user_id in self.workspace.people:
            return self.workspace.people[user_id].real_name
        return "Slackbot"

    def channel_name(self, channel_id: str) -> str:
        return texts.name_of(self.workspace, channel_id) or channel_id

    def avatar(self, user_id: str) -> str:
        """The colour of somebody's avatar, by a class of the stylesheet."""
        if user_id not in self.workspace.people:
            return "avatar-slackbot"
        if self.workspace.people[user_id].is_bot:
            return "avatar-bot"
        place = list(self.workspace.people).index(user_id)
        return f"avatar-{place % AVATAR_COLOURS}"

    def initials(self, user_id: str) -> str:
        return "".join(word[0] for word in self.name(user_id).split()[:2]).upper()

    def time(self, ts: str) -> str:
        return dates.clock_time(self._moment(ts))

    def full_time(self, ts: str) -> str:
        return f"{self._moment(ts):%A, %d %B %Y, %H:%M}"

    def day(self, ts: str) -> str:
        """The day of a message in words: Today, Yesterday, or its date."""
        token = f"!date^{int(float(ts))}^{{date_long_pretty}}"
        day = dates.shown(token, "", zone=self.reader.zone, now=self.reader.now)
        return day[:1].upper() + day[1:]

    def filled(self, block: Json, element: Json, state: Mapping[str, Json]) -> Any:
        """What stands in an element: a text, an id, an option's value, or a list of them."""
        key, _ = STATE_KEYS[element["type"]]
        value = state.get(block["block_id"], {}).get(element["action_id"], {}).get(key)
        if isinstance(value, list):
            return [one["value"] if isinstance(one, dict) else one for one in value]
        if isinstance(value, dict):
            return value["value"]
        return value or ""

    def column(self, block: Json, nth: int) -> tuple[str, str]:
        """How a column stands and whether it wraps, by classes of the stylesheet."""
        settings = (block.get("column_settings") or [])[nth : nth + 1]
        given = settings[0] if settings else {}
        is_number = any(row[nth]["type"] == "raw_number" for row in block["rows"][1:])
        align = given.get("align") or ("right" if is_number else "left")
        wraps = given.get("is_wrapped") or block["type"] == "data_table"
        return align, "wrapped" if wraps else "unwrapped"

    def figure(self, block: Json) -> Figure:
        return figure(block)

    def key(self, holder: Message, block: Json) -> str:
        """What names a block of a message on the page."""
        return f"{holder.ts}-{block['block_id']}"

    def offered(self, element: Json) -> list[tuple[str, str]]:
        """The ids and names in a menu."""
        if "options" in element or "option_groups" in element:
            groups = element.get("option_groups") or [element]
            options = [one for group in groups for one in group["options"]]
            return [(one["value"], self._words(one["text"])) for one in options]
        return picks.offered(self.workspace, self.viewer.id, element)

    def is_searched(self, element: Json) -> bool:
        """Whether a menu is too long to be drawn whole."""
        if "options" in element or "option_groups" in element:
            return False
        return len(self.offered(element)) > picks.DRAWN_MAX

    def called(self, some_id: str) -> str:
        """The name of a person or conversation that was chosen."""
        channel = self.workspace.channels.get(some_id)
        if channel is None:
            return self.name(some_id)
        return f"#{channel.name}" if channel.name else self.workspace.bot.real_name

    def dispatches(self, block: Json, element: Json) -> str:
        """What of a text input tells the app while one types: nothing, unless the block says so."""
        if not block.get("dispatch_action"):
            return ""
        chosen = (element.get("dispatch_action_config") or {}).get("trigger_actions_on")
        return " ".join(chosen or ["on_enter_pressed"])

    def trouble(self, message: Message) -> str:
        return self.workspace.troubles.get((self.viewer.id, message.ts), "")

    def drawn(self, holder: Message | View) -> str:
        """The blocks of a message or view."""
        return self.render("drawn.html", holder=holder)

    def modal(self, stack: Sequence[View]) -> str:
        """The top of a stack of modals."""
        if not stack:
            return ""
        below = stack[-2] if len(stack) > 1 else None
        return self.render("modal.html", view=stack[-1], depth=len(stack), below=below)

    def _words(self, value: Json) -> str:
        if value["type"] == "mrkdwn":
            return mrkdwn.to_text(value["text"], self.reader)
        return str(self.plain(value).unescape())

    def _moment(self, ts: str) -> datetime:
        return datetime.fromtimestamp(float(ts), UTC).astimezone(self.reader.zone)

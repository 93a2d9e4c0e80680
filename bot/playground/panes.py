"""One pane of the page: a person, where they are, and what they see there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bot.playground import crowd, message_log
from bot.playground.draw import AVATAR_COLOURS, Pen
from bot.playground.numerals import whole
from bot.playground.page_acts import MESSAGE_SHORTCUTS
from bot.playground.people import Json, Person
from bot.playground.places import Channel, Message, View
from bot.playground.workspace import Workspace

HOME = "home"
DM = "dm"
#: Older messages wait behind a button, so that a long story stays quick.
MESSAGES_FIRST = 50
MESSAGES_MAX = 5_000
#: As far as somebody has read who has seen that there is nothing yet.
NOTHING_READ = "0.0"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is: Home, or a channel (perhaps a direct message)."""

    at: str
    title: str
    channel: Channel | None

    @property
    def channel_id(self) -> str:
        return self.channel.id if self.channel else ""

    @property
    def is_app(self) -> bool:
        return self.at in {HOME, DM}

    @property
    def is_read_only(self) -> bool:
        """Whether nobody types here, as the manifest has it of the app's messages."""
        return self.channel is not None and self.channel.is_read_only

    @property
    def about(self) -> str:
        """A few words for the header."""
        if self.channel is None or self.channel.kind == "im":
            return ""
        people = len(self.channel.members)
        kind = "private, " if self.channel.kind == "private" else ""
        return f"{kind}{people:,} members"


@dataclass(frozen=True, slots=True)
class PlaceLink:
    """A line of the sidebar."""

    at: str
    name: str
    kind: str
    unread: int
    #: Whose picture stands before it, where somebody's does.
    person_id: str = ""

    @property
    def badge(self) -> str:
        return f"{self.unread}" if self.unread < 100 else "99+"  # noqa: PLR2004 (as it says)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address, or the script, says of a pane."""

    key: str
    given: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.given.get(name, "")

    @property
    def count(self) -> int:
        """How many messages are wanted."""
        return min(max(whole(self["count"], digits=5), MESSAGES_FIRST), MESSAGES_MAX)


#: The panes by their keys, and what their parameters begin with: `?as=…&at=…&and=…&and_at=…`.
_NAMES = {"left": {"as": "as", "at": "at"}, "right": {"as": "and", "at": "and_at"}}
_MORE = ("count", "new")


def asked(query: Mapping[str, str]) -> list[Asked]:
    """The one or two panes that an address asks for; nobody stands beside themselves."""
    found = []
    for key, names in _NAMES.items():
        prefix = "" if key == "left" else "and_"
        given = {name: query[there] for name, there in names.items() if there in query}
        given |= {name: query[prefix + name] for name in _MORE if prefix + name in query}
        found.append(Asked(key=key, given=given))
    has_two = bool(found[1]["as"]) and found[1]["as"] != found[0]["as"]
    return found if has_two else found[:1]


class PanePen(Pen):
    """Draws for one pane: nothing in it bears an id that the other pane could have too."""

    def __init__(self, workspace: Workspace, viewer: Person, key: str) -> None:
        super().__init__(workspace, viewer)
        self._pane = key

    def key(self, holder: Message, block: Json) -> str:
        return f"{self._pane}-{super().key(holder, block)}"

    def avatar(self, user_id: str) -> str:
        """As ever, without walking through ten thousand people for each message."""
        rank = self.workspace.rank(user_id)
        if rank is None or self.workspace.people[user_id].is_bot:
            return super().avatar(user_id)
        return f"avatar-{rank % AVATAR_COLOURS}"


class Pane:
    """One person at one place, drawn part by part."""

    def __init__(self, workspace: Workspace, wanted: Asked) -> None:
        self._workspace = workspace
        self._wanted = wanted
        self.key = wanted.key
        self.viewer = self._viewer(wanted["as"])
        self.place = self._place(wanted["at"])
        self.pen = PanePen(workspace, self.viewer, wanted.key)

    def parts(self, others: Sequence["Pane"] = ()) -> Json:
        """What the script puts in place of what is there; `others` are panes beside this one."""
        messages, older, new_from = self._messages()
        stack: Sequence[View] = self._workspace.stack(self.viewer.id)
        return {
            "key": self.key,
            "as": self.viewer.id,
            "at": self.place.at,
            "channel": self.place.channel_id,
            "name": self.viewer.real_name,
            "title": self.place.title,
            "new": new_from,
            "count": self._wanted.count,
            "sidebar": self._sidebar(others),
            "head": self.pen.render("place_head.html", pane=self, place=self.place),
            "content": self._content(messages, older, new_from),
            "writes": bool(self.place.channel) and not self.place.is_read_only,
            "closed": self._closed(),
            "modal": self.pen.modal(stack),
        }

    def link(self, at: str) -> str:
        """The address of another place of this pane's person, alone."""
        return "/?" + urlencode({"as": self.viewer.id, "at": at})

    def _content(self, messages: list[Message], older: int, new_from: str) -> str:
        if self.place.at == HOME:
            home = self._workspace.homes.get(self.viewer.id)
            return self.pen.render("home.html", pane=self, place=self.place, home=home)
        lines = message_log.entries(messages, new_from=new_from, day_of=self.pen.day)
        return self.pen.render(
            "content.html",
            pane=self,
            place=self.place,
            entries=list(lines),
            older=older,
            shortcuts=MESSAGE_SHORTCUTS,
        )

    def _closed(self) -> str:
        """What stands in place of the message box where nobody types."""
        if not self.place.is_read_only:
            return ""
        channel = next((one for one in self._joined() if one.kind == "channel"), None)
        return self.pen.render("closed.html", pane=self, channel=channel)

    def _sidebar(self, others: Sequence["Pane"]) -> str:
        return self.pen.render(
            "sidebar.html",
            pane=self,
            place=self.place,
            people_here=crowd.first(self._workspace, self.viewer),
            beside={one.viewer.id for one in others},
            channels=list(self._channels()),
            messages=list(self._direct()),
        )

    def _messages(self) -> tuple[list[Message], int, str]:
        """The newest messages here, how many are older, and which is the first new one."""
        channel_id = self.place.channel_id
        if not channel_id:
            return [], 0, ""
        workspace, viewer = self._workspace, self.viewer
        messages, older = workspace.latest(channel_id, viewer.id, self._wanted.count)
        new_from = self._wanted.given.get("new")
        if new_from is None:
            seen = workspace.read_until.get((channel_id, viewer.id))
            new_from = message_log.first_new(messages, read_until=seen, viewer_id=viewer.id)
        workspace.read(channel_id, viewer.id, messages[-1].ts if messages else NOTHING_READ)
        return messages, older, new_from

    def _viewer(self, user_id: str) -> Person:
        """Who looks: the first person unless told."""
        wanted = self._workspace.people.get(user_id)
        if wanted and not wanted.is_bot:
            return wanted
        return next(crowd.everybody(self._workspace))

    def _place(self, at: str) -> Place:
        """Where they look: the first channel unless told."""
        workspace, viewer = self._workspace, self.viewer
        if at == HOME:
            return Place(HOME, workspace.bot.real_name, None)
        mine = next((one for one in self._joined() if one.id == at), None)
        mine = mine or next((one for one in self._joined() if one.kind != "im"), None)
        if at == DM or mine is None:
            return Place(DM, workspace.bot.real_name, workspace.dm_with(viewer.id))
        return Place(mine.id, self._title(mine), mine)

    def _title(self, channel: Channel) -> str:
        partner = channel.partner_of(self.viewer.id)
        return self.pen_name(partner) if partner else f"#{channel.name}"

    def pen_name(self, user_id: str) -> str:
        person = self._workspace.people.get(user_id)
        return person.real_name if person else user_id

    def _joined(self) -> Iterator[Channel]:
        """What is in this person's lists; what is archived has left it."""
        for one in self._workspace.channels.values():
            if one.partner_id is None and self.viewer.id in one.members and not one.is_archived:
                yield one

    def _channels(self) -> Iterator[PlaceLink]:
        for one in self._joined():
            if one.kind != "im":
                yield PlaceLink(one.id, one.name, one.kind, self._unread(one))

    def _direct(self) -> Iterator[PlaceLink]:
        bot = self._workspace.bot
        with_bot = self._workspace.dm_with(self.viewer.id)
        yield PlaceLink(DM, bot.real_name, "im", self._unread(with_bot), bot.id)
        for one in self._joined():
            partner = one.partner_of(self.viewer.id) if one.kind == "im" else ""
            if partner:
                name = self.pen_name(partner)
                yield PlaceLink(one.id, name, "im", self._unread(one), partner)

    def _unread(self, channel: Channel) -> int:
        return self._workspace.unread(channel.id, self.viewer.id)


def parts(panes: Sequence[Pane]) -> list[dict[str, Any]]:
    """The parts of each pane."""
    return [one.parts([other for other in panes if other is not one]) for one in panes]

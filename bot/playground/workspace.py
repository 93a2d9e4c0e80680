"""The state of the simulated workspace, in memory, under one lock."""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.playground.errors import SlackRefusal
from bot.playground.people import Person, user_object
from bot.playground.places import Channel, Json, Message, View, order_of
from bot.playground.tickets import Tickets
from bot.playground.usergroups import UserGroup
from bot.playground.whispers import Whispers

Clock = Callable[[], datetime]

#: Nobody wonders how many more than this they have not read, and counting stops there.
UNREAD_MAX = 100

SCOPES = (
    "commands",
    "chat:write",
    "im:write",
    "users:read",
    "users:read.email",
    "channels:read",
    "groups:read",
    "usergroups:read",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this workspace and its one app are, and the app's secrets."""

    team_id: str
    team_name: str
    app_id: str
    bot_id: str
    bot_user_id: str
    bot_token: str
    signing_secret: str
    app_token: str | None


class Workspace:
    """People, channels, messages and views.

    Whoever changes it does so inside `changing()`, which tells all who wait.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        clock: Clock,
        people: Sequence[Person],
        channels: Sequence[str],
        scopes: Iterable[str],
    ) -> None:
        self.identity = identity
        self.clock = clock
        self.scopes = frozenset(scopes)
        #: Whether messages may not hold blocks of this type, though Block Kit knows it.
        self.refuses_block: Callable[[str], bool] = lambda _kind: False
        self.condition = threading.Condition()
        self.version = 0
        self.listeners: list[Callable[[], None]] = []
        self.bot = Person(
            id=identity.bot_user_id, name="tokenbot", real_name="tokenbot", is_bot=True
        )
        self._first_people, self._first_channels = tuple(people), tuple(channels)
        #: How often all was as on the first day.
        self.furnished = 0
        self.furnish()

    def furnish(self) -> None:
        """Be as on the first day: these people, these channels, and nothing said."""
        self.furnished += 1
        self.tickets = Tickets()
        self.people: dict[str, Person] = {one.id: one for one in (*self._first_people, self.bot)}
        self.channels: dict[str, Channel] = {}
        self.ephemerals = Whispers()
        self.homes: dict[str, View] = {}
        self.modals: dict[str, list[View]] = {}
        self.read_until: dict[tuple[str, str], str] = {}
        self.usergroups: dict[str, UserGroup] = {}
        #: Slack's words beside a message whose button did not work, by person and ts.
        self.troubles: dict[tuple[str, str], str] = {}
        #: Why an answer to a submission was no good, for whoever wonders.
        self.refused_acks: list[SlackRefusal] = []
        self.sent_events: dict[str, Json] = {}
        self._dms: dict[str, str] = {}
        self._ranks: dict[str, int] = {}
        self._numbers = itertools.count(1)
        self._last_tick = 0
        for name in self._first_channels:
            self.add_channel(name)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold still while something is read."""
        with self.condition:
            yield

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change something, then wake all who wait for changes."""
        with self.condition:
            try:
                yield
            finally:
                self.version += 1
                self.condition.notify_all()
        for listener in tuple(self.listeners):
            listener()

    def next_number(self) -> int:
        return next(self._numbers)

    def next_ts(self) -> str:
        """A message's timestamp: the clock's, but never the same twice."""
        tick = int(self.clock().timestamp() * 1_000_000)
        self._last_tick = max(tick, self._last_tick + 1)
        return f"{self._last_tick // 1_000_000}.{self._last_tick % 1_000_000:06d}"

    def add_channel(self, name: str, *, is_private: bool = False) -> Channel:
        """A channel with everybody of this workspace in it, the bot too."""
        members = {one.id for one in self.people.values() if not one.deleted and not one.team_id}
        channel = Channel(
            id=f"C{self.next_number():04d}{_letters(name)}",
            name=name,
            kind="private" if is_private else "channel",
            members=members,
        )
        self.channels[channel.id] = channel
        return channel

    def person(self, user_id: str) -> Person:
        """That person, or Slack's `user_not_found`."""
        try:
            return self.people[user_id]
        except KeyError:
            raise SlackRefusal("user_not_found") from None

    def change_person(self, user_id: str, **changes: Any) -> Person:
        self.people[user_id] = replace(self.people[user_id], **changes)
        return self.people[user_id]

    def channel(self, channel_id: str) -> Channel:
        """That channel, or Slack's `channel_not_found`."""
        try:
            return self.channels[channel_id]
        except KeyError:
            raise SlackRefusal("channel_not_found") from None

    def channel_named(self, name: str) -> Channel | None:
        return next((one for one in self.channels.values() if one.name == name), None)

    def usergroup(self, group_id: str) -> UserGroup:
        """That user group, or Slack's `no_such_subteam`."""
        try:
            return self.usergroups[group_id]
        except KeyError:
            raise SlackRefusal("no_such_subteam") from None

    def dm_with(self, user_id: str) -> Channel:
        """The person's DM with the bot, opened if need be."""
        known = self.channels.get(self._dms.get(user_id, ""))
        if known is not None:
            return known
        person = self.person(user_id)
        members = {user_id, self.bot.id}
        number = self.next_number()
        channel = Channel(
            id=f"D{number:04d}{_letters(person.name)}",
            name="",
            kind="im",
            members=members,
            partner_id=user_id,
        )
        self.channels[channel.id], self._dms[user_id] = channel, channel.id
        return channel

    def dm_between(self, one_id: str, other_id: str) -> Channel:
        """What two people write to each other, which no app sees; opened if need be."""
        members = {self.person(one_id).id, self.person(other_id).id}
        for channel in self.channels.values():
            if channel.kind == "im" and channel.members == members:
                return channel
        names = "".join(_letters(self.people[one].name)[:6] for one in sorted(members))
        channel_id = f"D{self.next_number():04d}{names}"
        channel = Channel(id=channel_id, name="", kind="im", members=members)
        self.channels[channel.id] = channel
        return channel

    def stack(self, user_id: str) -> list[View]:
        """The person's open modals, the top one last."""
        return self.modals.setdefault(user_id, [])

    def view(self, view_id: str) -> View | None:
        everything = [view for stack in self.modals.values() for view in stack]
        everything += self.homes.values()
        return next((view for view in everything if view.id == view_id), None)

    def visible(self, channel_id: str, user_id: str) -> list[Message]:
        """What this person sees in that channel, oldest first."""
        mine = self.ephemerals.of(user_id, channel_id)
        said = self.channel(channel_id).messages
        return sorted([*said, *mine], key=lambda one: one.order) if mine else list(said)

    def latest(self, channel_id: str, user_id: str, most: int) -> tuple[list[Message], int]:
        """The last messages that this person sees there, and how many older ones there are."""
        mine = self.ephemerals.of(user_id, channel_id)
        said = self.channel(channel_id).messages
        last = sorted([*said[-most:], *mine[-most:]], key=lambda one: one.order)[-most:]
        return last, len(said) + len(mine) - len(last)

    def unread(self, channel_id: str, user_id: str, most: int = UNREAD_MAX) -> int:
        """How many messages of others came since this person last looked; no more than `most`."""
        since = order_of(self.read_until.get((channel_id, user_id), "0.0"))
        mine = self.ephemerals.of(user_id, channel_id)
        newest_first = (reversed(some) for some in (self.channel(channel_id).messages, mine))
        unread = (
            one
            for some in newest_first
            for one in itertools.takewhile(lambda one: one.order > since, some)
            if one.author_id != user_id
        )
        return sum(1 for _ in itertools.islice(unread, most))

    def read(self, channel_id: str, user_id: str, ts: str) -> None:
        """They have seen all until then; whoever else shows them hears of it."""
        if self.unread(channel_id, user_id, most=1):
            with self.changing():
                self.read_until[channel_id, user_id] = ts
        self.read_until[channel_id, user_id] = ts

    def rank(self, user_id: str) -> int | None:
        """The how manieth person this is; None for nobody of this workspace."""
        if len(self._ranks) != len(self.people):
            self._ranks = {one: rank for rank, one in enumerate(self.people)}
        return self._ranks.get(user_id)

    def user_json(self, person: Person) -> Json:
        """The user object, with the e-mail address only where a scope allows it."""
        with_email = "users:read.email" in self.scopes
        return user_object(person, self.identity.team_id, self.clock(), with_email=with_email)

    def message_json(self, message: Message) -> Json:
        me = self.identity
        return message.as_json(me.bot_user_id, me.bot_id, me.team_id)

    def view_json(self, view: View) -> Json:
        me = self.identity
        return view.as_json(me.team_id, me.app_id, me.bot_id)


def _letters(name: str) -> str:
    """What of a name may stand in an id."""
    return "".join(one for one in name.upper() if one.isascii() and one.isalnum())[:12]

"""Acting as the people of the workspace: each act goes to the app over the wire."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.playground import clicks, commands, delivery, events, finding, modals, picks, signing
from bot.playground.delivery import Answer, Request
from bot.playground.finding import Where
from bot.playground.modals import Values
from bot.playground.outcomes import Outcome
from bot.playground.people import Json, Person
from bot.playground.places import Channel, Message
from bot.playground.stage import Stage

Who = Person | str


def id_of(who: Who) -> str:
    return who.id if isinstance(who, Person) else who


class Driving:
    """What a person can do. `SimulatedSlack` is one of these, so that tests say `slack.click`."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._delivery = stage.delivery

    @property
    def general(self) -> Channel:
        """The first channel, where commands are typed unless said otherwise."""
        return next(iter(self.stage.workspace.channels.values()))

    @property
    def bot_url(self) -> str:
        return self._delivery.bot_url

    @bot_url.setter
    def bot_url(self, url: str) -> None:
        self._delivery.bot_url = url

    def command(
        self,
        who: Who,
        text: str = "",
        *,
        channel_id: str | None = None,
        command: str = "/tokens",
        bot_url: str | None = None,
        escape: bool = True,
    ) -> Outcome:
        """Type a slash command."""
        return commands.run(
            self.stage,
            id_of(who),
            text,
            channel_id=channel_id or self.general.id,
            command=command,
            bot_url=bot_url,
            escape=escape,
        )

    def say(self, who: Who, text: str, *, channel_id: str | None = None) -> Message:
        """Write a plain message."""
        return commands.say(self.stage.workspace, id_of(who), channel_id or self.general.id, text)

    def click(
        self,
        who: Who,
        where: Where,
        button: str,
        *,
        value: str | None = None,
        bot_url: str | None = None,
    ) -> Outcome:
        """Press the newest button of that name at that place."""
        with self.stage.workspace.reading():
            found = finding.element(self.stage.workspace, id_of(who), where, button, value)
        return clicks.click(self.stage, id_of(who), found, bot_url=bot_url)

    def choose(
        self,
        who: Who,
        where: Where,
        name: str,
        value: picks.Value | Sequence[picks.Value] | None,
        *,
        bot_url: str | None = None,
    ) -> Outcome:
        """Choose in a menu; what is in an input without dispatch_action is only remembered."""
        with self.stage.workspace.reading():
            found = finding.element(self.stage.workspace, id_of(who), where, name)
        return clicks.choose(self.stage, id_of(who), found, value, bot_url=bot_url)

    def submit(
        self, who: Who, values: Values | None = None, *, bot_url: str | None = None
    ) -> Outcome:
        """Fill in the top modal and submit it."""
        return modals.submit(self.stage, id_of(who), values or {}, bot_url=bot_url)

    def close_modal(
        self, who: Who, *, everything: bool = False, bot_url: str | None = None
    ) -> Outcome:
        """Close the top modal, or the whole stack."""
        return modals.close(self.stage, id_of(who), everything=everything, bot_url=bot_url)

    def open_home(self, who: Who, *, tab: str = "home", bot_url: str | None = None) -> Outcome:
        """Look at the app's Home."""
        return events.home_opened(self.stage, id_of(who), tab, bot_url=bot_url)

    def shortcut(self, who: Who, callback_id: str, *, bot_url: str | None = None) -> Outcome:
        """Use a global shortcut."""
        return clicks.shortcut(self.stage, id_of(who), callback_id, bot_url=bot_url)

    def message_shortcut(
        self, who: Who, callback_id: str, message: Message, *, bot_url: str | None = None
    ) -> Outcome:
        """Use a shortcut from a message's menu."""
        return clicks.message_shortcut(
            self.stage, id_of(who), callback_id, message, bot_url=bot_url
        )

    def send_event(
        self, event: Json, *, event_id: str | None = None, bot_url: str | None = None
    ) -> Outcome:
        """Send an event to the app."""
        return events.send(self.stage, event, event_id=event_id, bot_url=bot_url)

    def redeliver(
        self,
        event_id: str,
        *,
        retry: int = 1,
        reason: str = "http_timeout",
        bot_url: str | None = None,
    ) -> Outcome:
        """Send an event again, with Slack's retry headers."""
        return events.redeliver(self.stage, event_id, retry=retry, reason=reason, bot_url=bot_url)

    def add_person(self, person: Person, *, tell: bool = True) -> Outcome | None:
        """Somebody joins; the app hears of it by team_join."""
        with self.stage.workspace.changing():
            self.stage.workspace.people[person.id] = person
            for channel in self.stage.workspace.channels.values():
                if channel.kind == "channel":
                    channel.members.add(person.id)
        return events.user_changed(self.stage, person.id, "team_join") if tell else None

    def change_person(self, who: Who, *, tell: bool = True, **changes: Any) -> Outcome | None:
        """Fields of a person change; the app hears of it by user_change."""
        with self.stage.workspace.changing():
            self.stage.workspace.change_person(id_of(who), **changes)
        return events.user_changed(self.stage, id_of(who), "user_change") if tell else None

    def resend(self, request: Request | None, *, bot_url: str | None = None) -> Answer:
        """The same bytes with the same signature, by HTTP; nothing appears on the page."""
        if request is None:
            raise ValueError("nothing was sent")
        url = bot_url.rstrip("/") + delivery.EVENTS_PATH if bot_url else request.url
        return delivery.exchange(url, request.headers, request.body)

    def raw(
        self,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        path: str = delivery.EVENTS_PATH,
        signed: bool = True,
        seconds: int | None = None,
        bot_url: str | None = None,
    ) -> Answer:
        """Any bytes to the app: signed (`seconds`: for that time), or with your headers alone."""
        sent = {"Content-Type": delivery.FORM}
        if signed:
            moment = self._delivery.seconds() if seconds is None else seconds
            sent |= signing.headers(self._delivery.signing_secret, body, moment)
        url = (bot_url or self.bot_url).rstrip("/") + path
        return delivery.exchange(url, {**sent, **(headers or {})}, body)

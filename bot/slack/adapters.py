"""The four places where handlers meet Bolt: commands, buttons, forms, events.

Only here are Bolt's injected names used, and `ack` comes last, so that a refusal or a fault can
still be the answer (facts in docs/decisions/0002-ack-last.md).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http.client import HTTPException
from typing import Any, Protocol

import structlog
from slack_bolt import Ack, BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.domain.directory import UserId, WorkspaceId
from bot.domain.notices import HomeStale, PanelStale, QueueStale
from bot.services import fresh_homes, outbox
from bot.slack import errors, lists, payloads, replies, shortcuts, underneath
from bot.slack.answers import Answer, Errors, Later, Nothing, Open, Push, Show
from bot.slack.listeners import commands
from bot.slack.listeners.actions import ACTIONS
from bot.slack.listeners.events import EVENTS
from bot.slack.listeners.shortcuts import SHORTCUTS
from bot.slack.listeners.views import VIEWS
from bot.slack.payloads import Click, Submission
from bot.slack.render import messages, views
from bot.slack.retries import code_of
from bot.slack.shortcuts import Chosen
from bot.slack.slow_answers import SlowAnswers
from bot.slack.underneath import Panel
from bot.storage.database import Database, DatabaseFault

_log = structlog.get_logger()


class Clock(Protocol):
    """Gives the time, aware and in UTC."""

    def __call__(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Adapters:
    """Bolt's listeners over our handlers, with what those need."""

    database: Database
    clock: Clock
    slow: SlowAnswers
    #: Told of the app that a request is for.
    meet_app: Callable[[WorkspaceId, str], None]
    #: Told of each person who types a command.
    greet: Callable[[WorkspaceId, UserId], None]
    #: Where programs reach us; empty where nobody said.
    address: str = ""

    def command(
        self, ack: Ack, command: dict[str, Any], client: WebClient, context: BoltContext
    ) -> None:
        said = payloads.command(command, authorized(context), self.address)
        if said.verb not in commands.READING:  # where a line would cost a tenth of the answer
            verb = said.verb if said.verb in commands.SUBCOMMANDS else "?"  # it is people's text
            _log.info("command", verb=verb, user_id=said.user_id)
        answer = commands.answer(self.database, said, self.clock())
        if isinstance(answer, Later):
            answer = self.slow.owe(said, answer)
        self.greet(said.workspace_id, said.user_id)
        if said.verb not in commands.READING:
            # Once what was asked for is done: a database that is away is waited for once.
            self.meet_app(said.workspace_id, payloads.app_of(command))
        if isinstance(answer, Open):
            answer = opened(client, said.trigger_id, answer)
        if isinstance(answer, Show):
            ack(**ephemeral(answer.message))
        else:
            ack()

    def action(
        self, ack: Ack, body: dict[str, Any], client: WebClient, context: BoltContext
    ) -> None:
        said = payloads.click(body, authorized(context))
        handle = ACTIONS.get(said.action_id)  # type: ignore[call-overload]  # whatever Slack sends
        _log.info("click", action_id=said.action_id, user_id=said.user_id)
        if handle is None:
            answer: Answer = Show(messages.say(errors.OLD_BUTTON))
        else:
            answer = handle(self.database, said, self.clock())
        answer_click(self.database, client, said, answer, self.clock())
        self.meet_app(said.workspace_id, payloads.app_of(body))
        self._renew_what_is_under(said, answer)
        ack()

    def view(self, ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
        said = payloads.submission(body, authorized(context))
        handle = VIEWS.get(said.callback_id)  # type: ignore[call-overload]  # whatever Slack sends
        _log.info("form", callback_id=said.callback_id, user_id=said.user_id)
        if handle is None:
            ack(response_action="push", view=views.problem(errors.OLD_FORM))
            return
        answer = handle(self.database, said, self.clock())
        self._renew_what_is_under(said, answer)
        ack(**view_response(answer, said.panel))

    def shortcut(
        self, ack: Ack, body: dict[str, Any], client: WebClient, context: BoltContext
    ) -> None:
        said = shortcuts.chosen(body, authorized(context))
        handle = SHORTCUTS.get(said.callback_id)  # type: ignore[call-overload]  # whatever Slack sends
        _log.info("shortcut", callback_id=said.callback_id, user_id=said.user_id)
        if handle is not None:
            answer = handle(self.database, said, self.clock())
            if isinstance(answer, Later):
                answer = self.slow.owe(said, answer)
            if isinstance(answer, Open):
                answer = opened(client, said.trigger_id, answer)
            if isinstance(answer, Show):
                reply(self.database, said, answer, self.clock())
        ack()

    def event(self, body: dict[str, Any], context: BoltContext) -> None:
        handle = EVENTS.get(body["event"]["type"])
        _log.info("event", event_type=body["event"]["type"], event_id=body.get("event_id"))
        if handle is not None:
            handle(self.database, payloads.event(body, authorized(context)), self.clock())
        self.meet_app(authorized(context), payloads.app_of(body))

    def _renew_what_is_under(self, said: Click | Submission, answer: Answer) -> None:
        """Have the panel of teams, or the list of requests, under what was done drawn anew."""
        if said.panel is not None and isinstance(answer, Show | Nothing):
            stale = PanelStale(
                recipient=said.user_id, view_id=said.panel.view_id, team_id=said.panel.team_id
            )
            _owe(self.database, said, stale, self.clock())
        below = lists.under(said.metadata)
        if below is not None and isinstance(answer, Show | Nothing):
            queue = QueueStale(
                recipient=said.user_id,
                view_id=below.view_id,
                chosen=below.chosen,
                drawn=below.drawn,
            )
            _owe(self.database, said, queue, self.clock())

    def ignored(self, ack: Ack) -> None:
        """A form that was closed: answered, so that Slack is content."""
        ack()


def authorized(context: BoltContext) -> WorkspaceId:
    """The workspace that Bolt had authorised, and no other that the payload may name too."""
    return WorkspaceId(context.team_id or "")


def ephemeral(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message for the one who asked."""
    return {"response_type": "ephemeral", **message}


def view_response(answer: Answer, panel: Panel | None = None) -> dict[str, Any]:
    """What Slack takes as the answer to a form, under which there may be a panel."""
    match answer:
        case Errors(fields):
            return {"response_action": "errors", "errors": dict(fields)}
        case Show(message, title=title, metadata=metadata):
            view = underneath.over(panel, views.done(message, title, metadata))
            return {"response_action": "update", "view": view}
        case Push(view) | Open(view):
            return {"response_action": "push", "view": underneath.over(panel, view)}
        case Nothing():
            return {}


def opened(
    client: WebClient, trigger_id: str, form: Open, *, modal_id: str | None = None
) -> Answer:
    """Open the form, or say what to type instead where Slack doesn't."""
    try:
        if modal_id is not None and form.replaces_view:
            client.views_update(view_id=modal_id, view=form.view)
        elif modal_id is not None:
            client.views_push(trigger_id=trigger_id, view=form.view)
        else:
            client.views_open(trigger_id=trigger_id, view=form.view)
    except (SlackApiError, OSError, HTTPException) as error:
        _log.warning("form_not_opened", error=_code(error))
        return Show(messages.say(errors.form_failed(form.instead)))
    return Nothing()


def answer_click(
    database: Database, client: WebClient, said: Click, answer: Answer, now: datetime
) -> None:
    """A button's answer: by its response URL from the outbox, or in the form or tab it is in."""
    is_on_home = not said.response_url and not said.modal_id
    if is_on_home:
        _keep_home(database, said, now)
    if isinstance(answer, Open):
        over_panel = replace(answer, view=underneath.over(said.panel, answer.view))
        answer = opened(client, said.trigger_id, over_panel, modal_id=said.modal_id)
    if not isinstance(answer, Show):
        return
    if not said.response_url:
        if is_on_home:  # a button of something that is over goes at once
            _owe(database, said, HomeStale(recipient=said.user_id), now)
        answer_at_once(client, said, answer)
        return
    reply(database, said, answer, now)


def reply(database: Database, said: Click | Chosen, answer: Show, now: datetime) -> None:
    """By the response URL; a shortcut that belongs to no message has none, and nobody waits."""
    if said.response_url:
        replies.owe(
            database,
            said.workspace_id,
            answer,
            user_id=said.user_id,
            response_url=said.response_url,
            now=now,
        )


def answer_at_once(client: WebClient, said: Click, answer: Show) -> None:
    """Straight to Slack: into the form or tab, or where the database can't take the answer."""
    if said.response_url:
        replies.send(said.response_url, answer)
        return
    try:
        done = views.done(answer.message, answer.title, answer.metadata)
        view = underneath.over(said.panel, done)
        if said.modal_id and answer.replaces_original:
            client.views_update(view_id=said.modal_id, view=view)
        elif said.modal_id:
            client.views_push(trigger_id=said.trigger_id, view=view)
        else:
            client.views_open(trigger_id=said.trigger_id, view=view)
    except (SlackApiError, OSError, HTTPException) as error:
        _log.warning("click_not_answered", error=_code(error))


def _keep_home(database: Database, said: Click, now: datetime) -> None:
    """Whatever comes of the click, they look at their Home, which is to show it."""
    try:
        fresh_homes.clicked(database, said.workspace_id, said.user_id, now)
    except DatabaseFault as fault:
        _log.warning("home_not_kept_fresh", reason=fault.reason)


def _owe(
    database: Database,
    said: Click | Submission,
    stale: HomeStale | PanelStale | QueueStale,
    now: datetime,
) -> None:
    """What was done is committed: that what shows it can't be drawn anew must not deny it."""
    try:
        outbox.owe(database, said.workspace_id, stale, now)
    except DatabaseFault as fault:
        _log.warning("not_drawn_anew", what=type(stale).__name__, reason=fault.reason)


def _code(error: Exception) -> str:
    """Slack's error code; the whole error may hold what people typed."""
    if isinstance(error, SlackApiError):
        return code_of(error)
    return type(error).__name__

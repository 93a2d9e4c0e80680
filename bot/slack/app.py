"""The Bolt app: which listener hears what, and who speaks when one raises."""

import re
from time import monotonic

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.slack.adapters import Adapters, Clock
from bot.slack.front_door import ARRIVED_AT
from bot.slack.greeting import Greeter
from bot.slack.identity import Identity
from bot.slack.ids import COMMAND
from bot.slack.listeners.events import EVENTS
from bot.slack.slow_answers import SlowAnswers
from bot.slack.spokesman import Spokesman
from bot.storage.database import Database, DatabaseBusy

#: An interactive call of ours (`views.open`) must leave room within Slack's three seconds.
CLIENT_SECONDS = 2
#: What is left of Slack's three seconds covers the 1.5 that a writer may wait.
QUEUED_SECONDS_MAX = 1.5
_ANY = re.compile(".*")


def build(
    database: Database,
    client: WebClient,
    identity: Identity,
    clock: Clock,
    *,
    slow: SlowAnswers,
    address: str,
) -> App:
    """Bolt with all listeners. The front door, or the socket, has let in only what Slack sent."""

    def authorize(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult | None:
        # A plain function, since Bolt would inject `self` into a method. It is the first that Bolt
        # calls of ours; a middleware more would cost each request a tenth.
        _refuse_late()
        return identity.authorize(team_id=team_id, enterprise_id=enterprise_id)

    app = App(
        # Without a token: the one that `authorize` gives is put into each request's own client.
        client=WebClient(base_url=client.base_url, timeout=CLIENT_SECONDS, retry_handlers=[]),
        authorize=authorize,  # type: ignore[arg-type] # None refuses, which Bolt knows
        process_before_response=True,  # ack comes last, so the answer waits for the work anyway
        request_verification_enabled=False,  # slack.front_door did, before anything was parsed
        ssl_check_enabled=False,
        token_verification_enabled=False,  # a start while Slack is down is a start
        user_facing_authorize_error_message="This tokenbot serves another workspace.",
    )
    greeter = Greeter(database, clock)
    heard = Adapters(database, clock, slow, identity.meet_app, greeter.greet, address)
    app.command(COMMAND)(heard.command)
    app.action(_ANY)(heard.action)
    app.view(_ANY)(heard.view)
    app.view_closed(_ANY)(heard.ignored)
    app.shortcut(_ANY)(heard.shortcut)
    for name in EVENTS:
        app.event(name)(heard.event)
    app.error(Spokesman(database, client, clock).answer)
    return app


def _refuse_late() -> None:
    """What waited too long for a thread is not begun: Slack would have given up before its end.

    The person is told that nothing was moved, in time and truly, and does not type it twice.
    """
    arrived_at = ARRIVED_AT.get()
    if arrived_at is not None and monotonic() - arrived_at > QUEUED_SECONDS_MAX:
        raise DatabaseBusy("the request waited too long for its turn")

"""A Slack workspace that lives in this process and speaks Slack's protocols over real sockets.

How tests use it
----------------
::

    with SimulatedSlack(clock=clock) as slack:        # people: ANA, BEN, MIA (manager), LEO (admin)
        # point the bot at it: slack.bot_token, slack.signing_secret, slack.api_url
        slack.bot_url = handle.url                    # where the bot serves /slack/events
        done = slack.command(LEO, "grant @ana 1M for the demo")
        assert "1M" in done.shown                     # what Leo sees, as plain text
        slack.wait_until(lambda: slack.dm(ANA))       # never sleep
        assert "1M" in slack.as_text(slack.dm(ANA)[-1])

`clock` gives aware UTC times: message stamps, trigger ids (3 s) and response URLs (30 min) go by
it. Signatures go by the machine's clock, because Bolt compares with that; `signing_clock` changes
it. `answer_seconds` is how long the app has (3 as in Slack). People are `Person`s or user ids.

Acting, each over the wire; all but `say` take `bot_url=` to reach another process:

* `command(who, text, channel_id=, command="/tokens")`: `@ana` becomes `<@U01ANA|ana>`, `& < >` are
  escaped; `escape=False` sends the text as it stands.
* `click(who, where, button, value=)`: `where` is `"dm"`, `"home"`, `"modal"`, `"ephemeral"`, a
  channel's id, a `Message` or a `View`; the button goes by its text, accessibility label or
  action_id, newest message first. `LookupError` names the buttons that are there.
* `choose(who, where, name, value)`: menus, boxes, dates, overflow menus; options by text or value,
  people and channels by id or name, many as a list.
* `submit(who, {field: value})`: the top modal; fields by label, block_id or action_id. Empty
  required fields stop it as in Slack's client (`status` is None, `errors` says why).
* `close_modal(who)`, `open_home(who, tab="home")`, `shortcut(who, callback_id)`,
  `message_shortcut(who, callback_id, message)`, `say(who, text, channel_id=)`.
* `send_event(event, event_id=)`, `redeliver(event_id, retry=1)`, `add_person(person)` (team_join),
  `change_person(who, deleted=True, …)` (user_change); the last two take `tell=False`.
* `resend(outcome.request)`: the same signed bytes again. `raw(body, …)`: any bytes, signed or not.

Arranging: `add_channel(name, is_private=, members=, with_bot=)`, `archive(channel_id)`,
`unarchive`, `delete_channel`, `make_private`, `invite_bot`, `remove_bot`;
`add_usergroup(handle, people)`, `set_usergroup_users(group_id, people)`, `change_usergroup`,
`disable_usergroup` (the app hears of the last three, unless `tell=False`). `@handle` in a command
becomes `<!subteam^S…|@handle>`.

Acts answer an `Outcome`: `status`, `body`, `shown`, `errors`, `message`, `modal`, `request`,
`headers`, `is_good`.

Looking: `dm(who)`, `channel("general")`, `ephemerals(who)` (lists of `Message`, oldest first),
`home(who)`, `modal(who)` (a `View` or None), `as_text(thing, who=None)`, `calls(method=None)` (list
of `Call`: `method`, `arguments`, `at`, `outcome`, `performed`, `answer`),
`wait_until(predicate, timeout=5.0)` returns the predicate's first truthy value.

Failing: `slack.faults.fail_next(n, kind, method)`, `.always(kind, method)`,
`.random(rate, seed, kinds)`, `.clear()`; kinds `429`, `500`, `timeout`, `drop`, `error:<code>`;
`performed=True` lets the call take effect all the same; `method` is `"*"`, a Web API method or
`"response_url"`. `.refuse_block("data_visualization")` has messages with such a block answered
`invalid_blocks` until `clear`.

Time: with `clock=PlaygroundClock(real)` for this Slack and for the bot, and `slack.travel.bot =
handle`, `slack.move_time(days=7)` or `slack.move_time(moment)` goes there in steps of at most three
hours, has the bot do and deliver what is due at each, and answers a `Journey`, whose `findings` are
what does not add up in the books.

The page's message box lists the bot's commands with `slack.completion.bot = handle`.

Block Kit's rules alone: `bot.playground.blocks.surfaces.problems("message" | "modal" | "home",
payload)` answers a list of complaints, empty when Slack would take the payload.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from starlette.applications import Starlette

from bot.playground import signing, site
from bot.playground.arranging import Arranging
from bot.playground.completion import Completion
from bot.playground.delivery import ANSWER_SECONDS, Delivery
from bot.playground.driving import Driving
from bot.playground.faults import Faults
from bot.playground.looking import Looking
from bot.playground.people import CAST, Person
from bot.playground.serving import LOOPBACK, Pulse, ServerThread
from bot.playground.simulate import Simulate
from bot.playground.sockets import SocketMode
from bot.playground.stage import Stage
from bot.playground.travel import Journey, Travel
from bot.playground.underneath import Feed
from bot.playground.web_api.endpoint import WebApi
from bot.playground.workspace import SCOPES, Clock, Identity, Workspace


class SimulatedSlack(Driving, Arranging, Looking):
    """The workspace, from `start` to `stop`; also a context manager."""

    def __init__(
        self,
        *,
        clock: Clock,
        people: Sequence[Person] = CAST,
        channels: Sequence[str] = ("general", "ml-platform"),
        bot_token: str = "xoxb-playground-bot",  # noqa: S107 (good in this simulation only)
        signing_secret: str = "playground-signing-secret",  # noqa: S107
        app_token: str | None = None,
        team_id: str = "T0PLAYGROUND",
        scopes: Iterable[str] = SCOPES,
        bot_url: str = "",
        port: int = 0,
        signing_clock: Clock | None = None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        identity = _identity(team_id, bot_token, signing_secret, app_token)
        self.workspace = Workspace(
            identity, clock=clock, people=people, channels=channels, scopes=scopes
        )
        self.team_id, self.bot_token, self.app_token = team_id, bot_token, app_token
        self.signing_secret = signing_secret
        self.faults = Faults()
        self.workspace.refuses_block = self.faults.refuses_block
        self.sockets = SocketMode(self.workspace)
        self.travel = Travel(self.workspace)
        self.completion = Completion(self.workspace)
        pulse = Pulse()
        api = WebApi(self.workspace, self.faults, self.sockets, pulse, lambda: self.url)
        to_the_app = Delivery(
            bot_url=bot_url,
            signing_secret=signing_secret,
            seconds=_seconds(signing_clock),
            sockets=self.sockets,
            answer_seconds=answer_seconds,
            still=self.travel.still,
        )
        stage = Stage(self.workspace, to_the_app, lambda: self.url)
        Driving.__init__(self, stage)
        Arranging.__init__(self, stage)
        Looking.__init__(self, self.workspace, api.log)
        self.feed = Feed(self.workspace)
        self.feed.follow(to_the_app, api, self.travel)
        self.simulate = Simulate(self, self.faults, self.travel, self.feed)
        self.workspace.listeners.append(pulse.ring)
        self._server = ServerThread(self._site(api, pulse), pulse, port)

    def _site(self, api: WebApi, pulse: Pulse) -> Starlette:
        return site.build(
            driving=self,
            arranging=self,
            looking=self,
            faults=self.faults,
            travel=self.travel,
            api=api,
            pulse=pulse,
            completion=self.completion,
            feed=self.feed,
            simulate=self.simulate,
        )

    def start(self) -> Self:
        """Listen on the loopback port; OSError when it is taken."""
        self._server.start()
        return self

    def stop(self) -> None:
        self.travel.stop()
        self._server.stop()

    def furnish(self) -> None:
        """The workspace as on the first day, and no log of what was."""
        with self.workspace.changing():
            self.workspace.furnish()
            self._delivery.log.clear()
            self._call_log.clear()

    def move_time(self, to: datetime | None = None, **span: float) -> Journey:
        """Move time forward to then, or by that span; the bot does what falls due meanwhile."""
        return self.travel.move(to or self.workspace.clock() + timedelta(**span))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._server.port}"

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL is set to."""
        return f"{self.url}/api/"


def _identity(team_id: str, bot_token: str, signing_secret: str, app_token: str | None) -> Identity:
    return Identity(
        team_id=team_id,
        team_name="Playground",
        app_id="A0TOKENBOT",
        bot_id="B0TOKENBOT",
        bot_user_id="U00TOKENBOT",
        bot_token=bot_token,
        signing_secret=signing_secret,
        app_token=app_token,
    )


def _seconds(clock: Clock | None) -> Callable[[], int]:
    if clock is None:
        return signing.machine_seconds
    return lambda: int(clock().timestamp())

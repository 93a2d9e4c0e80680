"""Home tabs: looked after so that they stay fresh, and published where they show something new."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.domain.directory import UserId, WorkspaceId
from bot.services import fresh_homes, home
from bot.slack.render import views
from bot.slack.retries import is_passing, retry_after
from bot.storage.database import Database

#: Between two looks; what this process writes is looked at sooner.
_REST_SECONDS = 0.4
#: A look takes a part of the time at most, however many Homes are kept fresh: one in so many.
_REST_FACTOR = 15.0


class HomeWatch:
    """Each step owes the Homes that are stale, once in a while however often it is woken."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._seconds = seconds
        self._rests_until = 0.0

    def step(self) -> float:
        """Look, unless that was done just now; how many seconds until the next."""
        began = self._seconds()
        if began < self._rests_until:
            return self._rests_until - began
        fresh_homes.look(self._database, self._clock())
        ended = self._seconds()
        self._rests_until = ended + max(_REST_SECONDS, (ended - began) * _REST_FACTOR)
        return self._rests_until - ended


def publish(
    database: Database,
    client: WebClient,
    workspace_id: WorkspaceId,
    user_id: UserId,
    now: datetime,
    *,
    is_again: bool,
) -> None:
    """Draw a Home with the facts of now; Slack is told unless it has that very view.

    What came of an earlier try is not known, so where it `is_again` tried Slack is told anyway.
    Raises what Slack, or the way there, answers.
    """
    sight = fresh_homes.sight(database, workspace_id, user_id)
    shown = home.home(database, workspace_id, user_id, now)
    view = views.home(shown)
    fingerprint = _fingerprint(view)
    if is_again or fingerprint != sight.drawn:
        try:
            client.views_publish(user_id=user_id, view=view)
        except SlackApiError as error:
            if retry_after(error) is None and not is_passing(error):
                fresh_homes.not_taken(database, workspace_id, user_id, now)
            raise
    # Raised from here, a fault of the database leaves the notice unmarked: it is tried again.
    fresh_homes.drawn(database, workspace_id, shown, of=sight, fingerprint=fingerprint, now=now)


def _fingerprint(view: views.View) -> str:
    return hashlib.sha256(json.dumps(view, sort_keys=True).encode()).hexdigest()

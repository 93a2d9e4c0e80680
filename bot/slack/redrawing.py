"""What people have before them, drawn anew: Home, panels, lists of requests, the welcome."""

from datetime import datetime
from functools import partial

from slack_sdk import WebClient

from bot.domain.directory import WorkspaceId
from bot.domain.notices import HomeStale, PanelStale, QueueStale, WelcomeStale
from bot.domain.refusals import NotAllowed, TeamEnded, WhichTeam
from bot.services import arrivals, queues, team_views
from bot.services.team_choice import Asked
from bot.slack import homes, lists
from bot.slack.render import messages, views
from bot.slack.retries import unless_gone
from bot.storage.database import Database


def redraw(
    database: Database,
    client: WebClient,
    workspace_id: WorkspaceId,
    stale: HomeStale | PanelStale | QueueStale | WelcomeStale,
    now: datetime,
    *,
    is_again: bool,
) -> None:
    """With the facts of now. Raises what Slack, or the way there, answers."""
    if isinstance(stale, HomeStale):
        homes.publish(database, client, workspace_id, stale.recipient, now, is_again=is_again)
        return
    if isinstance(stale, WelcomeStale):
        _redraw_welcome(database, client, workspace_id, now)
        return
    if isinstance(stale, PanelStale):
        view = _panel(database, workspace_id, stale, now)
    else:
        view = _queue(database, workspace_id, stale, now)
    if view is not None:
        unless_gone(partial(client.views_update, view_id=stale.view_id, view=view))


def welcome(database: Database, workspace_id: WorkspaceId) -> messages.Message:
    """What the first admin is shown, as things stand."""
    _, shown = arrivals.welcome(database, workspace_id)
    return messages.welcome(shown)


def _redraw_welcome(
    database: Database, client: WebClient, workspace_id: WorkspaceId, now: datetime
) -> None:
    found, shown = arrivals.welcome(database, workspace_id)
    if found is None or found.message is None or found.is_finished:
        return  # it was never sent, or says its last
    place, message = found.message, messages.welcome(shown)
    unless_gone(partial(client.chat_update, channel=place.channel, ts=place.ts, **message))
    arrivals.drawn(database, workspace_id, shown, now)


def _panel(
    database: Database, workspace_id: WorkspaceId, stale: PanelStale, now: datetime
) -> views.View | None:
    """None where they may not see it any more, or it has ended: it stays as it was."""
    asked = Asked(actor=stale.recipient, team_id=stale.team_id or None)
    try:
        seen = team_views.panel(database, workspace_id, asked, now)
    except (WhichTeam, TeamEnded):
        return None
    if not seen.teams:
        return None
    if seen.open is not None:
        return views.team_panel(seen.viewer, seen.open)
    return views.team_panels(seen.viewer, seen.teams)


def _queue(
    database: Database, workspace_id: WorkspaceId, stale: QueueStale, now: datetime
) -> views.View | None:
    """None where they decide nothing any more: it stays as it was."""
    try:
        queue = queues.look(
            database,
            workspace_id,
            actor=stale.recipient,
            chosen=lists.load(stale.chosen),
            now=now,
        )
    except NotAllowed:
        return None
    return views.requests_list(queue, drawn=stale.drawn + 1)

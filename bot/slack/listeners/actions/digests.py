"""Buttons of digests: preview, send, turn off, choose a channel; one's own on and off."""

from datetime import datetime

from bot.domain.directory import TeamId
from bot.domain.ledger import IdempotencyKey
from bot.services import digests
from bot.services.team_choice import Asked
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Click
from bot.slack.render import messages, views
from bot.storage.database import Database


def preview(database: Database, said: Click, now: datetime) -> Answer:
    """*Preview*"""
    key = IdempotencyKey(f"digest:{said.trigger_id}")
    team = digests.preview(database, said.workspace_id, _asked(said), key=key, now=now)
    return Show(messages.digest_preview_comes(team))


def send(database: Database, said: Click, now: datetime) -> Answer:
    """*Send it now* under a preview, which sends once however often it is pressed."""
    place = f"{said.message.channel}:{said.message.ts}" if said.message else said.trigger_id
    key = IdempotencyKey(f"digest:{place}")
    team = digests.send(database, said.workspace_id, _asked(said), key=key, now=now)
    return Show(messages.digest_sent(team))


def turn_off(database: Database, said: Click, now: datetime) -> Answer:
    """*Turn off*"""
    team = digests.turn_off(database, said.workspace_id, _asked(said), now=now)
    return Show(messages.digest_changed(team), replaces_original=True)


def choose_channel(database: Database, said: Click, _now: datetime) -> Answer:
    """*Choose a channel…* opens a form. The value is the team's id, a colon, and a lost week."""
    _, _, week_on = said.value.partition(":")
    team = digests.team(database, said.workspace_id, _asked(said))
    form = views.digest_channel_form(team, week_on=week_on)
    return Open(form, "/tokens digest here")


def own(database: Database, said: Click, _now: datetime) -> Answer:
    """*Send me mine weekly*, and *Stop mine*."""
    wanted = said.value == "on"
    digests.want_own(database, said.workspace_id, user_id=said.user_id, wanted=wanted)
    return Show(messages.own_digest_chosen(wanted=wanted), replaces_original=True)


def _asked(said: Click) -> Asked:
    team_id, _, _ = said.value.partition(":")
    return Asked(actor=said.user_id, team_id=TeamId(team_id))

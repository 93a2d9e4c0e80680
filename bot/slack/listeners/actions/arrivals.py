"""Buttons of the first steps: leave one out, and an allowance to begin with."""

from datetime import datetime

from bot.domain.allowances import Subject, SubjectKind
from bot.domain.arrivals import Step
from bot.domain.directory import EVERYONE
from bot.services import arrivals, subjects
from bot.slack import errors
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Click
from bot.slack.render import messages, views
from bot.slack.render.views import AllowanceFormDraft
from bot.storage.database import Database

_EVERYONE = Subject(SubjectKind.TEAM, EVERYONE)


def skip(database: Database, said: Click, now: datetime) -> Answer:
    """*Skip*"""
    if said.value not in list(Step):
        return Show(messages.say(errors.OLD_BUTTON))
    shown = arrivals.skip(
        database, said.workspace_id, actor=said.user_id, step=Step(said.value), now=now
    )
    is_welcome = said.message is not None  # the other is an answer that nobody else sees
    told = messages.welcome(shown) if is_welcome else messages.setup(shown)
    return Show(told, replaces_original=True)


def open_allowance(database: Database, said: Click, now: datetime) -> Answer:
    """*Set an allowance…*, for everyone and with something to begin with."""
    draft = AllowanceFormDraft(
        terms=arrivals.suggested(database, said.workspace_id, said.user_id, now),
        subject=_EVERYONE,
        teams=subjects.to_choose(database, said.workspace_id, said.user_id),
    )
    return Open(views.allowance_form(draft), "/tokens allowance Everyone 1M weekly")

"""Forms about policies, sent: the whole of one, and a cap."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar, cast

from bot.domain import amounts
from bot.domain.directory import TeamId
from bot.domain.limits import Measure
from bot.domain.policies import Cap, CapId, CapPeriod, Mode, Policy
from bot.domain.refusals import AmountRefused, AnyRefusal, PolicyRefused
from bot.services import policies
from bot.services.team_choice import Asked
from bot.slack import errors, payloads, policy_figures
from bot.slack.answers import Answer, Errors, Show
from bot.slack.ids import Field
from bot.slack.payloads import Submission
from bot.slack.render import messages
from bot.storage.database import Database

T = TypeVar("T")

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def policy(database: Database, said: Submission, now: datetime) -> Answer:
    """All of it or nothing; what is wrong stands under each field."""
    reading = _Reading(said)
    mode = Mode(said.choice(Field.MODE))
    grace = reading.read(Field.GRACE, policy_figures.grace, _NOTHING)
    fields: dict[str, Any] = {
        "mode": mode,
        **(grace if mode is Mode.SOFT else {}),
        "request_max": reading.read(Field.REQUEST_MAX, amounts.parse, None),
        **reading.read(Field.A_DAY, policy_figures.pace, _NOTHING),
        "fallback_model": said.text(Field.FALLBACK).strip(),
        "advance": reading.read(Field.ADVANCE, amounts.parse, 0),
    }
    if mode is Mode.SOFT and not said.text(Field.GRACE).strip():
        reading.errors[Field.GRACE] = "How far may calls go past the end? 50k, say, or 10%."
    if reading.errors:
        return Errors(reading.errors)
    seen = policies.put(database, said.workspace_id, _asked(said), policy=Policy(**fields), now=now)
    return Show(messages.policy_changed(seen))


def cap(database: Database, said: Submission, now: datetime) -> Answer:
    """What is capped, at how much, in which time."""
    asked = _asked(said)
    wish = Cap(
        cap_id=CapId(""),
        team_id=TeamId(""),
        measure=Measure(said.choice(Field.MEASURE)),
        name=said.text(Field.NAME),
        tokens=amounts.parse(said.text(Field.AMOUNT)),
        period=CapPeriod(said.choice(Field.PERIOD)),
        fallback_model=said.text(Field.FALLBACK).strip(),
    )
    done = policies.put_cap(database, said.workspace_id, asked, cap=wish, now=now)
    return Show(messages.policy_capped(done))


class _Reading:
    """The fields of a form, each with what is wrong with it."""

    def __init__(self, said: Submission) -> None:
        self._said = said
        self.errors: dict[Field, str] = {}

    def read(self, field: Field, parse: Callable[[str], T], absent: T) -> T:
        """What stands in a field; `absent` where nothing does, or something that can't be read."""
        typed = self._said.text(field).strip()
        if not typed:
            return absent
        try:
            return parse(typed)
        except (AmountRefused, PolicyRefused) as refusal:
            self.errors[field] = errors.plain_words_for(cast("AnyRefusal", refusal))
            return absent


def _asked(said: Submission) -> Asked:
    carried = payloads.metadata(said.metadata)
    return Asked(actor=said.user_id, team_id=TeamId(carried["team_id"]))

"""The forms of an allowance, sent: a new one, and a change."""

from datetime import date, datetime

from bot.domain import allowance_wishes as rules
from bot.domain import amounts, periods
from bot.domain.allowance_wishes import AllowanceWish
from bot.domain.allowances import AllowanceId, Subject, SubjectKind, Terms
from bot.domain.periods import Period
from bot.domain.refusals import AmountRefused
from bot.services import previews
from bot.slack import allowance_answers, errors, payloads
from bot.slack.answers import Answer, Errors, Show
from bot.slack.ids import Field
from bot.slack.payloads import Submission
from bot.slack.render import allowance_forms, messages
from bot.storage.database import Database


def allowance(database: Database, said: Submission, now: datetime) -> Answer:
    """Who, how much, how often, and on what terms."""
    subject = _subject(said)
    if isinstance(subject, Errors):
        return subject
    carry_max = _carry_max(said)
    if isinstance(carry_max, Errors):
        return carry_max
    conditions = said.choices(Field.CONDITIONS)
    wish = AllowanceWish(
        subject=subject,
        tokens=amounts.parse(said.text(Field.AMOUNT)),
        period=Period(said.choice(Field.PERIOD) or Period.WEEK),
        carry_max=carry_max,
        starts_on=_day(said, Field.STARTS_ON),
        until=_day(said, Field.UNTIL),
        anchor_on=_day(said, Field.FIRST_DAY),
        is_prorated=allowance_forms.PRORATED in conditions,
        returns_on_leaving=allowance_forms.RETURNS in conditions,
        is_from_pool=True if allowance_forms.FROM_POOL in conditions else None,
        note=said.text(Field.REASON),
    )
    return allowance_answers.wished(
        database, said.workspace_id, actor=said.user_id, wish=wish, key=said.key, now=now
    )


def change(database: Database, said: Submission, now: datetime) -> Answer:
    """Another amount or carry-over: shown beside the present one, from which day, to confirm."""
    allowance_id = AllowanceId(payloads.metadata(said.metadata)["allowance_id"])
    tokens = amounts.parse(said.text(Field.AMOUNT))
    carry_max = _carry_max(said)
    if isinstance(carry_max, Errors):
        return carry_max
    present = previews.preview_of(database, said.workspace_id, allowance_id, now)
    day = rules.changes_on(present.allowance, periods.day_of(now, present.team.clock))
    terms = Terms(from_on=day, tokens=tokens, carry_max=carry_max)
    return Show(messages.allowance_differs(present, terms), title=allowance_answers.ASKS)


def _subject(said: Submission) -> Subject | Errors:
    people, team = said.people(Field.RECIPIENT), said.choice(Field.FOR_TEAM)
    if people and team:
        return Errors({Field.FOR_TEAM: "Choose a person or a team, not both."})
    if team:
        return Subject.parse(team)
    if not people:
        return Errors({Field.RECIPIENT: "Choose who gets it: a person or a team."})
    return Subject(SubjectKind.MEMBER, people[0])


def _carry_max(said: Submission) -> int | Errors | None:
    """What carries over; its own amount is refused under its own field."""
    match said.choice(Field.CARRY):
        case allowance_forms.CARRY_ALL:
            return None
        case allowance_forms.CARRY_SOME:
            try:
                return amounts.parse(said.text(Field.CARRY_MAX))
            except AmountRefused as refused:
                return Errors({Field.CARRY_MAX: errors.plain_words_for(refused)})
        case _:
            return 0


def _day(said: Submission, field: Field) -> date | None:
    chosen = said.day(field)
    return date.fromisoformat(chosen) if chosen else None

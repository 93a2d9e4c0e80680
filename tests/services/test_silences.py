"""Admins hear that a source fell silent: once each, whatever happens; and once more in a week."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from bot import schedule
from bot.domain.directory import UserId
from bot.domain.notices import SourcesSilent
from bot.domain.usage_events import SourceRole
from bot.services import agenda, preferences, silences
from bot.storage.database import Database, Transaction
from tests.company import MORNING, Company
from tests.metered import take, used
from tests.spending import Listen, Workers, each

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: A Tuesday at noon, a day and some after the source was last heard.
NOON = MORNING + DAY + 3 * HOUR


def heard(company: Company, source: str, at: datetime = MORNING) -> None:
    """The source told of a call of nobody's, and of another the day before."""
    for moment in (at - DAY, at):
        take(company, used("", 10, moment, source=source), now=moment)


def listen(company: Company, at: datetime = NOON) -> None:
    """The clock looks, while people are active."""
    heard(company, "app", at)
    silences.do_due(company.database, at)


def told(company: Company) -> list[tuple[UserId, tuple[str, ...], bool]]:
    """To whom, of which sources, and whether it is a reminder."""
    return [
        (one.recipient, tuple(one.sources), one.is_reminder)
        for one in company.notices()
        if isinstance(one, SourcesSilent)
    ]


@pytest.fixture
def leo(company: Company) -> UserId:
    return company.admin("leo")


def test_each_admin_is_told_once_which_source_fell_silent(company: Company, leo: UserId) -> None:
    eva = company.admin("eva")
    company.approver("mia")
    company.finance("fay")
    heard(company, "litellm")

    for minutes in (0, 1, 60, 24 * 60):
        listen(company, NOON + timedelta(minutes=minutes))

    assert sorted(told(company)) == [(eva, ("litellm",), False), (leo, ("litellm",), False)]
    (first, _) = company.notices()
    assert isinstance(first, SourcesSilent)
    assert first.sources == {"litellm": MORNING.isoformat(timespec="microseconds")}


def test_what_one_person_sends_with_a_key_of_their_own_is_theirs(
    company: Company, leo: UserId
) -> None:
    ana, ben, eva = (company.member(name) for name in ("ana", "ben", "eva"))
    for moment in (MORNING - DAY, MORNING):
        for owner in (ana, ben):
            take(company, used("", 10, moment, source="notebook"), owner=owner, now=moment)
        for owner in (ana, ben, ana, eva):
            take(company, used("", 10, moment, source="claude-code"), owner=owner, now=moment)

    listen(company)
    listen(company, NOON + 8 * DAY)

    assert told(company) == [(leo, ("claude-code",), False), (leo, ("claude-code",), True)]


def test_a_first_try_is_not_missed(company: Company, leo: UserId) -> None:
    take(company, used("", 10, MORNING, source="curl"), now=MORNING)

    listen(company)

    assert told(company) == []


def test_several_that_fall_silent_are_one_notice(company: Company, leo: UserId) -> None:
    heard(company, "litellm")
    heard(company, "claude-code", MORNING + HOUR)

    listen(company)

    assert told(company) == [(leo, ("claude-code", "litellm"), False)]


def test_one_that_follows_later_is_told_alone(company: Company, leo: UserId) -> None:
    heard(company, "litellm")
    heard(company, "claude-code", MORNING + 4 * HOUR)
    listen(company)

    listen(company, NOON + 2 * HOUR)

    assert told(company) == [(leo, ("litellm",), False), (leo, ("claude-code",), False)]


def test_a_source_that_is_heard_again_and_falls_silent_anew_is_told_again(
    company: Company, leo: UserId
) -> None:
    heard(company, "litellm")
    listen(company)
    heard(company, "litellm", NOON + HOUR)
    listen(company, NOON + 2 * HOUR)
    assert told(company) == [(leo, ("litellm",), False)]

    listen(company, NOON + DAY + 2 * HOUR)

    assert told(company) == [(leo, ("litellm",), False)] * 2


def test_after_a_week_of_silence_there_is_one_reminder(company: Company, leo: UserId) -> None:
    heard(company, "litellm")
    listen(company)
    listen(company, NOON + 7 * DAY - HOUR)
    assert len(told(company)) == 1

    for days in (7, 8, 9):
        listen(company, NOON + days * DAY)

    assert told(company) == [(leo, ("litellm",), False), (leo, ("litellm",), True)]


def test_nobody_is_reminded_of_a_source_that_came_back(company: Company, leo: UserId) -> None:
    heard(company, "litellm")
    listen(company)
    heard(company, "litellm", NOON + 6 * DAY)

    listen(company, NOON + 6 * DAY + 20 * HOUR)

    assert told(company) == [(leo, ("litellm",), False)]


def test_where_nobody_is_active_nobody_is_told(company: Company, leo: UserId) -> None:
    heard(company, "litellm")

    silences.do_due(company.database, NOON)

    assert told(company) == []


def test_a_quiet_admin_is_told_when_it_is_quiet_no_more_and_others_at_once(
    company: Company, leo: UserId
) -> None:
    eva = company.admin("eva")
    choose(company, eva, quiet_from=9, quiet_to=17)
    heard(company, "litellm")
    listen(company)
    listen(company, NOON + HOUR)
    assert told(company) == [(leo, ("litellm",), False)]

    for hours in (5, 6):
        listen(company, NOON + hours * HOUR)

    assert told(company) == [(leo, ("litellm",), False), (eva, ("litellm",), False)]


def choose(company: Company, user: UserId, **changes: object) -> None:
    preferences.choose(
        company.database, company.workspace_id, user_id=user, now=company.now, changes=changes
    )


def test_without_an_admin_approvers_are_told(company: Company) -> None:
    mia = company.approver("mia")
    heard(company, "litellm")

    listen(company)

    assert told(company) == [(mia, ("litellm",), False)]


def test_with_nobody_to_tell_it_waits_for_somebody(company: Company) -> None:
    heard(company, "litellm")
    listen(company)

    leo = company.admin("leo")
    listen(company, NOON + HOUR)

    assert told(company) == [(leo, ("litellm",), False)]


def test_a_workspace_hears_of_its_own_sources(company: Company, leo: UserId) -> None:
    theirs = Company(company.database, "T2")
    nina = theirs.admin("nina")
    heard(theirs, "litellm")
    heard(company, "portkey")
    heard(theirs, "app", NOON)

    listen(company)

    assert told(company) == [(leo, ("portkey",), False)]
    assert told(theirs) == [(nina, ("litellm",), False)]


def test_the_clock_finds_a_silence_within_a_tick(company: Company, leo: UserId) -> None:
    heard(company, "litellm")
    heard(company, "app", MORNING + DAY - HOUR)

    schedule.tick(company.database, MORNING + DAY)
    assert told(company) == []
    schedule.tick(company.database, MORNING + DAY + timedelta(minutes=1))

    assert told(company) == [(leo, ("litellm",), False)]


def test_the_clock_looks_only_where_somebody_may_have_to_be_told(
    company: Company, leo: UserId
) -> None:
    def looks(at: datetime) -> bool:
        return agenda.agenda(company.database, at).has_silence

    heard(company, "litellm")
    assert not looks(MORNING + DAY)
    assert looks(NOON)
    listen(company)
    assert not looks(NOON)
    assert not looks(NOON + 20 * HOUR)
    heard(company, "app", NOON + 7 * DAY)
    assert looks(NOON + 7 * DAY)
    listen(company, NOON + 7 * DAY)
    assert not looks(NOON + 7 * DAY + HOUR)


def test_what_is_still_silent_is_told_of_when_it_is_sent(company: Company, leo: UserId) -> None:
    heard(company, "litellm")
    heard(company, "openai")
    listen(company)
    (notice,) = company.notices()
    assert isinstance(notice, SourcesSilent)

    heard(company, "openai", NOON + HOUR)
    found = silences.ongoing(company.database, company.workspace_id, notice, NOON + 2 * HOUR)
    assert [(one.source, one.role) for one in found] == [("litellm", SourceRole.GATEWAY)]
    heard(company, "litellm", NOON + 2 * HOUR)

    assert silences.ongoing(company.database, company.workspace_id, notice, NOON + 3 * HOUR) == []


@dataclass
class Troubled:
    """A database for whose worker something comes before it writes, or before it commits."""

    database: Database
    before_writing: Callable[[], None] = lambda: None
    before_commit: Callable[[], None] = lambda: None

    def __getattr__(self, name: str) -> object:
        return getattr(self.database, name)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        self.before_writing()
        with self.database.writing() as tx:
            yield tx
            self.before_commit()


def die() -> None:
    raise KeyboardInterrupt


def test_a_worker_that_dies_leaves_all_of_it_to_the_next(company: Company, leo: UserId) -> None:
    heard(company, "litellm")
    heard(company, "app", NOON)
    with pytest.raises(KeyboardInterrupt):
        silences.do_due(
            Troubled(company.database, before_commit=die),  # type: ignore[arg-type]  # it passes all on
            NOON,
        )
    assert told(company) == []

    listen(company)

    assert told(company) == [(leo, ("litellm",), False)]


def test_a_worker_that_is_overtaken_tells_nothing(company: Company, leo: UserId) -> None:
    heard(company, "litellm")
    heard(company, "app", NOON)

    silences.do_due(
        Troubled(  # type: ignore[arg-type]  # it passes all on
            company.database, before_writing=lambda: silences.do_due(company.database, NOON)
        ),
        NOON,
    )

    assert told(company) == [(leo, ("litellm",), False)]


@pytest.mark.parametrize("killed", [0, 2])
def test_processes_that_look_at_once_tell_each_admin_once(
    company: Company, database_url: str, killed: int
) -> None:
    admins = [company.admin(f"admin{number}") for number in range(12)]
    hours = [27, 28, 27 + 7 * 24, 28 + 7 * 24]
    heard(company, "litellm")
    for at in hours:
        heard(company, "app", MORNING + timedelta(hours=at))

    workers = Workers(database_url, each(4, 4, lambda _, number: Listen(hours[number])))
    workers.first_answer()
    for process in workers.processes[:killed]:
        process.kill()
    workers.outcomes()
    for at in hours:  # whoever is alive looks again
        silences.do_due(company.database, MORNING + timedelta(hours=at))

    assert sorted(told(company)) == sorted(
        (admin, ("litellm",), again) for admin in admins for again in (False, True)
    )

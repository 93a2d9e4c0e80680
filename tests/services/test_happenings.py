from datetime import timedelta

from bot.domain.notices import MessageRef
from bot.services import happenings, outbox
from bot.storage.database import Database
from tests.company import Company


def test_what_was_recorded_and_owed_is_told_the_oldest_first(company: Company) -> None:
    mia, alice, bob = company.approver("mia"), company.member("alice"), company.member("bob")
    began = company.later(seconds=1)
    company.grant(mia, alice, tokens=1_000)
    company.transfer(alice, bob, 250)

    found = happenings.lately(company.database, company.workspace_id, since=began)

    assert [str(one.kind) for one in found.entries] == ["grant", "transfer"]
    assert [one.postings[0].tokens for one in found.entries] == [1_000, 250]
    told = [(one.queue, one.state) for one in found.notices if one.kind == "tokens_received"]
    assert told == [(alice, "waiting"), (bob, "waiting")]
    times = [one.created_at for one in found.notices]
    assert times == sorted(times)


def test_what_was_before_is_left_out_but_for_notices_that_are_named(company: Company) -> None:
    company.grant(company.approver("mia"), company.member("alice"), tokens=1_000)
    (claimed, *_) = outbox.claim(
        company.database, now=company.later(seconds=1), spacing=timedelta(0), limit=1
    )
    outbox.mark_sent(company.database, claimed, MessageRef(channel="D1", ts="1.0"), company.now)
    now = company.later(hours=1)

    later = happenings.lately(
        company.database, company.workspace_id, since=now, also=[claimed.notice_id]
    )

    assert later.entries == ()
    assert [(one.notice_id, one.state) for one in later.notices] == [(claimed.notice_id, "sent")]
    assert happenings.lately(company.database, company.workspace_id, since=now).notices == ()


def test_another_workspace_tells_nothing_of_this_one(company: Company, database: Database) -> None:
    began = company.now
    other = Company(database, "T2")
    other.grant(other.approver("mia"), other.member("alice"), tokens=1_000)

    found = happenings.lately(company.database, company.workspace_id, since=began)

    assert (found.entries, found.notices) == ((), ())

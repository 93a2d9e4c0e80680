import pytest

from bot.domain.directory import Role, UserId
from bot.domain.refusals import MemberDeactivated, MemberIsBot, MemberIsGuest, Refusal
from bot.services import approvers, settings
from bot.services.settings import SettingRefused
from bot.storage import audit
from bot.storage.audit import Change
from tests.company import Company


def add(company: Company, user: UserId, role: Role = Role.ADMIN) -> bool:
    return approvers.add(
        company.database,
        company.workspace_id,
        user_id=user,
        role=role,
        actor="command line",
        now=company.now,
    )


def remove(company: Company, user: UserId, role: Role = Role.ADMIN) -> bool:
    return approvers.remove(
        company.database,
        company.workspace_id,
        user_id=user,
        role=role,
        actor="command line",
        now=company.later(seconds=1),
    )


def names(company: Company) -> list[UserId]:
    found = approvers.approvers(company.database, company.workspace_id)
    return [member.user_id for member in found]


def changes(company: Company) -> list[Change]:
    with company.database.reading() as tx:
        return audit.changes(tx, company.workspace_id)


def test_slacks_admins_and_those_with_a_role_are_approvers(company: Company) -> None:
    company.admin("leo")
    company.approver("mia")
    company.finance("fay")
    company.member("alice")

    assert names(company) == ["ULEO", "UMIA"]


def test_whoever_left_or_is_from_elsewhere_is_no_approver(company: Company) -> None:
    company.deactivate(company.admin("leo"))
    company.deactivate(company.approver("mia"))
    company.bot("robo")

    assert names(company) == []


def test_a_role_is_given_once_and_taken_once_and_the_audit_has_both(company: Company) -> None:
    alice = company.member("alice")

    given = [add(company, alice), add(company, alice)]
    while_approver = names(company)
    taken = [remove(company, alice), remove(company, alice)]

    assert (given, taken) == ([True, False], [True, False])
    assert (while_approver, names(company)) == ([alice], [])
    assert [(c.actor, c.what, c.subject, c.before, c.after) for c in changes(company)] == [
        ("command line", "role", alice, "", "admin:"),
        ("command line", "role", alice, "admin:", ""),
    ]


def test_a_manager_is_one_of_everyone(company: Company) -> None:
    alice = company.member("alice")

    add(company, alice, Role.MANAGER)

    (approver,) = approvers.approvers(company.database, company.workspace_id)
    assert approver.manages == {"everyone"}
    assert remove(company, alice, Role.MANAGER)


def test_somebody_not_met_yet_gets_the_role_in_advance(company: Company) -> None:
    nemo = company.stranger("nemo")

    assert add(company, nemo)

    assert names(company) == []
    company.member("nemo")
    assert names(company) == [nemo]


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("bot", MemberIsBot), ("deactivated", MemberDeactivated), ("guest", MemberIsGuest)],
)
def test_whoever_takes_no_part_gets_no_role(
    company: Company, who: str, refusal: type[Refusal]
) -> None:
    person = {
        "bot": lambda: company.bot("robo"),
        "deactivated": lambda: company.deactivate(company.member("dora")),
        "guest": lambda: company.guest("gus"),
    }[who]()

    with pytest.raises(refusal):
        add(company, person)

    assert changes(company) == []


def test_a_role_can_be_taken_from_somebody_who_has_left(company: Company) -> None:
    mia = company.approver("mia")
    company.deactivate(mia)

    assert remove(company, mia, Role.MANAGER)


def test_a_role_in_one_workspace_is_none_in_another(company: Company) -> None:
    other = Company(company.database, "T2")
    company.approver("mia")
    other.member("mia")

    assert (names(company), names(other)) == (["UMIA"], [])


def test_settings_are_as_they_come_until_they_are_changed(company: Company) -> None:
    before = settings.every(company.database, company.workspace_id)

    company.put_setting("outsiders_take_part", "yes")

    assert before == {
        "slack_admins_are_approvers": "yes",
        "outsiders_take_part": "no",
        "usage_events_kept_months": "13",
        "unknown_users": "meter",
    }
    assert settings.every(company.database, company.workspace_id) == {
        "slack_admins_are_approvers": "yes",
        "outsiders_take_part": "yes",
        "usage_events_kept_months": "13",
        "unknown_users": "meter",
    }


def test_the_audit_says_what_a_setting_was_and_became(company: Company) -> None:
    company.put_setting("slack_admins_are_approvers", "no")
    company.put_setting("slack_admins_are_approvers", "yes")

    assert [(c.what, c.subject, c.before, c.after) for c in changes(company)] == [
        ("setting", "slack_admins_are_approvers", "yes", "no"),
        ("setting", "slack_admins_are_approvers", "no", "yes"),
    ]


@pytest.mark.parametrize(
    ("name", "value"), [("favourite_colour", "red"), ("outsiders_take_part", "maybe")]
)
def test_a_setting_that_is_none_changes_nothing(company: Company, name: str, value: str) -> None:
    with pytest.raises(SettingRefused, match=value if value == "maybe" else name):
        company.put_setting(name, value)

    assert changes(company) == []


def test_slacks_admins_are_none_here_once_the_setting_says_no(company: Company) -> None:
    company.admin("leo")
    company.approver("mia")

    company.put_setting("slack_admins_are_approvers", "no")

    assert names(company) == ["UMIA"]

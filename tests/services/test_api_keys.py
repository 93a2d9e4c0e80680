"""API keys: what is kept of them, who is let in, and what the audit table tells."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.domain import api_keys as rules
from bot.domain.api_keys import (
    ALL,
    PEOPLE_MAX,
    ApiKey,
    Caller,
    KeyMissing,
    KeyNameRefused,
    KeyNameTaken,
    KeyRevoked,
    KeyUnknown,
    Reach,
    ReachRefused,
    Scope,
    ScopeMissing,
)
from bot.domain.directory import TeamId, UserId, WorkspaceId
from bot.services import api_keys, directory
from bot.services.api_keys import Made
from bot.storage import audit
from tests.company import Company


def made(
    company: Company,
    name: str = "gateway",
    *scopes: Scope,
    user_id: UserId | None = None,
    reach: Reach = ALL,
    workspace: str = "",
) -> Made:
    return api_keys.create(
        company.database,
        WorkspaceId(workspace or company.workspace_id),
        name=name,
        scopes=scopes or (Scope.USAGE_WRITE,),
        user_id=user_id,
        reach=reach,
        actor="command line",
        now=company.now,
    )


def caller(company: Company, made_key: Made | str) -> Caller:
    text = made_key if isinstance(made_key, str) else str(made_key.credential)
    return api_keys.authenticate(company.database, f"Bearer {text}", company.now)


def known(company: Company, name: str = "gateway") -> ApiKey:
    (found,) = [
        key for key in api_keys.every(company.database, company.workspace_id) if key.name == name
    ]
    return found


def revoke(company: Company, named: str) -> ApiKey | None:
    return api_keys.revoke(
        company.database,
        company.workspace_id,
        named=named,
        actor="command line",
        now=company.now + timedelta(seconds=1),
    )


def test_a_key_lets_its_holder_in_with_its_scopes_and_person(company: Company) -> None:
    ana = company.member("ana")
    key = made(company, "laptop", Scope.USAGE_WRITE, Scope.READ, user_id=ana)

    found = caller(company, key)

    assert (found.workspace_id, found.key_id) == (company.workspace_id, key.key.key_id)
    assert (found.name, found.user_id) == ("laptop", ana)
    assert found.scopes == {Scope.USAGE_WRITE, Scope.READ}
    assert found.actor == f"key:{key.key.key_id}"


def test_the_text_names_workspace_and_key_and_its_secret_is_not_kept(company: Company) -> None:
    key = made(company)
    _, workspace, key_id, secret = str(key.credential).split("_")

    with company.database.reading() as tx:
        kept = tx.connection.execute(sa.text("SELECT * FROM api_key")).mappings().all()

    assert (workspace, key_id) == (company.workspace_id, key.key.key_id)
    assert len(bytes.fromhex(secret)) == 32
    assert secret not in str(kept)
    assert secret not in repr(key)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "tbk_T1_abc", "Basic abc", "Bearer tbk_T1_0_0"]
)
def test_what_is_no_key_is_malformed_unless_there_is_nothing(
    company: Company, header: str | None
) -> None:
    with pytest.raises(KeyMissing) as refused:
        api_keys.authenticate(company.database, header, company.now)

    assert refused.value.is_malformed is bool(header)


def test_bearer_may_be_written_in_any_case(company: Company) -> None:
    key = made(company)

    found = api_keys.authenticate(company.database, f"bearer  {key.credential} ", company.now)

    assert found.key_id == key.key.key_id


def test_another_secret_key_id_or_workspace_is_an_unknown_key(company: Company) -> None:
    text = str(made(company).credential)
    prefix, workspace, key_id, secret = text.split("_")
    other = "0" * len(secret)

    for parts in (
        (prefix, workspace, key_id, other),
        (prefix, workspace, "0" * len(key_id), secret),
        (prefix, "T2", key_id, secret),
    ):
        with pytest.raises(KeyUnknown):
            caller(company, "_".join(parts))


def test_a_revoked_key_lets_nobody_in_and_its_name_is_free_again(company: Company) -> None:
    first = made(company)

    assert revoke(company, "gateway") == first.key

    with pytest.raises(KeyRevoked):
        caller(company, first)
    assert caller(company, made(company)).name == "gateway"


def test_a_wrong_secret_of_a_revoked_key_is_not_told_that_it_was_revoked(
    company: Company,
) -> None:
    text = str(made(company).credential)
    revoke(company, "gateway")

    with pytest.raises(KeyUnknown):
        caller(company, text[:-64] + "0" * 64)


def test_a_key_is_revoked_by_its_id_too_and_only_once(company: Company) -> None:
    key = made(company)

    assert revoke(company, key.key.key_id) == key.key
    assert revoke(company, key.key.key_id) is None
    assert revoke(company, "nobody") is None


def test_two_keys_in_use_have_different_names(company: Company) -> None:
    made(company)

    with pytest.raises(KeyNameTaken, match="a key called gateway is in use"):
        made(company, " gateway ")


@pytest.mark.parametrize("name", ["", "  ", "n" * 61, "a\x00b", "a\u202eb"])
def test_a_name_that_nobody_could_read_is_refused(company: Company, name: str) -> None:
    with pytest.raises(KeyNameRefused):
        made(company, name)


def test_workspaces_do_not_see_each_others_keys(company: Company) -> None:
    directory.open_workspace(company.database, WorkspaceId("T2"), company.now)
    made(company, workspace="T2")

    assert api_keys.every(company.database, company.workspace_id) == []
    assert revoke(company, "gateway") is None


def test_a_missing_scope_is_refused_with_its_name(company: Company) -> None:
    found = caller(company, made(company, "dashboard", Scope.READ))

    api_keys.require(found, Scope.READ)
    with pytest.raises(ScopeMissing) as refused:
        api_keys.require(found, Scope.USAGE_WRITE)

    assert (refused.value.name, refused.value.scope) == ("dashboard", Scope.USAGE_WRITE)


def test_the_last_use_is_written_once_a_minute(company: Company) -> None:
    key = made(company)
    assert (known(company).last_used_at, caller(company, key).is_use_due) == (None, True)

    for seconds in (0, 59, 60, 61):
        now = company.now + timedelta(seconds=seconds)
        api_keys.mark_used(company.database, caller(company, key), now)

    assert known(company).last_used_at == company.now + timedelta(seconds=60)
    assert not caller(company, key).is_use_due


def test_what_became_of_a_key_is_in_the_audit_table(company: Company) -> None:
    ana = company.member("ana")
    key = made(company, "laptop", Scope.READ, Scope.USAGE_WRITE, user_id=ana)
    revoke(company, "laptop")

    with company.database.reading() as tx:
        changes = audit.changes(tx, company.workspace_id)

    facts = f"laptop: read usage:write, bound to {ana}"
    assert [(c.what, c.subject, c.before, c.after) for c in changes] == [
        ("api key", key.key.key_id, "", facts),
        ("api key", key.key.key_id, facts, "revoked"),
    ]


def test_a_credential_is_read_as_it_was_written(company: Company) -> None:
    credential = made(company).credential

    assert rules.parse(str(credential)) == credential
    assert credential.secret not in repr(credential)


def test_a_key_that_is_limited_is_found_with_its_limit(company: Company) -> None:
    people = frozenset(map(UserId, ("UANA", "UBEN")))
    within = (ALL, Reach(team_id=TeamId("search")), Reach(people=people))

    keys = [made(company, str(number), reach=reach) for number, reach in enumerate(within)]

    assert [caller(company, key).reach for key in keys] == list(within)
    assert [known(company, str(number)).reach for number in range(3)] == list(within)


def test_a_limit_stands_in_the_audit_table(company: Company) -> None:
    made(company, "one", reach=Reach(team_id=TeamId("search")))
    made(company, "two", reach=Reach(people=frozenset(map(UserId, ("UBEN", "UANA")))))

    after = {row["after"] for row in company.rows("SELECT after FROM audit")}
    assert after >= {"one: usage:write, for the team search", "two: usage:write, for UANA UBEN"}


@pytest.mark.parametrize(
    ("user", "people", "words"),
    [("UANA", ["UANA"], "bound to a person"), ("", [f"U{n}" for n in range(51)], "50 people")],
)
def test_a_limit_that_no_key_can_have_is_refused(
    company: Company, user: str, people: list[str], words: str
) -> None:
    assert PEOPLE_MAX == 50
    with pytest.raises(ReachRefused, match=words):
        made(
            company,
            user_id=UserId(user) if user else None,
            reach=Reach(people=frozenset(map(UserId, people))),
        )
    assert api_keys.every(company.database, company.workspace_id) == []

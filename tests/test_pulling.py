"""A bot with admin keys pulls by itself, beside all else; and what such a key may look like."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot import bootstrap, config
from bot.bootstrap import pulling, system_clock
from bot.config import Settings, SettingsRefused
from bot.domain.pulls import Pull
from bot.services import pulls
from bot.storage.database import Database
from tests.company import MORNING, Company
from tests.providers import vendors as loopback
from tests.providers.vendors import KEY, Fault, Vendors, completion
from tests.waiting import until

#: A port of the discard protocol's, where nothing listens.
NOBODY = "http://127.0.0.1:9/api/"


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    with loopback.serving() as served:
        yield served


@pytest.fixture
def settings(database_url: str, vendors: Vendors) -> Settings:
    return Settings(
        slack_bot_token=SecretStr("xoxb-1"),
        slack_signing_secret=SecretStr("secret"),
        slack_app_token=None,
        slack_api_url=NOBODY,
        database_url=database_url,
        port=0,
        openai_admin_key=SecretStr(KEY),
        openai_api_url=vendors.url,
        anthropic_admin_key=SecretStr(KEY),
        anthropic_api_url=vendors.url,
    )


def state(company: Company, provider: str) -> Pull:
    return pulls.state(company.database, company.workspace_id, provider)


def test_a_running_bot_pulls_both_providers(
    company: Company, settings: Settings, vendors: Vendors
) -> None:
    with bootstrap.running(settings, clock=lambda: MORNING):
        until(lambda: state(company, "openai").succeeded_at == MORNING)
        until(lambda: state(company, "anthropic").succeeded_at == MORNING)

    assert len(vendors.asked_days()) == 31


def test_a_provider_that_hangs_delays_no_other(
    company: Company, settings: Settings, vendors: Vendors
) -> None:
    vendors.faults_at["/v1/organization/usage/completions"] = Fault(hangs=True)

    with bootstrap.running(settings, clock=lambda: MORNING):
        until(lambda: state(company, "anthropic").succeeded_at == MORNING)
        vendors.stopped.set()

    assert state(company, "openai").succeeded_at is None


def test_a_process_without_jobs_pulls_nothing(
    company: Company, settings: Settings, vendors: Vendors
) -> None:
    with bootstrap.running(settings, clock=lambda: MORNING, jobs=False):
        pass

    assert vendors.calls == []


def test_a_bot_without_keys_pulls_nothing(database: Database, settings: Settings) -> None:
    without = {"openai_admin_key": SecretStr(""), "anthropic_admin_key": SecretStr("")}

    assert pulling.pullers(settings.model_copy(update=without), database, lambda: MORNING) == []


def test_a_tick_of_cron_pulls_too_whatever_time_it_is_told(
    company: Company, settings: Settings, vendors: Vendors
) -> None:
    yesterday = system_clock().date() - timedelta(days=1)
    vendors.completions[yesterday] = [completion(input_tokens=7)]
    quiet = settings.model_copy(update={"slack_bot_token": SecretStr("")})

    bootstrap.tick_once(quiet, company.database, MORNING + timedelta(days=900))

    assert state(company, "openai").read_to in {yesterday, yesterday + timedelta(days=1)}
    (told,) = company.rows("SELECT * FROM source_day WHERE workspace_id = :workspace_id")
    assert told["counted"] == 7


# What the settings may say.


def test_a_key_may_have_blanks_and_line_ends_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ADMIN_KEY", f"  {KEY}\n")

    assert config.load().openai_admin_key.get_secret_value() == KEY


@pytest.mark.parametrize("key", ["sk-one\nsk-two", "sk one", "sk-\u2026", "sk-\x07"])
def test_what_can_be_no_key_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_ADMIN_KEY", key)

    with pytest.raises(SettingsRefused) as refused:
        config.load()

    assert "ANTHROPIC_ADMIN_KEY" in str(refused.value)
    assert key not in str(refused.value)


@pytest.mark.parametrize("url", ["api.openai.com", "ftp://api.openai.com", "https://", ""])
def test_an_address_of_a_provider_is_one_of_the_web(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("OPENAI_API_URL", url)

    with pytest.raises(SettingsRefused, match="OPENAI_API_URL"):
        config.load()

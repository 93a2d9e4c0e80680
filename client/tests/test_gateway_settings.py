"""A gateway's settings come from its environment; what is wrong stops its start, all at once."""

from pathlib import Path

import pytest

from tokenbot_client import gateway_settings
from tokenbot_client.gateway_settings import GatewaySettings, WhenAway

GIVEN = {"TOKENBOT_URL": "https://bot.example.com/", "TOKENBOT_API_KEY": "key"}


def test_two_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/proxy")

    assert gateway_settings.of_environment(GIVEN) == GatewaySettings(
        url="https://bot.example.com",
        api_key="key",
        outbox=Path("/home/proxy/.local/state/tokenbot"),
        when_away=WhenAway.OPEN,
        is_strict=False,
        trusted_keys=frozenset(),
        timeout_ms=300,
    )


def test_all_of_them() -> None:
    more = {
        "TOKENBOT_OUTBOX": "/var/lib/x",
        "TOKENBOT_WHEN_AWAY": "closed",
        "TOKENBOT_HOLD": "strict",
        "TOKENBOT_TRUSTED_KEYS": "helpdesk, ,crm",
        "TOKENBOT_TIMEOUT_MS": "150",
    }

    found = gateway_settings.of_environment(GIVEN | more)

    assert found == GatewaySettings(
        url="https://bot.example.com",
        api_key="key",
        outbox=Path("/var/lib/x"),
        when_away=WhenAway.CLOSED,
        is_strict=True,
        trusted_keys=frozenset({"helpdesk", "crm"}),
        timeout_ms=150,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKENBOT_URL", ""),
        ("TOKENBOT_URL", "tokenbot:3000"),
        ("TOKENBOT_URL", "http://"),
        ("TOKENBOT_URL", "http://tokenbot:three"),
        ("TOKENBOT_URL", "http://tokenbot:99999"),
        ("TOKENBOT_URL", "http://tokenbot..svc:3000"),
        ("TOKENBOT_URL", "http://name:password@tokenbot:3000"),
        ("TOKENBOT_API_KEY", " "),
        ("TOKENBOT_API_KEY", "kéy"),
        ("TOKENBOT_WHEN_AWAY", "maybe"),
        ("TOKENBOT_HOLD", "all"),
        ("TOKENBOT_TIMEOUT_MS", "0"),
        ("TOKENBOT_TIMEOUT_MS", "10001"),
        ("TOKENBOT_TIMEOUT_MS", "0.3"),
        ("TOKENBOT_TIMEOUT_MS", "²"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        gateway_settings.of_environment(GIVEN | {name: value})


def test_an_ipv6_address_is_one_too() -> None:
    given = GIVEN | {"TOKENBOT_URL": "http://[::1]:3000"}

    assert gateway_settings.of_environment(given).url == "http://[::1]:3000"


def test_the_secret_is_not_shown() -> None:
    given = GIVEN | {"TOKENBOT_API_KEY": "tbk_secret"}

    assert "tbk_secret" not in repr(gateway_settings.of_environment(given))


def test_all_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"TOKENBOT_URL.*TOKENBOT_API_KEY.*TOKENBOT_HOLD"):
        gateway_settings.of_environment({"TOKENBOT_HOLD": "x"})

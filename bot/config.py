"""Settings from the environment, read once; one message names all that is missing or wrong."""

from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SLACK_API = "https://slack.com/api/"
OPENAI_API = "https://api.openai.com"
ANTHROPIC_API = "https://api.anthropic.com"


class SettingsRefused(Exception):
    """Settings are missing or can't be read; the message names each, and what to do."""


class Settings(BaseSettings):
    """What the environment, or a file `.env` in the working directory, says."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)

    slack_bot_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_app_token: SecretStr | None = None
    slack_api_url: str = SLACK_API
    database_url: str = "sqlite:///tokenbot.db"
    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=0, le=65535)
    #: Where others reach this bot, as in examples that people paste; else what it listens on.
    public_url: str = Field(default="", pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$")
    log_format: Literal["text", "json"] = "text"
    openai_admin_key: SecretStr = SecretStr("")
    openai_api_url: str = Field(default=OPENAI_API, pattern="^https?://[^/]")
    anthropic_admin_key: SecretStr = SecretStr("")
    anthropic_api_url: str = Field(default=ANTHROPIC_API, pattern="^https?://[^/]")
    #: The workspace whose people the providers' reports are of; empty for the only one.
    usage_workspace: str = ""

    @field_validator("openai_admin_key", "anthropic_admin_key")
    @classmethod
    def _fits_a_header(cls, key: SecretStr) -> SecretStr:
        """The key without what a file or a paste put around it."""
        plain = key.get_secret_value().strip()
        if not plain.isascii() or not plain.isprintable() or " " in plain:
            raise ValueError("has a character that no key has; was it pasted whole, and alone?")
        return SecretStr(plain)

    @property
    def own_url(self) -> str:
        """What programs of other machines are told to call, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def uses_socket(self) -> bool:
        """Socket Mode instead of HTTP at `/slack/events`."""
        return self.slack_app_token is not None and bool(self.slack_app_token.get_secret_value())


def load() -> Settings:
    """The settings. Raises `SettingsRefused` for values that can't be read."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise SettingsRefused("These settings can't be read:\n" + "\n".join(lines)) from None


def require_slack(settings: Settings) -> None:
    """Raises `SettingsRefused` that names every setting without which Slack can't be served."""
    missing = []
    if not settings.slack_bot_token.get_secret_value():
        missing.append(
            "  SLACK_BOT_TOKEN (begins with xoxb-): your app's page, OAuth & Permissions, "
            "Bot User OAuth Token"
        )
    if not settings.uses_socket and not settings.slack_signing_secret.get_secret_value():
        missing.append(
            "  SLACK_SIGNING_SECRET: your app's page, Basic Information, App Credentials "
            "(or SLACK_APP_TOKEN, to use Socket Mode instead of HTTP)"
        )
    if missing:
        raise SettingsRefused(
            "Missing settings:\n"
            + "\n".join(missing)
            + "\nSet them in the environment or in a file .env here. No Slack workspace at hand? "
            "Try: tokenbot playground"
        )

"""Where tokenbot is, and with which API key it is asked."""

import os
import ssl
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Access:
    """One tokenbot as one of its callers reaches it."""

    url: str
    api_key: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What every request bears."""
        return {
            "Authorization": f"Bearer {self.api_key}",
            "Content-Type": "application/json",
            "User-Agent": "tokenbot-client",
        }

    @property
    def verify(self) -> ssl.SSLContext | bool:
        """What certificates are checked by. Reading the world's takes long, and http needs none."""
        return self.url.startswith("https://") or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def found(url: str | None, api_key: str | None) -> Access:
    """What is given, else what `TOKENBOT_URL` and `TOKENBOT_API_KEY` say.

    Raises `ValueError` naming all that is missing, so that nothing goes unmetered unseen.
    """
    url = (url or os.environ.get("TOKENBOT_URL", "")).strip()
    api_key = (api_key or os.environ.get("TOKENBOT_API_KEY", "")).strip()
    asked = (("url (TOKENBOT_URL)", url), ("api_key (TOKENBOT_API_KEY)", api_key))
    if missing := [name for name, value in asked if not value]:
        raise ValueError(f"tokenbot needs {' and '.join(missing)}")
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"url must begin with http:// or https://, not {url!r}")
    if not (api_key.isascii() and api_key.isprintable()):
        raise ValueError("api_key has characters that no HTTP header can carry")
    return Access(url.rstrip("/"), api_key)


def user(given: str | None) -> str:
    """Whose calls these are: who is given, else whom `TOKENBOT_USER` names, else nobody."""
    return os.environ.get("TOKENBOT_USER", "") if given is None else given

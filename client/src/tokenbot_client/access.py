"""Where tokenbot is, and with which API key it is asked."""

import os
import ssl
from dataclasses import dataclass, field
from urllib.parse import urlsplit


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
    if not is_address(url):
        raise ValueError("url must be an address as http://tokenbot:3000, without a password")
    if not (api_key.isascii() and api_key.isprintable()):
        raise ValueError("api_key has characters that no HTTP header can carry")
    return Access(url.rstrip("/"), api_key)


def is_address(url: str) -> bool:
    """Whether a URL names a host, and no password: that would be sent in place of the API key."""
    try:
        address = urlsplit(url)
        is_host = bool((address.hostname or "").encode("idna")) and address.port != 0
    except ValueError:  # a port that is none, or a name that no host can have
        return False
    return is_host and address.scheme in {"http", "https"} and address.username is None


def user(given: str | None) -> str:
    """Whose calls these are: who is given, else whom `TOKENBOT_USER` names, else nobody."""
    return os.environ.get("TOKENBOT_USER", "") if given is None else given

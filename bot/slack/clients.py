"""Slack's Web API client, as we use it."""

from dataclasses import dataclass, field

from slack_sdk import WebClient


@dataclass(frozen=True, slots=True)
class Access:
    """Where Slack is, and the token that opens it."""

    url: str
    token: str = field(repr=False)

    def client(self, *, seconds: int) -> WebClient:
        """A client whose calls take at most so long.

        It repeats none in silence: a `chat.postMessage` whose answer was lost may have landed.
        """
        return WebClient(
            token=self.token,
            base_url=self.url.rstrip("/") + "/",
            timeout=seconds,
            retry_handlers=[],
        )

"""What a person gets to see after doing something."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.playground.delivery import Answer, Request
from bot.playground.places import Message, View

CONNECTING = "We had some trouble connecting. Try again?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The app's answer, and what the person sees of it.

    `status` is None when nothing was sent (a field was left empty) or nobody answered in time.
    """

    status: int | None
    #: The body of the app's answer.
    body: str = ""
    #: What appeared, as plain text: the app's answer, or Slack's own words about a failure.
    shown: str = ""
    #: Words under fields of a modal, by block_id.
    errors: Mapping[str, str] = field(default_factory=dict)
    #: What the app showed at once: a message, or the modal now on top.
    message: Message | None = None
    modal: View | None = None
    #: What went out, to send the same bytes again with `slack.resend`.
    request: Request | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """The app answered 2xx, and Slack was content with its answer."""
        answered = self.status is not None and 200 <= self.status < 300  # noqa: PLR2004
        return answered and not self.errors and self.shown != CONNECTING


def of_answer(request: Request, answer: Answer, **seen: object) -> Outcome:
    """An outcome from the app's answer and what the person sees."""
    return Outcome(
        status=answer.status,
        body=answer.body,
        headers=answer.headers,
        request=request,
        **seen,  # type: ignore[arg-type]  # fields of an outcome
    )


def command_failure(command: str, answer: Answer) -> str:
    """Slack's own words when a command brought no good answer."""
    code = "operation_timeout" if answer.trouble == "timeout" else "dispatch_failed"
    return f'{command} failed with the error "{code}"'

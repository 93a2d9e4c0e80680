"""Messages with blocks that a Slack may not take yet: charts, then tables, and words in the end."""

from collections.abc import Callable
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError

from bot.domain.notices import MessageRef
from bot.slack.render.messages import Form
from bot.slack.retries import code_of

_log = structlog.get_logger()

#: Slack says so of blocks it doesn't take; what else is wrong with a message it says otherwise.
_BLOCKS_REFUSED = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_attachments",
        "only_one_table_allowed",
        "unsupported_block_type",
        "msg_blocks_too_long",
    }
)


def in_a_form_taken(
    send: Callable[[dict[str, Any]], MessageRef], render: Callable[..., dict[str, Any]]
) -> MessageRef:
    """Send the message with all it has; what Slack refuses is left out, and words stand for it.

    A refusal comes at once and sends nothing, so that three of them fit into one lease.
    """
    for form in (Form.CHARTS, Form.TABLE):
        try:
            return send(render(form=form))
        except SlackApiError as error:
            if code_of(error) not in _BLOCKS_REFUSED:
                raise
            _log.warning("blocks_refused", form=form.name, error=code_of(error))
    return send(render(form=Form.WORDS))

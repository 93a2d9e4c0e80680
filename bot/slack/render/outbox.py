"""What admins read about messages that could not be delivered."""

from bot.domain.notices import DeadReported
from bot.slack.render.blocks import Message, context, message
from bot.slack.render.text import code, listed

#: Reasons that are named; there are few, and the command line shows all.
_REASONS_MAX = 5


def dead_reported(notice: DeadReported) -> Message:
    """How many, why, and where to see each."""
    total = sum(notice.reasons.values())
    named = list(notice.reasons.items())[:_REASONS_MAX]
    why = [f"{code(reason)} ×{count}" for reason, count in named]
    rest = total - sum(count for _, count in named)
    words = listed([*why, f"{rest} more"] if rest else why)
    return message(
        f"{total} {'message' if total == 1 else 'messages'} could not be delivered: {words}.",
        context(
            "On the server, `tokenbot outbox` shows each, and `tokenbot outbox --retry` "
            "tries them again"
        ),
    )

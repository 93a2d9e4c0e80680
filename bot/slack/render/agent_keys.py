"""A person's key for their coding agent: shown once, with all there is to paste."""

from bot.domain.agent_keys import AgentKey, Rates
from bot.slack.ids import COMMAND
from bot.slack.render.blocks import Block, Message, context, message, section
from bot.slack.render.text import code, moment, number

#: Stands where nobody said where programs reach us.
_SOMEWHERE = "https://your-tokenbot.example"
_UNSAID = (
    f"with tokenbot's address in place of `{_SOMEWHERE}` (whoever runs it knows; once they set "
    "`PUBLIC_URL`, it stands here by itself), "
)


def made(found: AgentKey, address: str) -> Message:
    """The key and the environment to paste, for its person alone; never again."""
    lines = (
        "CLAUDE_CODE_ENABLE_TELEMETRY=1",
        "OTEL_LOGS_EXPORTER=otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        f"OTEL_EXPORTER_OTLP_ENDPOINT={address or _SOMEWHERE}",
        f'OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer {found.credential}"',
    )
    where = "" if address else _UNSAID
    exports = "\n".join(f"export {line}" for line in lines)
    return message(
        f"Here is your key for {code(found.agent)}. Only you see it, and only now.",
        section(f"Put this into your shell's profile, {where}and start `claude` anew:"),
        _pasted(exports),
        context(
            "All that it sends is charged to you: the counts, never what you write",
            f"`{COMMAND} balance` shows it within a minute",
            f"`{COMMAND} link {found.agent} new` makes another key and ends this one",
        ),
        *_rates(found.rates),
    )


def _pasted(text: str) -> Block:
    lines = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [lines]}


def kept(found: AgentKey) -> Message:
    """There is one already, which can't be shown again."""
    used = found.key.last_used_at
    when = f"last used {moment(used)}" if used else "not used yet"
    return message(
        f"You have a key for {code(found.agent)}, made {moment(found.key.created_at)}, {when}. "
        "It can't be shown again.",
        context(f"`{COMMAND} link {found.agent} new` makes another and ends that one at once"),
        *_rates(found.rates),
    )


def _rates(found: Rates | None) -> list[Block]:
    """Raw counts of an agent's cache reads swallow a million in minutes."""
    if found is None:
        return []
    return [
        section(
            f"For admins: the last seven days cost {number(found.raw)} tokens raw. By list price "
            f"(`cost`, where 1M tokens are worth $1) they would cost {number(found.cost)}. "
            "`tokenbot rates preview` shows each model, `tokenbot rates use cost` chooses it."
        )
    ]

"""What a person can do, in the words to type."""

from bot.domain import roles
from bot.domain.directory import Member
from bot.domain.roles import Deed
from bot.slack.ids import COMMAND
from bot.slack.render import buttons
from bot.slack.render.blocks import Block, Message, actions, context, message, section
from bot.slack.render.text import code

_EVERYONE = (
    ("balance", "what you have"),
    ("transfer @ana 250k for the demo", "give a colleague some of yours"),
    ("request 500k for the evaluation run", "ask for more; an approver decides"),
    ("advance", "some of your next allowance now, where your team has that"),
    ("withdraw", "take back a request that is still open"),
    ("allowance", "what comes to you regularly, and what expires when"),
    ("usage", "what you used, by model, project and day; `30d`, `month`"),
    ("estimate Summarise this…", "how many tokens a text is; alone, a form to paste into"),
    ("history", "what came and went, with receipt ids"),
    ("why", "what limits your calls, where each limit stands, when it frees up"),
    ("alerts 30 10 0", "when to tell you that tokens run low"),
    ("digest me on", "your own week, every week"),
    ("link", "the names that AI tools have for you"),
    ("link claude-code", "have Claude Code report what you use"),
)
_SEEING = (
    ("balance @ana", "what someone has"),
    ("history @ana", "what came and went there"),
    ("why @ana", "what limits someone's calls"),
    ("usage @ana 30d", "what someone used; `usage design` what a team did"),
    ("allowance @ana", "what comes there regularly"),
)
_APPROVING = (
    ("grant @ana @ben 1M for the pilot", "give tokens to one person or several"),
    ("reverse 9f3c21ab wrong amount", "take an entry back, by its receipt id"),
    ("lift @ana 4", "let nothing refuse someone's calls for some hours; `lift @ana off` ends it"),
    ("away @ben from 2026-12-01 to 2026-12-14", "name a stand-in while you are away"),
    ("digest here", "your team's week, in this channel every Monday"),
    ("link @ana build-bot", "whose a name in an AI tool is"),
    ("team", "your teams: people, pool, zone, digest, with their buttons"),
    ("team add design @ana @ben", "let people be in a team"),
    ("policy design soft 10%", "what happens where a call no longer fits; limits and caps"),
    ("allowance list", "all allowances you can set, with their buttons"),
    ("allowance @ana 2M weekly carry 500k", "tokens every week; `monthly`, `quarterly`, `yearly`"),
    ("allowance design 1M monthly from 2026-12-01", "for each member of a team"),
    ("allowance @ana 12M over 12 months cliff 3 months", "a package that comes in parts"),
)
_ADMINISTERING = (
    ("team create design @ana @ben", "make a team"),
    ("team manager design @mia", "name who looks after it"),
    ("settings", "sources of usage and how each is, rates, what is missing"),
)


def help(viewer: Member) -> Message:  # noqa: A001 (said as `messages.help`)
    """Only what this person can do, each with an example."""
    is_approver = roles.may_for_someone(viewer, Deed.GRANT)
    sees_others = roles.may_for_someone(viewer, Deed.SEE_BALANCE)
    steps = [buttons.transfer(), buttons.request(), *([buttons.grant()] if is_approver else [])]
    more = []
    if is_approver:
        reach = "for everyone" if viewer.is_admin else "for your team"
        admins = _ADMINISTERING if viewer.is_admin else ()
        lines = _lines((*_APPROVING, *admins, *_SEEING))
        more = [section(f"*As an approver, {reach}*\n{lines}")]
    elif sees_others:
        more = [section(f"*In finance, for everyone*\n{_lines(_SEEING)}")]
    return {
        "text": f"What you can do with {COMMAND}: balance, transfer, request, withdraw, usage, "
        + ("history, grant, allowance, reverse, away." if is_approver else "history."),
        "blocks": [
            section(f"*What you can do with* `{COMMAND}`\n{_lines(_EVERYONE)}"),
            *more,
            *_small_print(is_approver=is_approver),
            actions(*steps),
        ],
    }


def unknown_command(typed: str, nearest: str | None) -> Message:
    """The command that was probably meant, or where all of them stand."""
    unknown = f"I don't know {code(typed)}."
    if nearest:
        return message(f"{unknown} Did you mean `{COMMAND} {nearest}`?", _all_of_them())
    return message(f"{unknown} `{COMMAND} help` shows what you can do.")


def _all_of_them() -> Block:
    return context(f"`{COMMAND} help` shows everything you can do")


def _lines(commands: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(f"• `{COMMAND} {words}` – {what}" for words, what in commands)


def _small_print(*, is_approver: bool) -> list[Block]:
    amounts = "Amounts: `250k`, `1.5M`, `2,000,000`. A command that lacks a part opens a form."
    requests = " Requests reach you as a message with buttons." if is_approver else ""
    return [context(amounts + requests)]

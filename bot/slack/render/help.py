"""What a person can do, in the words to type."""

from typing import NamedTuple

from bot.domain import roles
from bot.domain.allowances import Subject, SubjectKind
from bot.domain.directory import Member, UserId
from bot.domain.roles import Deed
from bot.domain.usage_views import Stretch
from bot.slack.ids import COMMAND
from bot.slack.render import buttons
from bot.slack.render.blocks import Block, Message, actions, context, message, section
from bot.slack.render.text import code


class Usage(NamedTuple):
    """One thing to type: the words that stand as they are, an example of the rest, what it does."""

    verb: str
    example: str
    about: str


_EVERYONE = (
    Usage("balance", "", "what you have"),
    Usage("transfer", "@ana 250k for the demo", "give a colleague some of yours"),
    Usage("request", "500k for the evaluation run", "ask for more; an approver decides"),
    Usage("advance", "", "some of your next allowance now, where your team has that"),
    Usage("withdraw", "", "take back a request that is still open"),
    Usage("allowance", "", "what comes to you regularly, and what expires when"),
    Usage("usage", "", "what you used, by model, project and day; `last week`, `30d`, `month`"),
    Usage("usage most", "last week", "your largest calls; alone, of the last 7 days"),
    Usage("estimate", "Summarise this…", "how many tokens a text is; alone, a form to paste into"),
    Usage("history", "", "what came and went, with receipt ids"),
    Usage("why", "", "what limits your calls, where each limit stands, when it frees up"),
    Usage("alerts", "30 10 0", "when to tell you that tokens run low"),
    Usage("digest me on", "", "your own week, every week"),
    Usage("link", "", "the names that AI tools have for you"),
    Usage("link claude-code", "", "have Claude Code report what you use"),
)
_SEEING = (
    Usage("balance", "@ana", "what someone has"),
    Usage("history", "@ana", "what came and went there"),
    Usage("why", "@ana", "what limits someone's calls"),
    Usage("usage", "@ana 30d", "what someone used; `usage design` what a team did"),
    Usage("allowance", "@ana", "what comes there regularly"),
)
_APPROVING = (
    Usage("grant", "@ana @ben 1M for the pilot", "give tokens to one person or several"),
    Usage("requests", "", "all that wait for a decision: look through, decide several at once"),
    Usage("reverse", "9f3c21ab wrong amount", "take an entry back, by its receipt id"),
    Usage(
        "lift",
        "@ana 4",
        "let nothing refuse someone's calls for some hours; `lift @ana off` ends it",
    ),
    Usage("away", "@ben from 2026-12-01 to 2026-12-14", "name a stand-in while you are away"),
    Usage("digest here", "", "your team's week, in this channel every Monday"),
    Usage("link", "@ana build-bot", "whose a name in an AI tool is"),
    Usage("team", "", "your teams: people, pool, zone, digest, with their buttons"),
    Usage("team add", "design @ana @ben", "let people be in a team"),
    Usage("policy", "design soft 10%", "what happens where a call no longer fits; limits and caps"),
    Usage("allowance list", "", "all allowances you can set, with their buttons"),
    Usage(
        "allowance",
        "@ana 2M weekly carry 500k",
        "tokens every week; `monthly`, `quarterly`, `yearly`",
    ),
    Usage("allowance", "design 1M monthly from 2026-12-01", "for each member of a team"),
    Usage("allowance", "@ana 12M over 12 months cliff 3 months", "a package that comes in parts"),
)
_ADMINISTERING = (
    Usage("team create", "design @ana @ben", "make a team"),
    Usage("team manager", "design @mia", "name who looks after it"),
    Usage("setup", "", "the first steps: a digest's channel, approvers, an allowance for everyone"),
    Usage("settings", "", "sources of usage and how each is, rates, what is missing"),
)

_HELP = Usage("help", "", "everything you can do, with examples")


def usages(viewer: Member) -> tuple[Usage, ...]:
    """All that this person can type after the command."""
    more: tuple[Usage, ...] = ()
    if roles.may_for_someone(viewer, Deed.GRANT):
        more = (*_APPROVING, *(_ADMINISTERING if viewer.is_admin else ()), *_SEEING)
    elif roles.may_for_someone(viewer, Deed.SEE_BALANCE):
        more = _SEEING
    return (*_EVERYONE, *more, _HELP)


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


def unknown_command(viewer: UserId, typed: str, nearest: str | None, rest: str = "") -> Message:
    """The command that was probably meant, or where all of them stand.

    `rest` is what followed the word: the form behind the button has it filled in.
    """
    unknown = f"I don't know {code(typed)}."
    if nearest:
        meant = f"{unknown} Did you mean `{COMMAND} {nearest}`?"
        return message(meant, *_next_step(viewer, nearest, rest), _all_of_them())
    return message(f"{unknown} `{COMMAND} help` shows what you can do.")


def _next_step(viewer: UserId, nearest: str, rest: str) -> list[Block]:
    steps = {
        "transfer": lambda: buttons.transfer(rest),
        "request": lambda: buttons.request(words=rest),
        "requests": buttons.all_requests,
        "usage": lambda: buttons.most(f"{Stretch.WEEK}:{Subject(SubjectKind.MEMBER, viewer)}"),
        "why": buttons.limits,
    }
    make = steps.get(nearest)
    return [actions(make())] if make else []


def _all_of_them() -> Block:
    return context(f"`{COMMAND} help` shows everything you can do")


def _lines(commands: tuple[Usage, ...]) -> str:
    typed = ((f"{COMMAND} {one.verb} {one.example}".rstrip(), one.about) for one in commands)
    return "\n".join(f"• `{words}` – {about}" for words, about in typed)


def _small_print(*, is_approver: bool) -> list[Block]:
    amounts = "Amounts: `250k`, `1.5M`, `2,000,000`. A command that lacks a part opens a form."
    requests = " Requests reach you as a message with buttons." if is_approver else ""
    return [context(amounts + requests)]

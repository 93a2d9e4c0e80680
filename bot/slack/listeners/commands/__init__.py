"""`/tokens` and its subcommands."""

from collections.abc import Callable, Mapping
from datetime import datetime
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from bot.services import directory, members
from bot.slack import payloads
from bot.slack.answers import Answer, Later, Show
from bot.slack.ids import COMMAND
from bot.slack.listeners.commands import (
    advances,
    alerts,
    allowances,
    arrivals,
    balances,
    digests,
    estimates,
    grants,
    history,
    identities,
    limits,
    policies,
    queues,
    reversals,
    settings,
    stand_ins,
    teams,
    topups,
    transfers,
    usage_views,
)
from bot.slack.payloads import Command, words_of
from bot.slack.render import messages
from bot.storage.database import Database

Handler = Callable[[Database, Command, datetime], Answer | Later]


def usage_help(database: Database, said: Command, _now: datetime) -> Answer:
    """`/tokens` or `/tokens help`: what this person can do."""
    viewer = members.member(database, said.workspace_id, said.user_id)
    if viewer.fetched_at is None:
        directory.want(database, said.workspace_id, [said.user_id])
    return Show(messages.help(viewer))


SUBCOMMANDS: Mapping[str, Handler] = MappingProxyType(
    {
        "": usage_help,
        "help": usage_help,
        "balance": balances.balance,
        "grant": grants.grant,
        "transfer": transfers.transfer,
        "request": topups.request,
        "withdraw": topups.withdraw,
        "history": history.history,
        "reverse": reversals.reverse,
        "usage": usage_views.usage,
        "why": limits.why,
        "lift": limits.lift,
        "requests": queues.requests,
        "away": stand_ins.away,
        "alerts": alerts.alerts,
        "digest": digests.digest,
        "allowance": allowances.allowance,
        "team": teams.team,
        "policy": policies.policy,
        "advance": advances.advance,
        "link": identities.link,
        "estimate": estimates.estimate,
        "settings": settings.settings,
        "setup": arrivals.setup,
    }
)
#: First words that people type for a subcommand whose name they don't know: hinted at, not obeyed.
MEANT: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("give", "send", "share", "pay", "gift"), "transfer"),
        **dict.fromkeys(("ask", "more", "need", "want", "get"), "request"),
        **dict.fromkeys(("my", "me", "left", "remaining", "available", "how", "show"), "balance"),
        **dict.fromkeys(("most", "top", "used", "spent", "spend", "cost", "costs"), "usage"),
        **dict.fromkeys(("calls", "spending", "using"), "usage"),
        **dict.fromkeys(("approve", "deny", "decide", "queue", "open", "waiting"), "requests"),
        **dict.fromkeys(("weekly", "monthly", "every", "budget", "salary"), "allowance"),
        **dict.fromkeys(("limit", "limits", "refused"), "why"),
        **dict.fromkeys(("cancel", "take"), "withdraw"),
        **dict.fromkeys(("log", "receipts", "statement"), "history"),
        **dict.fromkeys(("count", "price"), "estimate"),
    }
)
#: First words that tell nothing by themselves: what is meant comes after them.
ASKING = frozenset({"what", "what's", "which", "how", "set", "my", "me", "show", "see"})
#: Asked all day long and changing nothing.
READING = frozenset({"", "help", "balance", "history", "usage", "why", "settings"})


def only_reads(body: Mapping[str, Any]) -> bool:
    """Whether the request is a command that changes nothing."""
    return body.get("command") == COMMAND and payloads.verb(body) in READING


def answer(database: Database, said: Command, now: datetime) -> Answer | Later:
    """What the subcommand says, or the command that was probably meant."""
    handle = SUBCOMMANDS.get(said.verb)
    if handle is not None:
        return handle(database, said, now)
    meant = _meant(said)
    rest = said.raw.strip()[len(words_of(said.raw)[0]) :].strip()
    return Show(messages.unknown_command(said.user_id, said.verb, meant, rest))


def _meant(said: Command) -> str | None:
    """The command meant: by the first word, or by the first later one that tells more."""
    if said.verb in ASKING:
        telling = (word.lower().strip("?.!,") for word in said.words)
        for word in telling:
            if word and word in SUBCOMMANDS:
                return word
            if word in MEANT and word not in ASKING:
                return MEANT[word]
    return _nearest(said.verb)


def _nearest(verb: str) -> str | None:
    """The subcommand that means the same, or else one that is spelt alike."""
    if verb in MEANT:
        return MEANT[verb]
    alike = get_close_matches(verb, [known for known in SUBCOMMANDS if known], n=1)
    return alike[0] if alike else None

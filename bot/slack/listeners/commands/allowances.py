"""`/tokens allowance …`: list, set, pause, resume, end."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.domain.allowance_lists import Listed
from bot.domain.allowances import Allowance
from bot.domain.refusals import AllowanceUnknown, NotASchedule, SubjectUnknown
from bot.domain.subjects import Named
from bot.services import allowance_lists, allowances, balances, members, subjects
from bot.slack import allowance_answers, allowance_words
from bot.slack.allowance_words import Who
from bot.slack.answers import Answer, Open, Show
from bot.slack.payloads import Command, as_typed
from bot.slack.render import messages, views
from bot.slack.render.views import AllowanceFormDraft
from bot.storage.database import Database

EXAMPLE = "/tokens allowance @ana 2M weekly carry 500k"


def allowance(database: Database, said: Command, now: datetime) -> Answer:
    """`/tokens allowance`, `/tokens allowance @ana 2M weekly carry 500k from 2026-12-01`"""
    first = as_typed(said.words[0]).lower() if said.words else "list"
    if first in _VERBS:
        return _VERBS[first](database, said, said.words[1:], now)
    return _set(database, said, said.words, now)


def _list(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`allowance list`, `allowance list @ana`, `allowance list ml-platform`"""
    who, rest = allowance_words.who(words)
    if rest:
        raise SubjectUnknown(as_typed(rest[0]))
    if who.is_named:
        return _shown(database, said, _named(database, said, who, now), now)
    listing = allowance_lists.all_settable(database, said.workspace_id, actor=said.user_id, now=now)
    if listing.of is None:
        return Show(messages.allowances(listing))
    own = balances.balance(
        database, said.workspace_id, viewer=said.user_id, subject=said.user_id, now=now
    )
    return Show(messages.own_allowances(listing, own))


def _set(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`allowance @ana 2M weekly` sets one; with nothing after the name it shows theirs."""
    who, rest = allowance_words.who(words)
    named = _named(database, said, who, now) if who.is_named else None
    if named is not None and not rest:
        return _shown(database, said, named, now)
    today = now.date() if named is None else named.today
    draft = allowance_words.draft(rest, today)
    wish = draft.wish(named.subject) if named else None
    if wish is None:
        members.require_allows(database, said.workspace_id, said.user_id)
        form = AllowanceFormDraft(
            terms=draft,
            subject=named.subject if named else None,
            teams=subjects.to_choose(database, said.workspace_id, said.user_id),
        )
        return Open(views.allowance_form(form), EXAMPLE)
    return allowance_answers.wished(
        database, said.workspace_id, actor=said.user_id, wish=wish, key=said.key, now=now
    )


def _pause(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`allowance pause @ana`"""
    rule = _only_one(database, said, words, now)
    if isinstance(rule, Show):
        return rule
    allowances.pause(
        database,
        said.workspace_id,
        actor=said.user_id,
        allowance_id=rule.allowance_id,
        now=now,
    )
    return Show(messages.allowance_paused(_line(database, said, rule, now)))


def _resume(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`allowance resume @ana`"""
    rule = _only_one(database, said, words, now)
    if isinstance(rule, Show):
        return rule
    allowances.resume(
        database,
        said.workspace_id,
        actor=said.user_id,
        allowance_id=rule.allowance_id,
        now=now,
    )
    return Show(messages.allowance_resumed(_line(database, said, rule, now)))


def _end(database: Database, said: Command, words: Sequence[str], now: datetime) -> Answer:
    """`allowance end @ana`: says what it means, and asks."""
    rule = _only_one(database, said, words, now)
    if isinstance(rule, Show):
        return rule
    return Show(messages.allowance_to_end(_line(database, said, rule, now)))


_VERBS: Mapping[str, Callable[[Database, Command, Sequence[str], datetime], Answer]] = (
    MappingProxyType(
        {
            "list": _list,
            "pause": _pause,
            "resume": _resume,
            "end": _end,
            "new": _set,
            "set": _set,
            "create": _set,
        }
    )
)


def _only_one(
    database: Database, said: Command, words: Sequence[str], now: datetime
) -> Allowance | Show:
    """The rule for whom the words name; a choice where there are several."""
    who, rest = allowance_words.who(words)
    if not words:
        raise NotASchedule("", "`@ana`, a team's name, or `pool` and a team's name")
    if rest or not who.is_named:
        raise AllowanceUnknown(" ".join(as_typed(word) for word in words))
    members.require_allows(database, said.workspace_id, said.user_id)
    named = _named(database, said, who, now)
    listing = allowance_lists.of_subject(
        database, said.workspace_id, actor=said.user_id, named=named, now=now
    )
    own = [one for one in listing.rules if one.allowance.subject == named.subject]
    if len(own) == 1:
        return own[0].allowance
    return Show(messages.allowances(listing))


def _named(database: Database, said: Command, who: Who, now: datetime) -> Named:
    if who.person is not None:
        return subjects.person(database, said.workspace_id, who.person, now)
    return subjects.team(database, said.workspace_id, who.team, now, is_pool=who.is_pool)


def _shown(database: Database, said: Command, named: Named, now: datetime) -> Show:
    listing = allowance_lists.of_subject(
        database, said.workspace_id, actor=said.user_id, named=named, now=now
    )
    return Show(messages.allowances(listing))


def _line(database: Database, said: Command, rule: Allowance, now: datetime) -> Listed:
    return allowance_lists.one(
        database,
        said.workspace_id,
        actor=said.user_id,
        allowance_id=rule.allowance_id,
        now=now,
    )

"""Who is who in the sources, in words: lists with their buttons, and what was linked."""

import json
from collections.abc import Sequence
from typing import assert_never

from bot.domain.directory import UserId
from bot.domain.identities import Claimed, Identity, Linked, Overview, Waiting
from bot.domain.ledger import AccountKind, account_kind, account_owner
from bot.domain.notices import IdentityClaimed, IdentityNews, IdentityTold
from bot.domain.refusals import IdentityAmbiguous, IdentityFree, IdentityTaken, IdentityUnknown
from bot.domain.teams import Team
from bot.slack.ids import COMMAND, Action, Callback, Field
from bot.slack.render import days
from bot.slack.render.blocks import (
    Block,
    Message,
    View,
    actions,
    button,
    confirm,
    context,
    message,
    modal,
    plain,
    section,
)
from bot.slack.render.inputs import field
from bot.slack.render.text import code, listed, mention, moment, number, people, team_name

_EXAMPLE = f"`{COMMAND} link ben@example.com`"
IdentityRefusal = IdentityUnknown | IdentityAmbiguous | IdentityTaken | IdentityFree

#: Slack takes a hundred options in a menu.
_TEAMS_MAX = 100
#: Sources that are named where several call somebody alike.
_SOURCES_MAX = 5
#: Of a name on a button, as a screen reader says it.
_SPOKEN_MAX = 40


def overview(found: Overview) -> Message:
    """How sources call somebody, and what waits, for whoever can link it."""
    whose = "you" if found.is_own else mention(found.subject)
    if found.identities:
        headline = f"{days.counted(len(found.identities), 'name')} of {whose} in the sources."
    else:
        headline = f"No source has a name for {whose} yet."
    return message(
        headline,
        *(_owned(one, may_unlink=found.may_link) for one in found.identities),
        *_waiting(found.waiting, found.waiting_count, sees=found.sees_waiting),
        context(
            f"{_EXAMPLE} says that a name is yours",
            *([f"`{COMMAND} link @ana build-bot` that it is Ana's"] if found.may_link else []),
        ),
    )


def waiting(found: Sequence[Waiting], count: int) -> Message:
    """An admin's weekly word of it."""
    return message(
        f"Usage of {days.counted(count, 'name')} waits for its person.",
        *_lines(found, count),
        context("Linked, it is charged to whoever it belongs to", f"`{COMMAND} link` shows all"),
    )


def linked(done: Linked) -> Message:
    """For whoever linked it: who pays now, and what moved."""
    return message(
        f"{_called(done.identity)} is {_whose(done)} now. {_moved(done, 'charged to them')}",
        *_twice(done),
        actions(_unlink(done.identity)),
    )


def own_linked(done: Linked) -> Message:
    """The same for one's own name."""
    return message(
        f"{_called(done.identity)} is you now. {_moved(done, 'charged to you')}",
        context(f"`{COMMAND} history` shows it"),
    )


def unlinked(done: Linked) -> Message:
    """For whoever unlinked it: what came back."""
    return message(
        f"{_called(done.identity)} is no longer {_whose(done)}. {_moved(done, 'back with them')}",
        actions(_link(done.identity)),
    )


def claimed(done: Claimed) -> Message:
    """For whoever said that it is theirs: who is asked."""
    return message(
        f"{people(done.asked)} {'is' if len(done.asked) == 1 else 'are'} asked whether "
        f"{_called(done.identity)} is you. You hear from me.",
        context("It is linked once somebody says yes, with all that waits"),
    )


def identity_told(notice: IdentityTold) -> Message:
    """For whom somebody decided."""
    who = mention(UserId(notice.actor))
    name = f"{code(notice.name)} at {code(notice.source)}"
    match notice.news:
        case IdentityNews.LINKED:
            return message(
                f"{who} says that you are {name}. What that name uses is charged to you.",
                context(f"`{COMMAND} history` shows it", f"Not you? Tell {who}"),
            )
        case IdentityNews.UNLINKED:
            return message(
                f"{who} says that you are not {name}. What that name used comes back to you.",
                context(f"`{COMMAND} history` shows it"),
            )
        case IdentityNews.REFUSED:
            return message(f"{who} says that you are not {name}. Nothing was charged to you.")


def identity_claimed(notice: IdentityClaimed, found: Identity) -> Message:
    """For an approver: whether that is so, with one click."""
    if found.user_id or found.team_id:
        return message(f"{_called(found)} is linked by now. There is nothing left to do.")
    carried = json.dumps({"identity": found.identity_id, "user": notice.claimant})
    return message(
        f"{mention(notice.claimant)} says: {_called(found)} is me. Is that so?",
        actions(
            button(
                "Yes, link it",
                Action.LINK_CLAIMED,
                value=carried,
                style="primary",
                spoken=f"Yes, {found.name[:_SPOKEN_MAX] or 'that'} is them: link it",
            ),
            button(
                "No",
                Action.LINK_REFUSED,
                value=carried,
                spoken=f"No, {found.name[:_SPOKEN_MAX] or 'that'} is not them",
            ),
        ),
        context("Linked, they are charged for all that this name used and will use"),
    )


def claim_refused(found: Identity, claimant: UserId) -> Message:
    """In the place of the question."""
    return message(f"{_called(found)} is not {mention(claimant)}; they know.")


def link_form(found: Identity, teams: Sequence[Team]) -> View:
    """Whose it is: a person's, or a team's service."""
    person = {"type": "users_select", "placeholder": plain("Choose a person")}
    fields = [field(Field.RECIPIENT, "A person", person, optional=True)]
    if teams:
        options = [
            {"text": plain(team.name), "value": str(team.team_id)} for team in teams[:_TEAMS_MAX]
        ]
        menu = {"type": "static_select", "placeholder": plain("Choose a team"), "options": options}
        hint = "For what no person runs: the team's pool pays."
        fields.append(field(Field.FOR_TEAM, "Or a team's service", menu, hint=hint, optional=True))
    return modal(
        "Who is it?",
        [section(f"{_called(found)}: who pays for what it used and will use?"), *fields],
        callback_id=Callback.IDENTITY.value,
        submit="Link",
        metadata=found.identity_id,
    )


def refused(refusal: IdentityRefusal) -> str:
    """Why it is not linked, and what to do."""
    match refusal:
        case IdentityUnknown(name, nearest):
            meant = f" Did you mean {listed([code(one) for one in nearest], 'or')}?"
            return (
                f"No source has sent usage of {code(name)} yet.{meant if nearest else ''} "
                f"Write the name as the source does, as in {_EXAMPLE}."
            )
        case IdentityAmbiguous(name, sources):
            named = listed([code(one) for one in sources[:_SOURCES_MAX]])
            return (
                f"{code(name)} is in {named}. Add which, as in "
                f"`{COMMAND} link` {code(f'{name} {sources[0]}')}."
            )
        case IdentityTaken(name, source, account, team):
            whose = f"a service of {team_name(team)}"
            if account_kind(account) is AccountKind.MEMBER:
                whose = mention(UserId(account_owner(account)))
            return (
                f"{code(name)} at {code(source)} is {whose} already. If that is wrong, an "
                f"approver unlinks it first: `{COMMAND} link remove` {code(name)}."
            )
        case IdentityFree(name, source):
            return f"{code(name)} at {code(source)} is nobody's, so there is nothing to unlink."
        case _:
            assert_never(refusal)


def _waiting(found: Sequence[Waiting], count: int, *, sees: bool) -> list[Block]:
    if not sees:
        return []
    if not count:
        return [section("No usage waits for its person.")]
    return [section(f"*{days.counted(count, 'name')}* of nobody:"), *_lines(found, count)]


def _lines(found: Sequence[Waiting], count: int) -> list[Block]:
    lines = [
        section(f"{_called(one.identity)}\n{_used(one)}", accessory=_link(one.identity))
        for one in found
    ]
    rest = count - len(found)
    more = f"{rest} more: `tokenbot identity list --waiting` on the server names all"
    return [*lines, *([context(more)] if rest > 0 else [])]


def _used(one: Waiting) -> str:
    if one.last_at is None:
        return "Nothing to charge yet"
    return f"{number(one.tokens)} in {days.counted(one.calls, 'call')}, last {moment(one.last_at)}"


def _owned(one: Identity, *, may_unlink: bool) -> Block:
    return section(_called(one), accessory=_unlink(one) if may_unlink else None)


def _called(one: Identity) -> str:
    if not one.name:
        return f"What {code(one.source)} sends without a name"
    return f"{code(one.name)} at {code(one.source)}"


def _whose(done: Linked) -> str:
    if account_kind(done.account) is AccountKind.MEMBER:
        return mention(UserId(account_owner(done.account)))
    return f"a service of *{team_name(done.team)}*"


def _moved(done: Linked, what: str) -> str:
    rest = " The rest follows within minutes." if done.moved.goes_on else ""
    if done.moved.is_reported:
        rest += (
            " The provider’s report has usage of it: the true-up charges what is missing, "
            "or gives it back, within the hour."
        )
    if not done.moved.tokens:
        return f"Nothing had to move.{rest}"
    verb = "token is" if done.moved.tokens == 1 else "tokens are"
    return f"{number(done.moved.tokens)} {verb} {what}.{rest}"


def _twice(done: Linked) -> list[Block]:
    """Whoever linked the gateway's own key hears how to take that back."""
    if not done.moved.charged_by:
        return []
    one = done.identity
    typed = f"`{COMMAND} link remove` {code(f'{one.name} {one.source}')}"
    return [
        section(
            "Most of these calls were charged already, to those who made them through "
            f"{listed([code(source) for source in done.moved.charged_by[:_SOURCES_MAX]])}. "
            "If this is the gateway’s own key, let it be nobody’s: "
            f"{typed if one.name else '*Unlink*'}."
        )
    ]


def _link(one: Identity) -> Block:
    return button(
        "Link…",
        Action.LINK_OPEN,
        value=one.identity_id,
        spoken=f"Say who {one.name[:_SPOKEN_MAX] or 'that'} is",
    )


def _unlink(one: Identity) -> Block:
    return button(
        "Unlink",
        Action.UNLINK,
        value=one.identity_id,
        confirm=confirm(
            "Unlink this name?",
            "Its tokens go back, and its usage waits for its person again.",
            yes="Unlink",
            no="Keep",
        ),
        spoken=f"Say that {one.name[:_SPOKEN_MAX] or 'that'} is somebody else",
    )

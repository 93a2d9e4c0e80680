"""The list of open requests, to look through and to decide several of."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.domain import amounts
from bot.domain.queues import PAGE, Filter, Line, Queue, Whose
from bot.domain.topups import TopUpId, Urgency
from bot.slack import lists
from bot.slack.ids import COMMAND, VALUE, Action, Callback
from bot.slack.render.blocks import (
    Block,
    View,
    actions,
    button,
    context,
    modal,
    mrkdwn,
    plain,
    section,
)
from bot.slack.render.days import counted, waited
from bot.slack.render.text import mention, shortened, tokens

#: Boxes to a group, and characters of each of its lines: Slack takes no more.
_BOXES = 10
_LINE_MAX = 75
#: What is named of a team in a menu, beside how many of its people ask.
_NAME_MAX = 50


def requests_list(queue: Queue, *, ticked: Iterable[TopUpId] = (), drawn: int = 0) -> View:
    """Filters, then a box for each request, the oldest first."""
    blocks = [section(_headline(queue)), _filters(queue, drawn)]
    if queue.lines:
        blocks += [_ticking(queue), *_groups(queue, frozenset(ticked), drawn)]
        blocks += [_buttons(queue), *_hint(queue)]
    return modal(
        "Open requests",
        blocks,
        callback_id=Callback.REQUESTS,
        submit="Approve…" if queue.lines else "",
        close="Close",
        metadata=lists.carry_drawn(drawn),
    )


def _headline(queue: Queue) -> str:
    if queue.count:
        how_many = counted(queue.count, "request")
        wait = "wait for you" if queue.chosen.whose is Whose.MINE else "are open"
        if queue.count == 1:
            wait = wait.replace("wait", "waits").replace("are", "is")
        return f"*{how_many}* {wait}, {tokens(queue.tokens)} in all."
    if queue.chosen.is_narrow:
        return "No open request fits these filters."
    if queue.chosen.whose is Whose.MINE:
        return "No request waits for you. Choose *All I may decide* to see those of others."
    return "No request is open. Each new one comes to you as a message."


def _filters(queue: Queue, drawn: int) -> Block:
    chosen = queue.chosen
    row = [
        _menu(
            Action.REQUESTS_WHOSE,
            "Whose requests",
            [(Whose.MINE, "Waiting for me"), (Whose.ALL, "All I may decide")],
            chosen.whose,
        ),
        *_teams(queue),
        {
            "type": "users_select",
            "action_id": Action.REQUESTS_PERSON.value,
            "placeholder": plain("Anyone"),
            **({"initial_user": chosen.person} if chosen.person else {}),
        },
        _menu(
            Action.REQUESTS_MOST,
            "How many tokens",
            [
                (lists.ANY, "Any amount"),
                *((str(most), f"Up to {amounts.short(most)}") for most in lists.MOST),
            ],
            str(chosen.tokens_max or lists.ANY),
        ),
        _menu(
            Action.REQUESTS_WAITED,
            "How long they wait",
            [
                (lists.ANY, "However long"),
                *((str(days), f"{counted(days, 'day')} or more") for days in lists.WAITED_DAYS),
            ],
            str(chosen.waited.days if chosen.waited else lists.ANY),
        ),
        *_clear(chosen),
    ]
    return {"block_id": f"filters-{drawn}", **actions(*row)}


def _teams(queue: Queue) -> list[Block]:
    """Only where there is a choice, or one was made."""
    chosen = queue.chosen.team_id
    offered = [
        (one.team_id, f"{shortened(one.name, _NAME_MAX)} ({one.count:,})") for one in queue.teams
    ]
    if len(offered) < 2 and chosen is None:  # noqa: PLR2004 (of one there is no other)
        return []
    is_there = any(team_id == chosen for team_id, _ in offered)
    every = [(lists.ANY, "All teams"), *offered]
    held = chosen if chosen and is_there else lists.ANY
    return [_menu(Action.REQUESTS_TEAM, "Which team", every, held)]


def _clear(chosen: Filter) -> list[Block]:
    if not chosen.is_narrow:
        return []
    return [button("Clear filters", Action.REQUESTS_CLEAR, spoken="Clear all filters")]


def _menu(action: Action, name: str, options: Sequence[tuple[str, str]], chosen: str) -> Block:
    """`name` is read out before what is chosen."""
    made = {value: {"text": plain(words), "value": value} for value, words in options}
    return {
        "type": "static_select",
        "action_id": action.value,
        "placeholder": plain(name),
        "options": list(made.values()),
        "initial_option": made.get(chosen, next(iter(made.values()))),
    }


def _groups(queue: Queue, ticked: frozenset[TopUpId], drawn: int) -> list[Block]:
    before = queue.chosen.page * PAGE
    parts = [queue.lines[at : at + _BOXES] for at in range(0, len(queue.lines), _BOXES)]
    return [
        _group(part, first=before + at * _BOXES + 1, queue=queue, ticked=ticked, drawn=drawn)
        for at, part in enumerate(parts)
    ]


def _group(
    part: Sequence[Line], *, first: int, queue: Queue, ticked: frozenset[TopUpId], drawn: int
) -> Block:
    last = first + len(part) - 1
    which = f"{first:,}" if first == last else f"{first:,} to {last:,}"
    label = f"{which} of {queue.count:,}{', the longest wait first' if first == 1 < last else ''}"
    boxes = [_box(line, queue.now) for line in part]
    marked = [box for line, box in zip(part, boxes, strict=True) if line.topup.topup_id in ticked]
    return {
        "type": "input",
        "block_id": f"{lists.TICKS}-{drawn:04}-{first:06}",
        "label": plain(label),
        "optional": True,
        "element": {
            "type": "checkboxes",
            "action_id": VALUE,
            "options": boxes,
            **({"initial_options": marked} if marked else {}),
        },
    }


def _box(line: Line, now: datetime) -> Block:
    """Amount, who, how long it waits and what they have; below it the reason."""
    topup = line.topup
    since = waited(int((now - topup.asked_at).total_seconds()))
    what = f"*{amounts.short(topup.tokens)}* {mention(topup.requester)} · {since}"
    full = f"{what} · has {amounts.short(line.available)}"
    needed = "Needed today. " if topup.urgency is Urgency.TODAY else ""
    reason = shortened(topup.note, _LINE_MAX - len(needed)) or "No reason given"
    return {
        "text": mrkdwn(full if len(full) <= _LINE_MAX else what),
        "description": plain(f"{needed}{reason}"),
        "value": topup.topup_id,
    }


def _ticking(queue: Queue) -> Block:
    here, shown = str(queue.chosen.page), len(queue.lines)
    every, none = f"Select all {shown} that are shown", "Select none of those shown"
    return actions(
        button(f"Select all {shown}", Action.REQUESTS_TICK, value=here, spoken=every),
        button("Select none", Action.REQUESTS_UNTICK, value=here, spoken=none),
    )


def _buttons(queue: Queue) -> Block:
    page = queue.chosen.page
    form = "Deny what is selected, with a reason, in a form"
    row = [button("Deny selected…", Action.REQUESTS_DENY, style="danger", spoken=form)]
    if page:
        spoken = "The page before, with longer waits"
        back = button("Page before", Action.REQUESTS_BACK, value=str(page - 1), spoken=spoken)
        row.append(back)
    if page + 1 < queue.pages:
        spoken = "The next page, with shorter waits"
        row.append(button("Next page", Action.REQUESTS_NEXT, value=str(page + 1), spoken=spoken))
    return actions(*row)


def _hint(queue: Queue) -> list[Block]:
    said = ["The next step shows the exact amounts"]
    if queue.pages > 1:
        said.insert(0, f"Page {queue.chosen.page + 1:,} of {queue.pages:,}")
        said.append("What you select counts on the page you see")
    return [context(*said, f"`{COMMAND} requests` comes back here")]

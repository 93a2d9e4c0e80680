"""Filling in, submitting and closing modals, as Slack's client does it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.playground import finding, outcomes, payloads, picks, texts, viewing
from bot.playground.delivery import Answer, Request
from bot.playground.errors import SlackRefusal
from bot.playground.outcomes import CONNECTING, Outcome
from bot.playground.people import Json
from bot.playground.places import View
from bot.playground.stage import Stage
from bot.playground.workspace import Workspace

Values = Mapping[str, picks.Value | Sequence[picks.Value] | None]
REQUIRED = "Please complete this required field."


def top(stage: Stage, user_id: str) -> View:
    """The modal in front of this person."""
    stack = stage.workspace.stack(user_id)
    if not stack:
        raise LookupError(f"{user_id} has no modal open")
    return stack[-1]


def fill(workspace: Workspace, view: View, values: Values) -> None:
    """Type and choose in a view; fields go by label, block_id or action_id."""
    for name, value in values.items():
        block, element = _field(view, name)
        given = picks.picked(workspace, view.user_id, element, value)
        state = view.state.setdefault(block["block_id"], {})
        state[element["action_id"]] = finding.filled(element, given)


def submit(stage: Stage, user_id: str, values: Values, *, bot_url: str | None) -> Outcome:
    """Fill in the top modal and submit it, unless a field is wrong as Slack itself sees."""
    workspace = stage.workspace
    with workspace.changing():
        view = top(stage, user_id)
        fill(workspace, view, values)
        view.trouble = ""
        view.errors = dict(complaints(view))
        if view.errors:
            shown = texts.of_view(workspace, view)
            return Outcome(status=None, errors=view.errors, shown=shown, modal=view)
        payload = payloads.interaction(
            workspace,
            "view_submission",
            workspace.person(user_id),
            trigger_id=stage.trigger(user_id, view.id),
            view=workspace.view_json(view),
            response_urls=[],
        )
    request, answer = stage.delivery.send("interactive", payload, bot_url=bot_url)
    return answered(stage, user_id, view, request, answer)


def answered(stage: Stage, user_id: str, view: View, request: Request, answer: Answer) -> Outcome:
    """Do what the app's answer to a submission says."""
    workspace = stage.workspace
    with workspace.changing():
        stack = workspace.stack(user_id)
        if view in stack:
            try:
                _obey(stage, stack, view, answer)
            except SlackRefusal as refusal:
                view.trouble = CONNECTING
                workspace.refused_acks.append(refusal)
        errors = dict(view.errors) if view in stack else {}
        modal = stack[-1] if stack else None
        shown = CONNECTING if view.trouble else "\n".join(errors.values())
        if not shown and modal:
            shown = texts.of_view(workspace, modal)
        return outcomes.of_answer(request, answer, errors=errors, shown=shown, modal=modal)


def close(stage: Stage, user_id: str, *, everything: bool, bot_url: str | None) -> Outcome:
    """Close the top modal; the app hears of it if it asked to."""
    workspace = stage.workspace
    with workspace.changing():
        view = top(stage, user_id)
        stack = workspace.stack(user_id)
        clears = everything or bool(view.body.get("clear_on_close"))
        payload = payloads.interaction(
            workspace,
            "view_closed",
            workspace.person(user_id),
            view=workspace.view_json(view),
            is_cleared=clears,
        )
        if clears:
            stack.clear()
        else:
            stack.pop()
    if not view.body.get("notify_on_close"):
        return Outcome(status=None)
    request, answer = stage.delivery.send("interactive", payload, bot_url=bot_url)
    return outcomes.of_answer(request, answer)


def complaints(view: View) -> Iterator[tuple[str, str]]:
    """What Slack's own client finds wrong before it sends anything."""
    for block, element in viewing.stateful(view.blocks):
        if block["type"] != "input":
            continue
        key, _ = viewing.STATE_KEYS[element["type"]]
        value = view.state[block["block_id"]][element["action_id"]].get(key)
        if not value:
            if not block.get("optional"):
                yield block["block_id"], REQUIRED
            continue
        words = (
            _text_complaint(element, value)
            or _number_complaint(element, value)
            or _count_complaint(element, value)
        )
        if words:
            yield block["block_id"], words


def _text_complaint(element: Json, value: Any) -> str:
    if element["type"] != "plain_text_input":
        return ""
    least, most = element.get("min_length") or 0, element.get("max_length") or 3000
    if len(value) < least:
        return f"Please enter at least {least} characters."
    if len(value) > most:
        return f"Please enter at most {most} characters."
    return ""


def _count_complaint(element: Json, value: Any) -> str:
    most = element.get("max_selected_items")
    if most is None or len(value) <= most:
        return ""
    return f"Please choose at most {most}."


def _number_complaint(element: Json, value: Any) -> str:
    if element["type"] != "number_input":
        return ""
    form = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(form, value, re.ASCII):
        return "Please enter a valid number."
    low, high = element.get("min_value"), element.get("max_value")
    if low is not None and float(value) < float(low):
        return f"Please enter a number of at least {low}."
    if high is not None and float(value) > float(high):
        return f"Please enter a number of at most {high}."
    return ""


def _field(view: View, name: str) -> tuple[Json, Json]:
    known: list[str] = []
    for block, element in viewing.stateful(view.blocks):
        label = (block.get("label") or {}).get("text", "")
        if name in {label, block["block_id"], element["action_id"]}:
            return block, element
        known.append(label or element["action_id"])
    raise LookupError(f"no field {name!r} in {view.title!r}; there is {known}")


def _obey(stage: Stage, stack: list[View], view: View, answer: Answer) -> None:
    content = answer.json() if answer.body else {}
    if not answer.is_good or content is None:
        raise SlackRefusal("bad_answer", answer.body)
    action = content.get("response_action")
    if action is None:
        if content:
            raise SlackRefusal("bad_answer", answer.body)
        del stack[stack.index(view) :]
    elif action == "clear":
        stack.clear()
    elif action == "errors":
        view.errors = _known_errors(view, content.get("errors"))
    elif action == "update":
        viewing.update(stage.workspace, view, content.get("view") or {}, None)
    elif action == "push":
        viewing.push_modal(stage.workspace, view.user_id, content.get("view") or {})
    else:
        raise SlackRefusal("bad_answer", answer.body)


def _known_errors(view: View, errors: Any) -> dict[str, str]:
    fields = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= fields:
        raise SlackRefusal("bad_answer", f"errors for no field: {errors}")
    return {str(name): str(words) for name, words in errors.items()}

"""views.*"""

from bot.playground import viewing
from bot.playground.errors import SlackRefusal
from bot.playground.people import Json
from bot.playground.places import View
from bot.playground.tickets import Trigger
from bot.playground.web_api.arguments import Arguments
from bot.playground.workspace import Workspace


def open_modal(workspace: Workspace, arguments: Arguments) -> Json:
    view, trigger_id = arguments.view(), arguments.text("trigger_id")
    viewing.check(view, "modal")
    trigger = _exchange(workspace, trigger_id)
    opened = viewing.open_modal(workspace, trigger.user_id, view, trigger.channel_id)
    return _answer(workspace, opened)


def push(workspace: Workspace, arguments: Arguments) -> Json:
    view, trigger_id = arguments.view(), arguments.text("trigger_id")
    viewing.check(view, "modal")
    trigger = _exchange(workspace, trigger_id)
    stack = workspace.stack(trigger.user_id)
    if trigger.view_id is None or trigger.view_id not in {one.id for one in stack}:
        raise SlackRefusal("not_found")
    return _answer(workspace, viewing.push_modal(workspace, trigger.user_id, view))


def update(workspace: Workspace, arguments: Arguments) -> Json:
    body = arguments.view()
    view = _named(workspace, arguments)
    changed = viewing.update(workspace, view, body, arguments.maybe_text("hash"))
    return _answer(workspace, changed)


def publish(workspace: Workspace, arguments: Arguments) -> Json:
    body = arguments.view()
    person = workspace.person(arguments.text("user_id"))
    if person.deleted:
        raise SlackRefusal("user_disabled")
    if body.get("type") != "home":
        raise SlackRefusal("invalid_arguments", "must be a home view [json-pointer:/view/type]")
    published = viewing.publish_home(workspace, person.id, body, arguments.maybe_text("hash"))
    return _answer(workspace, published)


def _named(workspace: Workspace, arguments: Arguments) -> View:
    view_id, external_id = arguments.maybe_text("view_id"), arguments.maybe_text("external_id")
    if view_id is None and external_id is None:
        raise SlackRefusal("invalid_arguments", "missing required field: view_id")
    if view_id is not None:
        view = workspace.view(view_id)
    else:
        view = _by_external_id(workspace, str(external_id))
    if view is None:
        raise SlackRefusal("not_found")
    return view


def _by_external_id(workspace: Workspace, external_id: str) -> View | None:
    open_views = [view for stack in workspace.modals.values() for view in stack]
    everything = [*open_views, *workspace.homes.values()]
    return next((one for one in everything if one.body.get("external_id") == external_id), None)


def _exchange(workspace: Workspace, trigger_id: str) -> Trigger:
    return workspace.tickets.exchange(trigger_id, workspace.clock())


def _answer(workspace: Workspace, view: View) -> Json:
    return {"view": workspace.view_json(view)}

"""users.*, usergroups.* and auth.test."""

from bot.playground.errors import SlackRefusal
from bot.playground.people import Json
from bot.playground.web_api.arguments import Arguments
from bot.playground.web_api.pages import page
from bot.playground.workspace import Workspace


def auth_test(workspace: Workspace, _arguments: Arguments) -> Json:
    me = workspace.identity
    return {
        "url": "http://playground.invalid/",
        "team": me.team_name,
        "team_id": me.team_id,
        "user": workspace.bot.name,
        "user_id": me.bot_user_id,
        "bot_id": me.bot_id,
        "is_enterprise_install": False,
    }


def info(workspace: Workspace, arguments: Arguments) -> Json:
    person = workspace.person(arguments.text("user"))
    user = workspace.user_json(person)
    if arguments.flag("include_locale"):
        user["locale"] = "en-GB"
    return {"user": user}


def list_all(workspace: Workspace, arguments: Arguments) -> Json:
    members = [workspace.user_json(one) for one in workspace.people.values()]
    return page(members, "members", arguments) | {"cache_ts": int(workspace.clock().timestamp())}


def lookup_by_email(workspace: Workspace, arguments: Arguments) -> Json:
    email = arguments.text("email").casefold()
    for person in workspace.people.values():
        if person.email and person.email.casefold() == email and not person.deleted:
            return {"user": workspace.user_json(person)}
    raise SlackRefusal("users_not_found")


def usergroups(workspace: Workspace, _arguments: Arguments) -> Json:
    return {"usergroups": workspace.usergroups}

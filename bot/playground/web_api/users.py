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


def usergroups(workspace: Workspace, arguments: Arguments) -> Json:
    return {
        "usergroups": [
            one.as_json(
                workspace.identity.team_id,
                with_users=arguments.flag("include_users"),
                with_count=arguments.flag("include_count"),
            )
            for one in workspace.usergroups.values()
            if arguments.flag("include_disabled") or not one.is_disabled
        ]
    }


def usergroup_users(workspace: Workspace, arguments: Arguments) -> Json:
    group = workspace.usergroup(arguments.text("usergroup"))
    # What Slack answers about a disabled group is not documented; this is the likeliest.
    if group.is_disabled and not arguments.flag("include_disabled"):
        raise SlackRefusal("no_such_subteam")
    return {"users": list(group.users)}

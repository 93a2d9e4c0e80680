"""conversations.*"""

from bot.playground.errors import SlackRefusal
from bot.playground.people import Json
from bot.playground.places import Channel
from bot.playground.web_api.arguments import Arguments
from bot.playground.web_api.pages import page
from bot.playground.workspace import Workspace

LIMIT_OTHERWISE = 100
_KINDS = {"public_channel": "channel", "private_channel": "private", "im": "im"}


def open_dm(workspace: Workspace, arguments: Arguments) -> Json:
    """conversations.open, for one person."""
    channel_id = arguments.maybe_text("channel")
    if channel_id:
        channel = seen(workspace, channel_id)
        if channel.kind != "im":
            raise SlackRefusal("method_not_supported_for_channel_type")
    else:
        channel = dm(workspace, arguments.words("users"))
    body = channel.as_json() if arguments.flag("return_im") else {"id": channel.id}
    return {"channel": body, "no_op": False, "already_open": False}


def dm(workspace: Workspace, user_ids: list[str]) -> Channel:
    """The DM with exactly one person who can have one."""
    if not user_ids:
        raise SlackRefusal("users_list_not_supplied")
    if len(user_ids) > 1:
        raise SlackRefusal("invalid_user_combination")
    person = workspace.person(user_ids[0])
    if person.deleted:
        raise SlackRefusal("user_disabled")
    if person.is_bot:
        raise SlackRefusal("cannot_dm_bot")
    return workspace.dm_with(person.id)


def list_all(workspace: Workspace, arguments: Arguments) -> Json:
    wanted = arguments.words("types") or ["public_channel"]
    kinds = {_KINDS.get(word, word) for word in wanted}
    if "private" in kinds:
        _need_groups_read(workspace)
    channels = [
        one.as_json() | {"is_member": workspace.bot.id in one.members}
        for one in workspace.channels.values()
        if one.kind in kinds
        and _sees(workspace, one)
        and not (one.is_archived and arguments.flag("exclude_archived"))
    ]
    return page(channels, "channels", arguments, limit_otherwise=LIMIT_OTHERWISE)


def info(workspace: Workspace, arguments: Arguments) -> Json:
    channel = seen(workspace, arguments.text("channel"))
    if channel.kind == "private":
        _need_groups_read(workspace)
    return {"channel": channel.as_json() | {"is_member": workspace.bot.id in channel.members}}


def members(workspace: Workspace, arguments: Arguments) -> Json:
    channel = seen(workspace, arguments.text("channel"))
    return page(sorted(channel.members), "members", arguments, limit_otherwise=LIMIT_OTHERWISE)


def seen(workspace: Workspace, channel_id: str) -> Channel:
    """A channel that the bot may know of."""
    channel = workspace.channel(channel_id)
    if not _sees(workspace, channel):
        raise SlackRefusal("channel_not_found")
    return channel


def _need_groups_read(workspace: Workspace) -> None:
    if "groups:read" not in workspace.scopes:
        provided = ",".join(sorted(workspace.scopes))
        raise SlackRefusal("missing_scope", needed="groups:read", provided=provided)


def _sees(workspace: Workspace, channel: Channel) -> bool:
    return channel.kind == "channel" or workspace.bot.id in channel.members

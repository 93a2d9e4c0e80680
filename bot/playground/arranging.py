"""What an admin of the workspace arranges: channels and user groups."""

from collections.abc import Iterable

from bot.playground import events
from bot.playground.driving import Who, id_of
from bot.playground.outcomes import Outcome
from bot.playground.places import Channel
from bot.playground.stage import Stage
from bot.playground.usergroups import UserGroup


class Arranging:
    """Channels and groups come, change and go. `SimulatedSlack` is one of these."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._workspace = stage.workspace

    def add_channel(
        self,
        name: str,
        *,
        is_private: bool = False,
        members: Iterable[Who] | None = None,
        with_bot: bool = True,
    ) -> Channel:
        """A channel with these people in it (everybody, unless told), and the bot."""
        with self._workspace.changing():
            channel = self._workspace.add_channel(name, is_private=is_private)
            if members is not None:
                channel.members = {id_of(who) for who in members} | {self._workspace.bot.id}
            if not with_bot:
                channel.members.discard(self._workspace.bot.id)
            return channel

    def archive(self, channel_id: str) -> None:
        """Nobody can write there any more, the bot neither: `is_archived`."""
        with self._workspace.changing():
            self._workspace.channel(channel_id).is_archived = True

    def unarchive(self, channel_id: str) -> None:
        with self._workspace.changing():
            self._workspace.channel(channel_id).is_archived = False

    def delete_channel(self, channel_id: str) -> None:
        """The channel and all that was in it are gone: `channel_not_found`."""
        workspace = self._workspace
        with workspace.changing():
            del workspace.channels[workspace.channel(channel_id).id]
            workspace.ephemerals.forget(channel_id)

    def make_private(self, channel_id: str) -> None:
        """From now on only its members see it: without the bot among them, `channel_not_found`."""
        with self._workspace.changing():
            self._workspace.channel(channel_id).kind = "private"

    def invite_bot(self, channel_id: str) -> None:
        with self._workspace.changing():
            self._workspace.channel(channel_id).members.add(self._workspace.bot.id)

    def remove_bot(self, channel_id: str) -> None:
        """A public channel then answers `not_in_channel`, unless `chat:write.public` is granted."""
        with self._workspace.changing():
            self._workspace.channel(channel_id).members.discard(self._workspace.bot.id)

    def add_usergroup(self, handle: str, users: Iterable[Who], *, name: str = "") -> UserGroup:
        """A group that is mentioned as `@handle`."""
        workspace = self._workspace
        with workspace.changing():
            now = int(workspace.clock().timestamp())
            group = UserGroup(
                id=f"S{workspace.next_number():04d}{handle.upper().replace('-', '')}",
                handle=handle,
                name=name or handle,
                users=[id_of(who) for who in users],
                created_at=now,
                updated_at=now,
            )
            workspace.usergroups[group.id] = group
            return group

    def set_usergroup_users(
        self, group: str, users: Iterable[Who], *, tell: bool = True
    ) -> list[Outcome]:
        """Other people are in the group; the app hears `subteam_updated` and who came and went."""
        workspace = self._workspace
        with workspace.changing():
            found = workspace.usergroup(group)
            before, since = found.users, found.updated_at
            found.users = [id_of(who) for who in users]
            found.updated_at = int(workspace.clock().timestamp())
        if not tell:
            return []
        return [
            events.usergroup_updated(self._stage, found),
            events.usergroup_members_changed(self._stage, found, before=before, since=since),
        ]

    def change_usergroup(
        self, group: str, *, handle: str = "", name: str = "", tell: bool = True
    ) -> list[Outcome]:
        """The group is called otherwise; the app hears `subteam_updated`."""
        with self._workspace.changing():
            found = self._workspace.usergroup(group)
            found.handle, found.name = handle or found.handle, name or found.name
            found.updated_at = int(self._workspace.clock().timestamp())
        return [events.usergroup_updated(self._stage, found)] if tell else []

    def disable_usergroup(self, group: str, *, tell: bool = True) -> list[Outcome]:
        """The group can't be mentioned any more; the app hears `subteam_updated`."""
        with self._workspace.changing():
            found = self._workspace.usergroup(group)
            now = int(self._workspace.clock().timestamp())
            found.disabled_at = found.updated_at = now
        return [events.usergroup_updated(self._stage, found)] if tell else []

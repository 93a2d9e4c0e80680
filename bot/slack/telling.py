"""How each notice is told: in which words, and by which call to Slack."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.domain import digests
from bot.domain.allowances import Subject
from bot.domain.digests import Week
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.notices import (
    AdminWelcomed,
    AllowanceBegun,
    AllowanceUnfunded,
    ChannelLost,
    Claimed,
    DeadReported,
    Digest,
    DigestPlaced,
    DigestPreview,
    EntryReversed,
    GroupLost,
    GroupRead,
    HomeStale,
    IdentitiesWait,
    IdentityClaimed,
    IdentityTold,
    LiftTold,
    LimitMet,
    LowBalance,
    MessageRef,
    OwnDigest,
    PanelStale,
    QueueStale,
    Reply,
    SourcesSilent,
    StandInTold,
    TeamTold,
    TokensExpire,
    TokensReceived,
    TopUpAsked,
    TopUpCopyChanged,
    TopUpDecided,
    TopUpReopened,
    UsageAsked,
    WelcomeStale,
)
from bot.domain.usage_views import Stretch, UsageView
from bot.services import lost_channels, outbox, previews, tidings, topups, usage_views
from bot.slack import metering_news, plain_news, redrawing, topup_news
from bot.slack.pictures import in_a_form_taken
from bot.slack.render import messages
from bot.slack.retries import code_of
from bot.storage.database import Database

_log = structlog.get_logger()

#: Slack takes no message there, until somebody changes something about the channel.
_CHANNEL_CLOSED = frozenset(
    {
        "channel_not_found",
        "is_archived",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
    }
)


@dataclass(eq=False)
class Undeliverable(Exception):
    """Slack will never take it; `why` is Slack's code."""

    why: str

    def __str__(self) -> str:
        return self.why


class Teller:
    """Puts one notice into words and sends it. Raises what Slack, or the way there, answers."""

    def __init__(
        self,
        database: Database,
        client: WebClient,
        clock: Callable[[], datetime],
        *,
        seconds: int,
    ) -> None:
        self._database = database
        self._client = client
        self._clock = clock
        self._seconds = seconds

    def tell(self, claimed: Claimed) -> MessageRef | None:  # noqa: C901, PLR0911 (a case for each notice)
        """The one place that knows how each notice is told."""
        workspace_id = WorkspaceId(claimed.workspace_id)
        here = self._database, self._client, workspace_id
        match claimed.notice:
            case (
                TokensReceived()
                | EntryReversed()
                | StandInTold()
                | DeadReported()
                | LimitMet()
                | LiftTold()
            ) as notice:
                return self._dm(workspace_id, notice.recipient, plain_news.said(notice))
            case TopUpAsked() as notice:
                return self._ask(workspace_id, notice)
            case TopUpDecided() as notice:
                return self._tell_of_decision(workspace_id, notice)
            case AllowanceBegun() | AllowanceUnfunded() as notice:
                return self._tell_of_allowance(workspace_id, notice)
            case LowBalance() | TokensExpire() as notice:
                return self._warn(workspace_id, notice)
            case TopUpCopyChanged() | TopUpReopened() as notice:
                topup_news.change(*here, notice, self._clock())
            case TeamTold() | GroupRead() | GroupLost() as notice:
                team = lost_channels.known(self._database, workspace_id, notice.team_id)
                return self._dm(workspace_id, notice.recipient, plain_news.of_team(notice, team))
            case IdentityTold() | IdentityClaimed() | IdentitiesWait() | SourcesSilent() as notice:
                said = metering_news.said(self._database, workspace_id, notice, self._clock())
                return self._dm(workspace_id, notice.recipient, said) if said else None
            case AdminWelcomed() as notice:
                said = redrawing.welcome(self._database, workspace_id)
                return self._dm(workspace_id, notice.recipient, said)
            case HomeStale() | PanelStale() | QueueStale() | WelcomeStale() as notice:
                redrawing.redraw(*here, notice, self._clock(), is_again=claimed.attempts > 1)
            case Reply() as notice:
                self._reply(notice)
            case notice:  # what is left is all of usage, or mypy complains
                return self._tell_of_use(workspace_id, notice)
        return None

    def _tell_channel(self, workspace_id: WorkspaceId, notice: Digest | DigestPlaced) -> MessageRef:
        try:
            if isinstance(notice, Digest):
                week = self._week(workspace_id, notice)
                send = partial(self._post, workspace_id, notice.recipient)
                return in_a_form_taken(send, partial(messages.digest, week))
            team = lost_channels.known(self._database, workspace_id, notice.team_id)
            message = messages.digest_placed(notice, team)
            return self._post(workspace_id, notice.recipient, message)
        except Undeliverable as error:
            lost_channels.lose(
                self._database, workspace_id, notice, why=error.why, now=self._clock()
            )
            raise

    def _tell_of_use(
        self,
        workspace_id: WorkspaceId,
        notice: Digest | DigestPlaced | DigestPreview | OwnDigest | ChannelLost | UsageAsked,
    ) -> MessageRef:
        if isinstance(notice, Digest | DigestPlaced):
            return self._tell_channel(workspace_id, notice)
        send = partial(self._dm, workspace_id, notice.recipient)
        if isinstance(notice, UsageAsked):
            used = self._usage(workspace_id, notice)
            return in_a_form_taken(send, partial(messages.usage_chart, used))
        if isinstance(notice, OwnDigest):
            own = digests.load_own(notice.facts)
            return in_a_form_taken(send, partial(messages.own_digest, own))
        team = lost_channels.known(self._database, workspace_id, notice.team_id)
        if isinstance(notice, ChannelLost):
            return send(messages.digest_channel_lost(notice, team))
        week = self._week(workspace_id, notice)
        shown = partial(messages.digest_preview, week, channel=team.channel_id)
        return in_a_form_taken(send, shown)

    def _usage(self, workspace_id: WorkspaceId, notice: UsageAsked) -> UsageView:
        """The figures of now, as far as whoever asked may see them now."""
        return usage_views.view(
            self._database,
            workspace_id,
            viewer=notice.recipient,
            subject=Subject.parse(notice.subject),
            chosen=Stretch(notice.stretch),
            now=self._clock(),
        )

    def _week(self, workspace_id: WorkspaceId, notice: Digest | DigestPreview) -> Week:
        """The facts as they were then, but for people who have chosen to stay out since."""
        week = digests.load_team(notice.facts)
        return lost_channels.still_shown(self._database, workspace_id, week)

    def _ask(self, workspace_id: WorkspaceId, notice: TopUpAsked) -> MessageRef | None:
        copy = topups.copy(self._database, workspace_id, notice, self._clock())
        if copy.is_needless:
            return None
        return self._dm(workspace_id, notice.recipient, messages.copy(copy))

    def _tell_of_decision(
        self, workspace_id: WorkspaceId, notice: TopUpDecided
    ) -> MessageRef | None:
        dossier = topups.dossier(self._database, workspace_id, notice.topup_id, self._clock())
        if dossier.topup.reopened != notice.reopened:
            return None  # that decision was undone before anybody heard of it
        message = messages.topup_decided(dossier, is_first=notice.is_first)
        return self._dm(workspace_id, notice.recipient, message)

    def _warn(
        self, workspace_id: WorkspaceId, notice: LowBalance | TokensExpire
    ) -> MessageRef | None:
        """With the figures of now; what has become untrue since is not told."""
        if isinstance(notice, LowBalance):
            low = tidings.warned(self._database, workspace_id, notice, self._clock())
            message = messages.low_balance(low) if low else None
        else:
            expiry = tidings.expiry(self._database, workspace_id, notice, self._clock())
            message = messages.tokens_expire(expiry) if expiry else None
        return self._dm(workspace_id, notice.recipient, message) if message else None

    def _tell_of_allowance(
        self, workspace_id: WorkspaceId, notice: AllowanceBegun | AllowanceUnfunded
    ) -> MessageRef:
        facts = previews.preview_of(
            self._database, workspace_id, notice.allowance_id, self._clock()
        )
        if isinstance(notice, AllowanceBegun):
            message = messages.allowance_begun(notice, facts)
        else:
            message = messages.allowance_unfunded(notice, facts)
        return self._dm(workspace_id, notice.recipient, message)

    def _reply(self, notice: Reply) -> None:
        webhook = WebhookClient(notice.response_url, timeout=self._seconds, retry_handlers=[])
        body = {
            **json.loads(notice.message),
            "response_type": "ephemeral",
            "replace_original": notice.replaces_original,
        }
        answer = webhook.send_dict(body)
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS or (
            answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            raise OSError(f"response_url answered {answer.status_code}")
        if answer.status_code != HTTPStatus.OK:
            raise Undeliverable(f"response_url answered {answer.status_code}")

    def _dm(
        self, workspace_id: WorkspaceId, user_id: UserId, message: dict[str, Any]
    ) -> MessageRef:
        channel = outbox.dm_channel(self._database, workspace_id, user_id)
        channel = channel or self._opened_dm(workspace_id, user_id)
        try:
            return self._post(workspace_id, channel, message)
        except Undeliverable as error:
            if error.why != "channel_not_found":
                raise
        # The one remembered is gone.
        return self._post(workspace_id, self._opened_dm(workspace_id, user_id), message)

    def _post(self, workspace_id: WorkspaceId, channel: str, message: dict[str, Any]) -> MessageRef:
        """Send it there. Raises `Undeliverable` where the channel takes no message of ours."""
        try:
            sent = self._client.chat_postMessage(channel=channel, **message)
        except SlackApiError as error:
            if code_of(error) in _CHANNEL_CLOSED:
                _log.info(
                    "channel_closed",
                    workspace_id=workspace_id,
                    channel=channel,
                    error=code_of(error),
                )
                raise Undeliverable(code_of(error)) from error
            raise
        return MessageRef(channel=str(sent["channel"]), ts=str(sent["ts"]))

    def _opened_dm(self, workspace_id: WorkspaceId, user_id: UserId) -> str:
        opened = self._client.conversations_open(users=[user_id])
        channel = str(opened["channel"]["id"])
        outbox.set_dm_channel(self._database, workspace_id, user_id, channel)
        return channel

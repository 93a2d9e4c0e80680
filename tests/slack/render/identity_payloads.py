"""Messages and forms of who is who, plain and hostile."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from bot.domain.agent_keys import AgentKey, Rates
from bot.domain.api_keys import ApiKey, Credential, KeyId, Scope
from bot.domain.directory import TeamId, WorkspaceId
from bot.domain.identities import (
    Claimed,
    Identity,
    IdentityId,
    Linked,
    MatchedBy,
    Moved,
    Overview,
    Waiting,
)
from bot.domain.ledger import AccountId, member_account
from bot.domain.notices import IdentityClaimed, IdentityNews, IdentityTold
from bot.domain.teams import NAME_MAX, Team
from bot.slack.render import messages, views
from tests.slack.render.facts import ANA, BEN, CROWD, HOSTILE, HUGE, MIA, NOW

Render = Callable[[], dict[str, Any]]

LAPTOP = Identity(identity_id=IdentityId("0198-laptop"), source="litellm", name="ben-laptop")
MINE = Identity(
    identity_id=IdentityId("0198-mine"),
    source="litellm",
    name="ana@example.com",
    account=member_account(ANA.user_id),
    matched_by=MatchedBy.EMAIL,
)
FIEND = Identity(identity_id=IdentityId("0198-fiend"), source=HOSTILE[:60], name=HOSTILE[:200])
GATEWAYS = Identity(identity_id=IdentityId("0198-gateway"), source="openai", name="api_key:key_gw")
NAMELESS = Identity(identity_id=IdentityId("0198-none"), source="jobs", name="")
WAITING = (
    Waiting(identity=LAPTOP, tokens=1_500_000, calls=1_200, last_at=NOW),
    Waiting(identity=NAMELESS, tokens=1, calls=1, last_at=NOW),
    Waiting(identity=FIEND, tokens=0, calls=0, last_at=None),
)


def _linked(identity: Identity = LAPTOP, tokens: int = 1_500_000, **more: Any) -> Linked:
    moved = Moved(
        tokens=tokens,
        goes_on=more.pop("goes_on", False),
        is_reported=more.pop("is_reported", False),
        charged_by=more.pop("charged_by", ()),
    )
    account = more.pop("account", member_account(BEN.user_id))
    return Linked(identity=identity, account=account, moved=moved, **more)


def identity_messages() -> dict[str, Render]:
    own = Overview(subject=ANA.user_id, is_own=True, identities=(MINE,), may_link=False)
    admins = Overview(
        subject=MIA.user_id,
        is_own=True,
        identities=(),
        may_link=True,
        waiting=WAITING,
        waiting_count=12,
        sees_waiting=True,
    )
    service = partial(_linked, account=AccountId("pool:search"), team=HOSTILE[:NAME_MAX])
    told = partial(
        IdentityTold, recipient=BEN.user_id, actor=MIA.user_id, source="litellm", name="ben-laptop"
    )
    fiendish = IdentityTold(
        recipient=BEN.user_id,
        actor=MIA.user_id,
        source=FIEND.source,
        name=FIEND.name,
        news=IdentityNews.LINKED,
    )
    asked = IdentityClaimed(
        recipient=MIA.user_id, claimant=BEN.user_id, identity_id=LAPTOP.identity_id
    )
    key = ApiKey(
        workspace_id=WorkspaceId("T1"),
        key_id=KeyId("0123456789ab"),
        name=f"claude-code {BEN.user_id}",
        scopes=frozenset({Scope.USAGE_WRITE}),
        user_id=BEN.user_id,
        created_by=BEN.user_id,
        created_at=NOW,
    )
    shown = Credential(workspace_id=key.workspace_id, key_id=key.key_id, secret="5" * 64)
    fresh = AgentKey(agent="claude-code", key=key, credential=shown, rates=None)
    stands = replace(fresh, credential=None, key=replace(key, last_used_at=NOW))
    return {
        "agent_key_made": lambda: messages.agent_key_made(fresh, ""),
        "agent_key_made_for_admin": lambda: messages.agent_key_made(
            replace(fresh, rates=Rates(HUGE, 12_345_678)), "https://tokenbot.example/ai"
        ),
        "agent_key_kept": lambda: messages.agent_key_kept(stands),
        "agent_key_kept_unused": lambda: messages.agent_key_kept(replace(fresh, credential=None)),
        "identities_own": lambda: messages.identities(own),
        "identities_admin": lambda: messages.identities(admins),
        "identities_other": lambda: messages.identities(
            Overview(subject=BEN.user_id, is_own=False, identities=(FIEND,) * 20, may_link=True)
        ),
        "identities_none_wait": lambda: messages.identities(
            Overview(
                subject=MIA.user_id, is_own=True, identities=(), may_link=True, sees_waiting=True
            )
        ),
        "identities_wait": lambda: messages.identities_wait(WAITING, 3),
        "identity_linked": lambda: messages.identity_linked(_linked()),
        "identity_linked_more": lambda: messages.identity_linked(
            _linked(FIEND, HUGE, goes_on=True)
        ),
        "identity_linked_reported": lambda: messages.identity_linked(
            _linked(tokens=0, is_reported=True)
        ),
        "identity_linked_gateways_own": lambda: messages.identity_linked(
            _linked(GATEWAYS, tokens=0, is_reported=True, charged_by=("litellm",))
        ),
        "identity_linked_gateways_own_hostile": lambda: messages.identity_linked(
            _linked(FIEND, is_reported=True, charged_by=(HOSTILE[:60], "litellm") * 5)
        ),
        "identity_linked_service": lambda: messages.identity_linked(service(tokens=1)),
        "identity_own_linked": lambda: messages.identity_own_linked(_linked(MINE, 0)),
        "identity_unlinked": lambda: messages.identity_unlinked(_linked()),
        "identity_asked": lambda: messages.identity_asked(
            Claimed(identity=LAPTOP, asked=(MIA.user_id,))
        ),
        "identity_asked_many": lambda: messages.identity_asked(
            Claimed(identity=FIEND, asked=tuple(CROWD[:5]))
        ),
        "identity_claimed": lambda: messages.identity_claimed(asked, LAPTOP),
        "identity_claimed_hostile": lambda: messages.identity_claimed(asked, FIEND),
        "identity_claimed_late": lambda: messages.identity_claimed(asked, MINE),
        "identity_claim_refused": lambda: messages.identity_claim_refused(LAPTOP, BEN.user_id),
        **{
            f"identity_told_{news}": partial(messages.identity_told, told(news=news))
            for news in IdentityNews
        },
        "identity_told_hostile": lambda: messages.identity_told(fiendish),
    }


def identity_views() -> dict[str, Render]:
    search = Team(team_id=TeamId("0198-search"), name="search")
    fiend = Team(team_id=TeamId("0198-fiend"), name=HOSTILE[:NAME_MAX])
    return {
        "identity_form": lambda: views.identity_form(LAPTOP, []),
        "identity_form_teams": lambda: views.identity_form(FIEND, [search, *[fiend] * 200]),
    }

"""One call that was metered: its raw counts, the rate, and what it was charged."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.allowances import Subject
from bot.domain.counts import Counts
from bot.domain.directory import Member, TeamId
from bot.domain.ledger import AccountId, EntryId
from bot.domain.usage import Charge
from bot.domain.usage_events import SourceRole
from bot.domain.usage_views import Days, Stretch

#: The largest that are shown.
MOST = 10
#: Fewer characters of an id say too little.
TYPED_MIN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A usage event as it stands."""

    source: str
    external_id: str
    revision: int
    role: SourceRole
    account: AccountId
    team_id: TeamId
    occurred_at: datetime
    received_at: datetime
    provider: str
    model: str
    project: str
    counts: Counts
    charge: Charge
    #: The source could only estimate the counts.
    is_estimate: bool
    #: None where nothing was charged.
    entry_id: EntryId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A later figure of a call, and what it added to the tokens charged, or took off them."""

    revision: int
    tokens: int
    entry_id: EntryId | None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """A call whole, for somebody who may see it."""

    call: Call
    revisions: tuple[Revision, ...] = ()
    #: What is charged instead, of a call that is kept for comparison only.
    charged_instead: SourceRole | None = None
    #: Of a report's row that was nobody's when it came: whose its name is since.
    linked_to: AccountId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Most:
    """A person's largest calls of some days."""

    viewer: Member
    subject: Subject
    chosen: Stretch
    days: Days
    calls: tuple[Call, ...]

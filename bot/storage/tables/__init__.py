"""The schema, once. Every key begins with `workspace_id`: no workspace sees another's rows.

Table classes validate nothing when constructed; what must hold is a constraint here, and the
triggers that keep `entry`, `posting`, `lot_use` and `audit` append-only are in the migrations.
"""

from sqlalchemy import Table
from sqlmodel import SQLModel

from bot.storage.tables.advances import (
    ADVANCE_OPEN,
    AdvanceRow,
)
from bot.storage.tables.allowances import (
    FUNDING_UNFINISHED,
    AllowanceFundingRow,
    AllowanceRow,
    AllowanceTermsRow,
    AllowanceTurnRow,
)
from bot.storage.tables.arrivals import (
    ArrivalRow,
    DepartureRow,
    KnockRow,
    SkippedStepRow,
)
from bot.storage.tables.books import (
    AccountRow,
    BudgetRow,
    BudgetRuleRow,
    EntryRow,
    LotRow,
    LotUseRow,
    PostingRow,
)
from bot.storage.tables.holds import (
    HoldRow,
)
from bot.storage.tables.homes import (
    HomeRow,
)
from bot.storage.tables.metering import (
    ApiKeyRow,
    IdentityRow,
    MeterRow,
    RateCardRow,
    SeriesRow,
    SignalRow,
    SourceDayRow,
    TrueUpRow,
    UsageEventRow,
    UsageRevisionRow,
)
from bot.storage.tables.notices import (
    AlertRow,
    AuditRow,
    OutboxRow,
    ProgressRow,
    RunRow,
    SeenEventRow,
)
from bot.storage.tables.people import (
    MemberRow,
    PreferenceRow,
    RoleRow,
    SettingRow,
    StandInRow,
    TeamRow,
    WorkspaceRow,
)
from bot.storage.tables.policies import (
    CapRow,
    LiftRow,
    PolicyRow,
)
from bot.storage.tables.topups import (
    BulkRow,
    TopUpCopyRow,
    TopUpRow,
)
from bot.storage.tables.usage import (
    RollupRow,
)

__all__ = [
    "ADVANCE_OPEN",
    "FUNDING_UNFINISHED",
    "AccountRow",
    "AdvanceRow",
    "AlertRow",
    "AllowanceFundingRow",
    "AllowanceRow",
    "AllowanceTermsRow",
    "AllowanceTurnRow",
    "ApiKeyRow",
    "ArrivalRow",
    "AuditRow",
    "BudgetRow",
    "BudgetRuleRow",
    "BulkRow",
    "CapRow",
    "DepartureRow",
    "EntryRow",
    "HoldRow",
    "HomeRow",
    "IdentityRow",
    "KnockRow",
    "LiftRow",
    "LotRow",
    "LotUseRow",
    "MemberRow",
    "MeterRow",
    "OutboxRow",
    "PolicyRow",
    "PostingRow",
    "PreferenceRow",
    "ProgressRow",
    "RateCardRow",
    "RoleRow",
    "RollupRow",
    "RunRow",
    "SeenEventRow",
    "SeriesRow",
    "SettingRow",
    "SignalRow",
    "SkippedStepRow",
    "SourceDayRow",
    "StandInRow",
    "TeamRow",
    "TopUpCopyRow",
    "TopUpRow",
    "TrueUpRow",
    "UsageEventRow",
    "UsageRevisionRow",
    "WorkspaceRow",
    "table",
]


def table(row: type[SQLModel]) -> Table:
    """The Core table behind a class, for statements."""
    return SQLModel.metadata.tables[str(row.__tablename__)]

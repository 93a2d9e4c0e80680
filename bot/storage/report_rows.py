"""Rows of providers' reports, and whose they are by now."""

import sqlalchemy as sa

from bot.domain.ledger import UNATTRIBUTED
from bot.domain.usage import SEEN
from bot.storage.tables import IdentityRow, UsageEventRow, table

_event = table(UsageEventRow)
_identity = table(IdentityRow)

#: Events, each with its identity if it has one.
NAMED = _event.outerjoin(
    _identity,
    (_identity.c.workspace_id == _event.c.workspace_id)
    & (_identity.c.identity_id == _event.c.identity_id),
)
#: What was only seen stays where it came, also when its identity is linked: that one's row says to
#: whom.
WHOSE: sa.Case[str] = sa.case(
    (
        (_event.c.rate == SEEN) & _event.c.identity_id.is_not(None),
        sa.func.coalesce(_identity.c.account_id, UNATTRIBUTED),
    ),
    else_=_event.c.account_id,
)

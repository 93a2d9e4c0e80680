"""Of each source's day, whose personal keys sent it: one person's silence is nobody's alarm.

What was told before counts as sent by a key that is nobody's own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("source_day", sa.Column("people", sa.String(), nullable=False, server_default=""))

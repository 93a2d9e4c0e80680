"""Teams that follow a Slack user group: its handle, and when its people were last read."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    handle = sa.Column("usergroup_handle", sa.String(), nullable=False, server_default="")
    op.add_column("team", handle)
    op.add_column("team", sa.Column("usergroup_read_at", _MOMENT, nullable=True))
    op.add_column("team", sa.Column("usergroup_chosen_by", sa.String(), nullable=True))

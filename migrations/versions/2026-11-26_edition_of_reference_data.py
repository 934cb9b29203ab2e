"""Edition of reference data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_edition"
down_revision = "2026_11_26_submissions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
    )
    op.execute("INSERT INTO edition (id, sha256) VALUES (1, '')")


def downgrade() -> None:
    op.drop_table("edition")

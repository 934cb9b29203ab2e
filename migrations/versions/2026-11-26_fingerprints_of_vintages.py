"""Fingerprints of vintages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_fingerprints"
down_revision = "2026_11_26_goalposts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Vintages of before have none: whoever made one now would only seal what stands there now.
    op.add_column("vintage", sa.Column("sha256", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("vintage", "sha256")

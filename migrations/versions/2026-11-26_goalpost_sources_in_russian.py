"""Goalpost sources in Russian."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_goalposts"
down_revision = "2026_11_26_edition"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Filled by the catalogue, which `citymark migrate` loads anew.
    op.add_column(
        "indicator_definition", sa.Column("goalpost_source_ru", sa.Text(), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("indicator_definition", "goalpost_source_ru")

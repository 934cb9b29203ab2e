"""How many more or fewer figures of each status every vintage shows, so that nobody has to count rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_figures_shown"
down_revision = "2026_11_27_key_of_figures"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_vintage_shown_by_indicator": ("indicator_id", "period"),
    "ix_vintage_shown_by_period": ("period", "indicator_id"),
}
# Each row brings its status, where it is not withheld, and takes away what the row before it showed.
COUNTED = """INSERT INTO vintage_shown (vintage, indicator_id, period, status, more)
    SELECT vintage, indicator_id, period, status, sum(more) FROM (
        SELECT vintage, indicator_id, period, status, CASE WHEN confidentiality = 'F' THEN 1 ELSE 0 END AS more
        FROM observation
        UNION ALL
        SELECT vintage, indicator_id, period, status_before, -1 FROM (
            SELECT vintage, indicator_id, period,
                lag(status) OVER figure AS status_before, lag(confidentiality) OVER figure AS confidentiality_before
            FROM observation WINDOW figure AS (PARTITION BY city_id, period, indicator_id ORDER BY vintage)
        ) AS earlier WHERE confidentiality_before = 'F'
    ) AS change GROUP BY vintage, indicator_id, period, status"""


def upgrade() -> None:
    op.create_table(
        "vintage_shown",
        sa.Column("vintage", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("indicator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(length=1), nullable=False),
        sa.Column("more", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("vintage", "indicator_id", "period", "status", name=op.f("pk_vintage_shown")),
    )
    for name, first in INDEXES.items():
        op.create_index(name, "vintage_shown", [*first, "vintage", "status", "more"])
    op.execute(COUNTED)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "vintage_shown")
    op.drop_table("vintage_shown")

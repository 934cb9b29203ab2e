"""Frameworks, scores and their runs; what each vintage touched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "2026_11_26_scores"
down_revision = "2026_11_24"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "framework",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("methodology", sa.String(length=120), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("catalogue", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_framework")),
        sa.UniqueConstraint("code", "version", "methodology", name=op.f("uq_framework_code_version_methodology")),
    )
    op.create_table(
        "vintage_scope",
        sa.Column("vintage", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("indicator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("figures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("vintage", "indicator_id", "period", name=op.f("pk_vintage_scope")),
    )
    op.create_index("ix_vintage_scope_by_indicator", "vintage_scope", ["indicator_id", "period", "vintage"])
    # What earlier vintages touched follows from their rows.
    op.execute(
        "INSERT INTO vintage_scope (vintage, indicator_id, period, figures) "
        "SELECT vintage, indicator_id, period, count(*) FROM observation GROUP BY vintage, indicator_id, period"
    )
    op.create_table(
        "score_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("framework_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("vintage", sa.Integer(), nullable=False),
        sa.Column("draws", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("assumptions", sa.JSON(), nullable=False),
        sa.Column("cities", sa.Integer(), nullable=False),
        sa.Column("ranked", sa.Integer(), nullable=False),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        sa.Column("computed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"], name=op.f("fk_score_run_framework_id_framework")),
        sa.ForeignKeyConstraint(["vintage"], ["vintage.number"], name=op.f("fk_score_run_vintage_vintage")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_run")),
    )
    with op.batch_alter_table("score_run", schema=None) as batch_op:
        batch_op.create_index("uq_score_run_subject", ["framework_id", "period", "vintage"], unique=True)

    op.create_table(
        "score",
        sa.Column("city_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(precision=53), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("rank_low", sa.Integer(), nullable=True),
        sa.Column("rank_high", sa.Integer(), nullable=True),
        sa.Column("rank_median", sa.Float(precision=53), nullable=True),
        sa.Column("p_top10", sa.Float(precision=53), nullable=True),
        sa.Column("tier", sa.Integer(), nullable=True),
        sa.Column("coverage", sa.Float(precision=53), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["score_run.id"], name=op.f("fk_score_run_id_score_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("city_id", "run_id", name=op.f("pk_score")),
    )
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.create_index("ix_score_by_run", ["run_id", "city_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.drop_index("ix_score_by_run")

    op.drop_table("score")
    with op.batch_alter_table("score_run", schema=None) as batch_op:
        batch_op.drop_index("uq_score_run_subject")

    op.drop_table("score_run")
    op.drop_index("ix_vintage_scope_by_indicator", "vintage_scope")
    op.drop_table("vintage_scope")
    op.drop_table("framework")

"""Sources of job runs: what each run read, with hashes and the tags of servers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_job_sources"
down_revision = "2026_11_26_fingerprints"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_source",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["job_run.id"], name=op.f("fk_job_source_run_id_job_run")),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_job_source")),
    )


def downgrade() -> None:
    op.drop_table("job_source")

"""The key of figures by city, period, indicator: a city's quarter stands together, so it is quick to publish."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import ExactDecimal
from migrations.append_only import allow_changes, refuse_changes

revision = "2026_11_27_key_of_figures"
down_revision = "2026_11_27_tasks"
branch_labels = None
depends_on = None

BEFORE = ("city_id", "indicator_id", "period", "vintage")
AFTER = ("city_id", "period", "indicator_id", "vintage")


def upgrade() -> None:
    _key_by(AFTER)


def downgrade() -> None:
    _key_by(BEFORE)


def _key_by(key: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rewrite(key)
        return
    op.drop_constraint("pk_observation", "observation")
    op.create_primary_key("pk_observation", "observation", list(key))


def _rewrite(key: tuple[str, ...]) -> None:
    """SQLite keeps rows in the order of their key: they are written anew in another one."""
    allow_changes("observation")
    op.drop_index("ix_observation_by_indicator", "observation")
    op.rename_table("observation", "observation_before")
    _create(key)
    op.execute(f"INSERT INTO observation SELECT * FROM observation_before ORDER BY {', '.join(key)}")  # noqa: S608
    op.drop_table("observation_before")
    op.create_index("ix_observation_by_indicator", "observation", ["indicator_id", "period", "city_id", "vintage"])
    refuse_changes("observation")


def _create(key: tuple[str, ...]) -> None:
    op.create_table(
        "observation",
        sa.Column("city_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("indicator_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("vintage", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", ExactDecimal(), nullable=True),
        sa.Column("status", sa.String(length=1), nullable=False),
        sa.Column("confidentiality", sa.String(length=1), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(value IS NULL) = (status IN ('H', 'K', 'L', 'M', 'O', 'Q'))",
            name=op.f("ck_observation_blank_has_reason"),
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_observation")),
        sqlite_with_rowid=False,
    )

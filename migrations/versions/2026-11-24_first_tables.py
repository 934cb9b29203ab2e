"""The first tables, and the triggers that keep published figures as they were published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import ExactDecimal, UTCDateTime
from migrations.append_only import allow_changes, refuse_changes

revision = "2026_11_24"
down_revision = None
branch_labels = None
depends_on = None


# What has been published is never changed or removed, whatever program asks.
APPEND_ONLY = ("observation", "vintage")


def upgrade() -> None:
    op.create_table(
        "country",
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_ru", sa.Text(), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_country")),
    )
    op.create_table(
        "methodology",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("title_ru", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_methodology")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_methodology_code_version")),
    )
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
        sa.PrimaryKeyConstraint("city_id", "indicator_id", "period", "vintage", name=op.f("pk_observation")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_observation_by_indicator", ["indicator_id", "period", "city_id", "vintage"], unique=False
        )

    op.create_table(
        "period",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("frequency", sa.String(length=1), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_period")),
        sa.UniqueConstraint("code", name=op.f("uq_period_code")),
    )
    op.create_table(
        "principle",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_ru", sa.Text(), nullable=False),
        sa.Column("description_en", sa.Text(), nullable=False),
        sa.Column("description_ru", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_principle")),
        sa.UniqueConstraint("position", name=op.f("uq_principle_position")),
    )
    op.create_table(
        "vintage",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published_at", UTCDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("is_simulated", sa.Boolean(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("revised", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('job', 'submission', 'demo')", name=op.f("ck_vintage_kind")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_vintage_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_vintage")),
        sa.UniqueConstraint("published_at", name=op.f("uq_vintage_published_at")),
    )
    op.create_table(
        "indicator",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("principle", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["principle"], ["principle.code"], name=op.f("fk_indicator_principle_principle")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator")),
        sa.UniqueConstraint("code", name=op.f("uq_indicator_code")),
    )
    with op.batch_alter_table("indicator", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_indicator_principle"), ["principle"], unique=False)

    op.create_table(
        "job_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=True),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("run_by", sa.Text(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("revised", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("vintage", sa.Integer(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('published', 'unchanged', 'refused')", name=op.f("ck_job_run_state")),
        sa.ForeignKeyConstraint(["vintage"], ["vintage.number"], name=op.f("fk_job_run_vintage_vintage")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
    )
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_run_job"), ["job"], unique=False)

    op.create_table(
        "region",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_ru", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["country"], ["country.code"], name=op.f("fk_region_country_country")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_region")),
    )
    with op.batch_alter_table("region", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_region_country"), ["country"], unique=False)

    op.create_table(
        "city",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_ru", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("region", sa.String(length=16), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("population_year", sa.Integer(), nullable=True),
        sa.Column("climate", sa.String(length=40), nullable=True),
        sa.Column("geonames_id", sa.Integer(), nullable=True),
        sa.Column("oktmo", sa.String(length=11), nullable=True),
        sa.Column("is_capital", sa.Boolean(), nullable=False),
        sa.Column("register", sa.String(length=80), nullable=False),
        sa.CheckConstraint("latitude IS NULL OR latitude BETWEEN -90 AND 90", name=op.f("ck_city_latitude")),
        sa.CheckConstraint("longitude IS NULL OR longitude BETWEEN -180 AND 180", name=op.f("ck_city_longitude")),
        sa.CheckConstraint("population IS NULL OR population >= 0", name=op.f("ck_city_population")),
        sa.ForeignKeyConstraint(["country"], ["country.code"], name=op.f("fk_city_country_country")),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_city_region_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_city")),
        sa.UniqueConstraint("code", name=op.f("uq_city_code")),
    )
    with op.batch_alter_table("city", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_city_country"), ["country"], unique=False)
        batch_op.create_index(batch_op.f("ix_city_oktmo"), ["oktmo"], unique=False)
        batch_op.create_index(batch_op.f("ix_city_region"), ["region"], unique=False)

    op.create_table(
        "indicator_definition",
        sa.Column("methodology_id", sa.Integer(), nullable=False),
        sa.Column("indicator_id", sa.Integer(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_ru", sa.Text(), nullable=False),
        sa.Column("definition_en", sa.Text(), nullable=False),
        sa.Column("definition_ru", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("unit_label_en", sa.Text(), nullable=False),
        sa.Column("unit_label_ru", sa.Text(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("target", ExactDecimal(), nullable=True),
        sa.Column("valid_min", ExactDecimal(), nullable=True),
        sa.Column("valid_max", ExactDecimal(), nullable=True),
        sa.Column("soft_change_pct", ExactDecimal(), nullable=True),
        sa.Column("soft_mad", ExactDecimal(), nullable=True),
        sa.Column("goalpost_min", ExactDecimal(), nullable=True),
        sa.Column("goalpost_max", ExactDecimal(), nullable=True),
        sa.Column("goalpost_source", sa.Text(), nullable=False),
        sa.Column("transform", sa.String(length=20), nullable=False),
        sa.Column("frequency", sa.String(length=1), nullable=False),
        sa.Column("period_rule", sa.String(length=40), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("numerator_en", sa.Text(), nullable=False),
        sa.Column("numerator_ru", sa.Text(), nullable=False),
        sa.Column("denominator_en", sa.Text(), nullable=False),
        sa.Column("denominator_ru", sa.Text(), nullable=False),
        sa.Column("cross_references", sa.JSON(), nullable=False),
        sa.Column("note_en", sa.Text(), nullable=False),
        sa.Column("note_ru", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "direction IN ('higher', 'lower', 'target', 'none')",
            name=op.f("ck_indicator_definition_direction"),
        ),
        sa.CheckConstraint("decimals BETWEEN 0 AND 12", name=op.f("ck_indicator_definition_decimals")),
        sa.ForeignKeyConstraint(
            ["indicator_id"], ["indicator.id"], name=op.f("fk_indicator_definition_indicator_id_indicator")
        ),
        sa.ForeignKeyConstraint(
            ["methodology_id"],
            ["methodology.id"],
            name=op.f("fk_indicator_definition_methodology_id_methodology"),
        ),
        sa.PrimaryKeyConstraint("methodology_id", "indicator_id", name=op.f("pk_indicator_definition")),
    )
    with op.batch_alter_table("indicator_definition", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_indicator_definition_indicator_id"), ["indicator_id"], unique=False)

    op.create_table(
        "job_finding",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("check", sa.String(length=60), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("column", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["job_run.id"], name=op.f("fk_job_finding_run_id_job_run")),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_job_finding")),
    )
    op.create_table(
        "region_alias",
        sa.Column("region", sa.String(length=16), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_region_alias_region_region")),
        sa.PrimaryKeyConstraint("region", "alias", name=op.f("pk_region_alias")),
    )
    op.create_table(
        "city_alias",
        sa.Column("city_id", sa.Integer(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_city_alias_city_id_city")),
        sa.PrimaryKeyConstraint("city_id", "alias", name=op.f("pk_city_alias")),
    )
    for table in APPEND_ONLY:
        refuse_changes(table)


def downgrade() -> None:
    for table in APPEND_ONLY:
        allow_changes(table)
    op.drop_table("city_alias")
    op.drop_table("region_alias")
    op.drop_table("job_finding")
    with op.batch_alter_table("indicator_definition", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_indicator_definition_indicator_id"))

    op.drop_table("indicator_definition")
    with op.batch_alter_table("city", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_city_region"))
        batch_op.drop_index(batch_op.f("ix_city_oktmo"))
        batch_op.drop_index(batch_op.f("ix_city_country"))

    op.drop_table("city")
    with op.batch_alter_table("region", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_region_country"))

    op.drop_table("region")
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_run_job"))

    op.drop_table("job_run")
    with op.batch_alter_table("indicator", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_indicator_principle"))

    op.drop_table("indicator")
    op.drop_table("vintage")
    op.drop_table("principle")
    op.drop_table("period")
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.drop_index("ix_observation_by_indicator")

    op.drop_table("observation")
    op.drop_table("methodology")
    op.drop_table("country")

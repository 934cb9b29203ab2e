"""The tables.

Figures are append-only: a row of `observation` says what became known with one vintage and is never changed or
removed (triggers refuse it). City stands in every key of the figures, so they can be distributed by city.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, ExactDecimal, UTCDateTime


class Country(Base):
    """A country and the assemblies it belongs to (`cis brics`)."""

    __tablename__ = "country"

    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    name_en: Mapped[str] = mapped_column(Text)
    name_ru: Mapped[str] = mapped_column(Text)
    groups: Mapped[str] = mapped_column(Text, default="")


class Region(Base):
    """A first-level part of a country, by its ISO 3166-2 code."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    country: Mapped[str] = mapped_column(ForeignKey("country.code"), index=True)
    name_en: Mapped[str] = mapped_column(Text)
    name_ru: Mapped[str] = mapped_column(Text)


class RegionAlias(Base):
    """Another spelling of a region's name, as tables write it."""

    __tablename__ = "region_alias"

    region: Mapped[str] = mapped_column(ForeignKey("region.code"), primary_key=True)
    alias: Mapped[str] = mapped_column(Text, primary_key=True)


class City(Base):
    """A place that reports: a city, or whatever unit a loaded register keeps."""

    __tablename__ = "city"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(80), unique=True)
    name_en: Mapped[str] = mapped_column(Text)
    name_ru: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(ForeignKey("country.code"), index=True)
    region: Mapped[str | None] = mapped_column(ForeignKey("region.code"), index=True)
    kind: Mapped[str] = mapped_column(String(40), default="city")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    population: Mapped[int | None]
    population_year: Mapped[int | None]
    climate: Mapped[str | None] = mapped_column(String(40))
    geonames_id: Mapped[int | None]
    oktmo: Mapped[str | None] = mapped_column(String(11), index=True)
    is_capital: Mapped[bool] = mapped_column(default=False)
    register: Mapped[str] = mapped_column(String(80))

    __table_args__ = (
        CheckConstraint("population IS NULL OR population >= 0", name="population"),
        CheckConstraint("latitude IS NULL OR latitude BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude IS NULL OR longitude BETWEEN -180 AND 180", name="longitude"),
    )


class CityAlias(Base):
    """Another name of a city: short, former, or in another language."""

    __tablename__ = "city_alias"

    city_id: Mapped[int] = mapped_column(ForeignKey("city.id"), primary_key=True)
    alias: Mapped[str] = mapped_column(Text, primary_key=True)


class Principle(Base):
    """One of the five principles that cities report on."""

    __tablename__ = "principle"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int] = mapped_column(unique=True)
    name_en: Mapped[str] = mapped_column(Text)
    name_ru: Mapped[str] = mapped_column(Text)
    description_en: Mapped[str] = mapped_column(Text, default="")
    description_ru: Mapped[str] = mapped_column(Text, default="")


class Methodology(Base):
    """One version of a catalogue; its content never changes under the same version."""

    __tablename__ = "methodology"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(80))
    version: Mapped[str] = mapped_column(String(40))
    valid_from: Mapped[date]
    title_en: Mapped[str] = mapped_column(Text)
    title_ru: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("code", "version"),)


class Indicator(Base):
    """The identity of an indicator; a code never changes its meaning."""

    __tablename__ = "indicator"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    principle: Mapped[str] = mapped_column(ForeignKey("principle.code"), index=True)


class IndicatorDefinition(Base):
    """What one methodology says of an indicator: words, unit, direction, ranges, goalposts."""

    __tablename__ = "indicator_definition"

    methodology_id: Mapped[int] = mapped_column(ForeignKey("methodology.id"), primary_key=True)
    indicator_id: Mapped[int] = mapped_column(ForeignKey("indicator.id"), primary_key=True, index=True)
    name_en: Mapped[str] = mapped_column(Text)
    name_ru: Mapped[str] = mapped_column(Text)
    definition_en: Mapped[str] = mapped_column(Text, default="")
    definition_ru: Mapped[str] = mapped_column(Text, default="")
    unit: Mapped[str] = mapped_column(String(80))
    unit_label_en: Mapped[str] = mapped_column(Text)
    unit_label_ru: Mapped[str] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(String(8))
    target: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    valid_min: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    valid_max: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    soft_change_pct: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    soft_mad: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    goalpost_min: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    goalpost_max: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    goalpost_source: Mapped[str] = mapped_column(Text, default="")
    transform: Mapped[str] = mapped_column(String(20), default="none")
    frequency: Mapped[str] = mapped_column(String(1))
    period_rule: Mapped[str] = mapped_column(String(40))
    decimals: Mapped[int]
    numerator_en: Mapped[str] = mapped_column(Text, default="")
    numerator_ru: Mapped[str] = mapped_column(Text, default="")
    denominator_en: Mapped[str] = mapped_column(Text, default="")
    denominator_ru: Mapped[str] = mapped_column(Text, default="")
    cross_references: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    note_en: Mapped[str] = mapped_column(Text, default="")
    note_ru: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        CheckConstraint("direction IN ('higher', 'lower', 'target', 'none')", name="direction"),
        CheckConstraint("decimals BETWEEN 0 AND 12", name="decimals"),
    )


class ReferencePeriod(Base):
    """A period that figures exist for; its number is computed from its days (app/domain/period.py)."""

    __tablename__ = "period"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    frequency: Mapped[str] = mapped_column(String(1))
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class Vintage(Base):
    """One publication: its number grows by one, and it says what made it known, who, when and why."""

    __tablename__ = "vintage"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    published_at: Mapped[datetime] = mapped_column(UTCDateTime, unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(120))
    published_by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    is_simulated: Mapped[bool] = mapped_column(default=False)
    new: Mapped[int] = mapped_column(default=0)
    revised: Mapped[int] = mapped_column(default=0)
    withdrawn: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("kind IN ('job', 'submission', 'demo')", name="kind"),
    )


class Observation(Base):
    """What one vintage made known of one city, indicator and period. Zero is a value; a blank has a status."""

    __tablename__ = "observation"

    city_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    indicator_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    period: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    vintage: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    value: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    status: Mapped[str] = mapped_column(String(1))
    confidentiality: Mapped[str] = mapped_column(String(1), default="F")
    is_withdrawn: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str | None] = mapped_column(Text)
    attributes: Mapped[str | None] = mapped_column(Text)

    # No foreign keys: on PostgreSQL their row triggers cost four times the load; publish() proves the ids instead.
    # WITHOUT ROWID keeps SQLite's rows in key order and the key once.
    __table_args__ = (
        CheckConstraint("(value IS NULL) = (status IN ('H', 'K', 'L', 'M', 'O', 'Q'))", name="blank_has_reason"),
        Index("ix_observation_by_indicator", "indicator_id", "period", "city_id", "vintage"),
        {"sqlite_with_rowid": False},
    )


class JobRun(Base):
    """One run of a job file: what it read, what came of it, how long it took."""

    __tablename__ = "job_run"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    job: Mapped[str] = mapped_column(String(120), index=True)
    state: Mapped[str] = mapped_column(String(12))
    source_sha256: Mapped[str | None] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    duration_s: Mapped[float]
    run_by: Mapped[str] = mapped_column(Text)
    read: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    revised: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    withdrawn: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    vintage: Mapped[int | None] = mapped_column(ForeignKey("vintage.number"))
    message: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (CheckConstraint("state IN ('published', 'unchanged', 'refused')", name="state"),)


class JobFinding(Base):
    """Something a job run noticed, with its place in the source; kinds are counted in full, rows kept to a limit."""

    __tablename__ = "job_finding"

    run_id: Mapped[int] = mapped_column(ForeignKey("job_run.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    check: Mapped[str] = mapped_column(String(60))
    severity: Mapped[str] = mapped_column(String(10))
    count: Mapped[int] = mapped_column(default=1)
    file: Mapped[str] = mapped_column(Text, default="")
    line: Mapped[int | None]
    column: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)

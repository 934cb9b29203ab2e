"""Figures and the vintages that made them known.

Append-only: a row of `observation` says what became known with one vintage and is never changed or removed (triggers
refuse it). City stands in every key of the figures, so they can be distributed by city.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, Integer, PrimaryKeyConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, ExactDecimal, UTCDateTime


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
    # app.domain.fingerprint; None for vintages published before there were any.
    sha256: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("kind IN ('job', 'submission', 'demo')", name="kind"),
    )


class VintageScope(Base):
    """Which indicators and periods a vintage touched, and how many figures of each."""

    __tablename__ = "vintage_scope"

    vintage: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    indicator_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    period: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    figures: Mapped[int]

    __table_args__ = (Index("ix_vintage_scope_by_indicator", "indicator_id", "period", "vintage"),)


class VintageShown(Base):
    """How many more, or fewer, figures of a status are shown with a vintage; withheld ones are not.

    Summed up to a vintage it is how many there are, whatever their cities. Publishing writes a row for every status
    it brings, even where nothing comes or goes: a vintage without any was not counted.
    """

    __tablename__ = "vintage_shown"

    vintage: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    indicator_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    period: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(String(1), primary_key=True)
    more: Mapped[int]

    __table_args__ = (
        Index("ix_vintage_shown_by_indicator", "indicator_id", "period", "vintage", "status", "more"),
        Index("ix_vintage_shown_by_period", "period", "indicator_id", "vintage", "status", "more"),
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
    # WITHOUT ROWID keeps SQLite's rows in key order and the key once. Period before indicator keeps a city's quarter
    # together, so that publishing one touches a leaf a city and not a leaf a figure.
    __table_args__ = (
        PrimaryKeyConstraint("city_id", "period", "indicator_id", "vintage"),
        CheckConstraint("(value IS NULL) = (status IN ('H', 'K', 'L', 'M', 'O', 'Q'))", name="blank_has_reason"),
        Index("ix_observation_by_indicator", "indicator_id", "period", "city_id", "vintage"),
        {"sqlite_with_rowid": False},
    )

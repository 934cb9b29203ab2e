"""The catalogue: principles, indicators, and what each version of a methodology says of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, ExactDecimal


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
    goalpost_source_ru: Mapped[str] = mapped_column(Text, default="", server_default="")
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

"""Frameworks and the scores computed with them. Scores follow from figures, so they can be made anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UTCDateTime


class FrameworkVersion(Base):
    """One version of a framework, as its file says it, over one version of the catalogue it takes goalposts from.

    Its content never changes: `content` is the file, `catalogue` the rows of the catalogue that it refers to.
    """

    __tablename__ = "framework"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String(80))
    version: Mapped[str] = mapped_column(String(40))
    methodology: Mapped[str] = mapped_column(String(120))
    content: Mapped[str] = mapped_column(Text)
    catalogue: Mapped[dict[str, Any]] = mapped_column(JSON)
    sha256: Mapped[str] = mapped_column(String(64))

    __table_args__ = (UniqueConstraint("code", "version", "methodology"),)


class ScoreRun(Base):
    """Scores of one framework for one period, as known with `vintage`: the last that touched what they are made of.

    They hold until a later vintage touches it again.
    """

    __tablename__ = "score_run"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    framework_id: Mapped[int] = mapped_column(ForeignKey("framework.id"))
    period: Mapped[int] = mapped_column(Integer)
    vintage: Mapped[int] = mapped_column(ForeignKey("vintage.number"))
    draws: Mapped[int]
    seed: Mapped[int]
    assumptions: Mapped[list[str]] = mapped_column(JSON)
    cities: Mapped[int]
    ranked: Mapped[int]
    is_simulated: Mapped[bool]
    computed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (Index("uq_score_run_subject", "framework_id", "period", "vintage", unique=True),)


class Score(Base):
    """One city in one run: unrounded score, coverage, rank with its interval, the nodes' scores, the gaps."""

    __tablename__ = "score"

    city_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(ForeignKey("score_run.id", ondelete="CASCADE"), primary_key=True)
    score: Mapped[float | None] = mapped_column(Float(53))
    rank: Mapped[int | None]
    rank_low: Mapped[int | None]
    rank_high: Mapped[int | None]
    rank_median: Mapped[float | None] = mapped_column(Float(53))
    p_top10: Mapped[float | None] = mapped_column(Float(53))
    tier: Mapped[int | None]
    coverage: Mapped[float | None] = mapped_column(Float(53))
    reason: Mapped[str | None] = mapped_column(Text)
    missing: Mapped[list[str]] = mapped_column(JSON)
    parts: Mapped[dict[str, float | None]] = mapped_column(JSON)

    __table_args__ = (Index("ix_score_by_run", "run_id", "city_id"),)

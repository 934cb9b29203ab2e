"""Countries, regions and the register of cities."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


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

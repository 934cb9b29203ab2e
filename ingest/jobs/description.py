"""What a job file may say: every key, its type and its meaning. A wrong key is refused with its line."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from app.domain.status import OBS_STATUS
from app.errors import Invalid, Problem
from ingest.jobs.lines import Keys, line_of
from ingest.jobs.occasions import occasions
from ingest.jobs.source_keys import Section, Source, Texts


class Number(Section):
    """How a number is written in a column."""

    column: str
    pattern: str | None = Field(None, description="A regular expression; its only group is the number.")
    decimal: Literal[".", ","] = Field(".", description="The decimal sign.")
    grouping: str = Field("", max_length=1, description="The sign between thousands.")
    factor: str = Field("1", description="What the number is multiplied by, as exact decimal text.")
    missing: Texts = Field([""], description="Texts that mean there is no value.")


class Region(Section):
    """Which region a row belongs to: the first of these columns that is not empty, a code or a name."""

    columns: Texts = Field(min_length=1)


class Places(Section):
    """A register of cities, or of whatever unit reports."""

    source: Source
    where: dict[str, str | Texts] = Field({}, description="Only rows whose column has this text, or one of these.")
    country: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166-1.")
    country_name_en: str | None = Field(None, description="Adds the country when it is not known.")
    country_name_ru: str | None = None
    name_ru: str = Field(description="Column of the Russian name.")
    name_en: str | None = Field(None, description="Column of the English name; default: the Russian one in Latin.")
    aliases: Texts = Field([], description="Columns of other names; several in one cell are joined by |.")
    alias_file: str | None = Field(None, description="JSON object or CSV (name,alias) of other spellings.")
    code: str | None = Field(None, description="Template as `gb-{areacd}`; default: country and name in Latin.")
    kind: str = Field("city", description="What the unit is.")
    kind_column: str | None = Field(None, description="Column that says what the unit is.")
    region: Region | None = None
    latitude: str | None = None
    longitude: str | None = None
    population: Number | None = None
    population_year: int | None = None
    oktmo: str | None = Field(None, description="Column of OKTMO; a lost leading zero is put back.")
    newest_by: str | None = Field(None, description="Where a code repeats, the row with the largest number here.")


class Catalogue(Section):
    """Indicators: a folder with methodology.toml and indicators.csv, as data/reference has them."""

    folder: str


class Validity(Section):
    """When a unit exists: figures outside its years are reported and not loaded."""

    source: Source
    key: str = Field(description="Column with the same text as the figures' city column.")
    year_from: str
    year_to: str


class City(Section):
    """How a row names its city; never guessed."""

    column: str
    by: Literal["code", "name", "oktmo"] = "code"
    code: str | None = Field(None, description="With by = code: a template as `gb-{}`; {} is the text in lower case.")
    region: str | None = Field(None, description="With by = name: the column of the region's name or code.")
    country: str | None = Field(None, description="With by = name: only cities of this country.")
    kinds: Texts = Field(["city"], description="With by = name or oktmo: only units of these kinds.")
    aliases: dict[str, str] = Field({}, description="Text in the file to a city's code.")
    unknown: Literal["report", "skip"] = Field("report", description="What becomes of a city that is not registered.")
    validity: Validity | None = None


class Indicator(Section):
    """How a row names its indicator: one for all, a column with a table of codes, or a column an indicator."""

    code: str | None = None
    column: str | None = None
    codes: dict[str, str] = Field({}, description="Text in the column to the indicator's code.")
    columns: dict[str, str] = Field({}, description="Wide layout: column of values to its indicator.")

    @model_validator(mode="after")
    def _one_way(self) -> Indicator:
        if sum(map(bool, (self.code, self.column, self.columns))) != 1:
            raise ValueError("name exactly one of code, column and columns")
        return self


class Period(Section):
    """How a row names its period."""

    code: str | None = Field(None, description="One period for the whole file.")
    column: str | None = None
    columns: dict[str, str] = Field({}, description="Wide layout: name of a column of values to its period.")
    template: str | None = Field(None, description="A period from several columns, as `{year}-Q{quarter}`.")
    spellings: dict[str, str] = Field({}, description="A regular expression to the code it means, as `\\1-Q\\2`.")
    dates: Literal["day", "month", "quarter", "year"] = Field("day", description="Which period a plain date means.")
    cumulative: Literal["ytd_sum", "ytd_mean"] | None = Field(
        None, description="Figures run from January: spellings give 2024-Q1 to 2024-Q4 as the last quarter counted."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Period:
        if sum(map(bool, (self.code, self.column, self.columns, self.template))) != 1:
            raise ValueError("name exactly one of code, column, columns and template")
        return self


class Value(Number):
    """The figure itself; in a wide layout the columns of indicator or period hold it."""

    column: str = ""
    missing_status: str = Field("O", description="SDMX status of a missing value without a flag of its own.")


class Status(Section):
    """A column of flags."""

    column: str
    codes: dict[str, str] = Field({}, description="Flag in the file to its SDMX status; others are reported.")
    sdmx: bool = Field(False, description="The flags are the letters of SDMX; codes says where one means another.")

    @property
    def meanings(self) -> dict[str, str]:
        """Every flag that is understood."""
        return (dict(zip(OBS_STATUS, OBS_STATUS, strict=True)) if self.sdmx else {}) | self.codes


class Figures(Section):
    """The figures of a file."""

    source: Source
    where: dict[str, str | Texts] = Field({}, description="Only rows whose column has this text, or one of these.")
    city: City
    indicator: Indicator
    period: Period
    value: Value = Value()
    status: Status | None = None
    note: str | None = Field(None, description="Column of notes.")
    attributes: dict[str, str] = Field({}, description="Attribute (lci_95, …) to the column it stands in.")
    outlier_mad: float = Field(10.0, gt=0, description="Flag values so many MAD from the median of their period.")

    @model_validator(mode="after")
    def _values_somewhere(self) -> Figures:
        is_wide = bool(self.indicator.columns or self.period.columns)
        if is_wide == bool(self.value.column):
            raise ValueError("name value.column, or columns of indicator or period (wide layout), not both")
        wrong = {*(self.status.codes.values() if self.status else ()), self.value.missing_status} - OBS_STATUS.keys()
        if wrong:
            raise ValueError(f"not an SDMX status: {', '.join(sorted(wrong))}; use {' '.join(OBS_STATUS)}")
        return self


class Schedule(Section):
    """When `citymark schedule` runs the job."""

    cron: str = Field(description="Minute, hour, day, month, day of the week by name: `30 6 * * mon-fri`.")
    timezone: str = Field("UTC", description="The zone of these hours, as `Europe/Moscow`.")

    @model_validator(mode="after")
    def _readable(self) -> Schedule:
        occasions(self.cron, self.timezone)
        return self


class JobText(Section):
    """The whole file."""

    title: str = Field(min_length=1, description="What is loaded; stands as the reason of the vintage.")
    licence: str = Field("", description="Licence and source of the figures.")
    places: Places | None = None
    catalogue: Catalogue | None = None
    figures: Figures | None = None
    schedule: Schedule | None = None

    @model_validator(mode="after")
    def _something(self) -> JobText:
        if not (self.places or self.catalogue or self.figures):
            raise ValueError("nothing to load: describe places, a catalogue or figures")
        return self


def sources_of(text: JobText) -> dict[str, Source]:
    """Every source of a job by the part that names it, in the order in which they are read."""
    places, figures = text.places, text.figures
    validity = figures.city.validity if figures else None
    found = {
        "places.source": places.source if places else None,
        "places.alias_file": Source(path=places.alias_file) if places and places.alias_file else None,
        "figures.city.validity.source": validity.source if validity else None,
        "figures.source": figures.source if figures else None,
    }
    return {part: source for part, source in found.items() if source is not None}


@dataclass(frozen=True)
class Job:
    """A job file that has been read; `name` is the file's without its ending."""

    name: str
    folder: Path
    content: bytes
    text: JobText


def read_job(path: Path) -> Job:
    """The job of a TOML or YAML file; Invalid names line and key of everything that is wrong with it."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except IsADirectoryError as error:
        raise Invalid(f"{path} is a folder: name a job file in it") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}") from error
    try:
        described = JobText.model_validate(_table(path, text))
    except ValidationError as error:
        problems = tuple(_problem(path, text, item["loc"], _words(dict(item))) for item in error.errors())
        raise Invalid(f"{path.name} is not a job file that can be run", problems=problems) from error
    return Job(path.stem, path.resolve().parent, content, described)


def _table(path: Path, text: str) -> Any:
    try:
        return yaml.safe_load(text) if path.suffix in (".yaml", ".yml") else tomllib.loads(text)
    except (tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        raise Invalid(f"{path.name} cannot be read: {error}") from error


def _problem(path: Path, text: str, keys: Keys, message: str) -> Problem:
    line = line_of(text, keys, is_yaml=path.suffix in (".yaml", ".yml"))
    return Problem(f"{path.name}:{line}: {'.'.join(map(str, keys)) or 'the file'}", message)


def _words(item: dict[str, Any]) -> str:
    match item["type"]:
        case "extra_forbidden":
            return "unknown key: docs/jobs.md lists those that may stand here"
        case "missing":
            return "this key is needed"
    return str(item["msg"]).removeprefix("Value error, ")

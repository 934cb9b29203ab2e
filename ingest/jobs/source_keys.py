"""What a job file may say of where a table comes from: a file, an address, a service of the field."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Texts = list[str]
# Settings of the installation itself are not for others, whatever a job file says.
OWN_VARIABLES, LENT_VARIABLES = "CITYMARK_", "CITYMARK_SOURCE_"


class Section(BaseModel):
    """The parent of every part of a job file: no unknown keys, no guessing of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Fetch(Section):
    """How an address is asked."""

    headers: dict[str, str] = Field({}, description="Further headers; nothing secret, job files are kept and shown.")
    secret_headers: dict[str, str] = Field({}, description="Header to the environment variable with its whole text.")
    min_interval_s: float = Field(0.5, ge=0, le=60, description="Pause between two requests, in seconds.")
    attempts: int = Field(4, ge=1, le=10, description="Tries where the service is busy or the line breaks.")
    deadline_s: float = Field(1_800.0, gt=0, description="Longest time for one file, tries and waits included.")
    allow_private: bool = Field(False, description="Addresses of this machine and of private networks too.")

    @model_validator(mode="after")
    def _no_own_secrets(self) -> Fetch:
        for name in self.secret_headers.values():
            if name.startswith(OWN_VARIABLES) and not name.startswith(LENT_VARIABLES):
                raise ValueError(f"{name} is a setting of this installation: name a variable {LENT_VARIABLES}…")
        return self


class Sdmx(Section):
    """A query of an SDMX REST service."""

    url: str = Field(description="Where the service's paths begin, as in `https://host/service`.")
    flow: str = Field(description="`ID`, or `AGENCY,ID`, or `AGENCY,ID,VERSION`.")
    key: str = Field("", description="The series, as `Q.ru-kazan.`; empty for all.")
    start: str | None = Field(None, description="The first period.")
    end: str | None = Field(None, description="The last period.")
    api: Literal["1", "2"] = Field("1", description="Version of the REST API: 1 for SDMX 2.1, 2 for SDMX 3.")
    form: Literal["csv", "xml"] = Field("csv", description="What is asked for; XML needs the extra `citymark[sdmx]`.")
    params: dict[str, str] = Field({}, description="Further parameters the service takes.")


class Ckan(Section):
    """A table in a CKAN portal: rows of its datastore, or a file of a package."""

    url: str = Field(description="The portal, as in `https://host`.")
    resource: str | None = Field(None, description="Id of a resource in the datastore, read in pages.")
    filters: dict[str, str | Texts] = Field({}, description="Only rows of the datastore with these texts.")
    page_rows: int = Field(10_000, ge=1, le=32_000, description="Rows of one page.")
    package: str | None = Field(None, description="Name or id of a package whose file is downloaded.")
    file: str | None = Field(None, description="Name or id of that file; not needed where there is one.")

    @model_validator(mode="after")
    def _one_way(self) -> Ckan:
        if (self.resource is None) is (self.package is None):
            raise ValueError("name exactly one of resource and package")
        return self


class WorldBank(Section):
    """An indicator of the World Bank's API, version 2."""

    indicator: str = Field(description="As in `SP.URB.TOTL`.")
    countries: Texts = Field(["all"], min_length=1, description="ISO codes, or `all`.")
    dates: str | None = Field(None, description="As in `2015:2024`.")
    page_rows: int = Field(1_000, ge=1, le=32_500, description="Rows of one page.")
    url: str = Field("https://api.worldbank.org/v2", description="Where the service's paths begin.")


class Eurostat(Section):
    """A dataset of Eurostat's statistics API."""

    dataset: str = Field(description="As in `urb_cpop1`.")
    filters: dict[str, str | Texts] = Field({}, description="Dimension to the codes wanted, as `geo`, `time`.")
    language: Literal["EN", "DE", "FR"] = Field("EN", description="Of the labels.")
    url: str = Field(
        "https://ec.europa.eu/eurostat/api/dissemination/statistics/1.0/data",
        description="Where the service's paths begin.",
    )


class Source(Section):
    """Where the bytes are and how they become a table of texts."""

    path: str | None = Field(None, description="A file, relative to the job file or to CITYMARK_SOURCES_DIR.")
    glob: str | None = Field(None, description="Several files of one kind, as in `folder/*/*.csv`.")
    url: str | None = Field(None, description="An http or https address.")
    sdmx: Sdmx | None = None
    ckan: Ckan | None = None
    worldbank: WorldBank | None = None
    eurostat: Eurostat | None = None
    format: Literal["csv", "xlsx", "parquet", "jsonstat", "sdmx", "ckan", "worldbank"] | None = Field(
        None, description="Default: what the service gives, or by the ending of the name."
    )
    sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="What a path's or url's bytes must hash to, or nothing is loaded."
    )
    fetch: Fetch = Fetch()
    encoding: str = Field("utf-8", description="Of a CSV, as Python names it; a byte order mark is passed over.")
    delimiter: str = Field(",", min_length=1, max_length=1, description="Of a CSV.")
    sheet: str | None = Field(None, description="Of an XLSX; default: the only sheet.")
    skip_lines: int = Field(0, ge=0, le=1_000, description="Lines above the header.")
    columns: Texts | None = Field(None, description="Names of the columns where the file has no header.")

    @model_validator(mode="after")
    def _one_place(self) -> Source:
        places = (self.path, self.glob, self.url, self.sdmx, self.ckan, self.worldbank, self.eurostat)
        if sum(place is not None for place in places) != 1:
            raise ValueError("name exactly one of path, glob and url, or of sdmx, ckan, worldbank and eurostat")
        if self.sha256 is not None and self.path is None and self.url is None:
            raise ValueError("sha256 is of one file: name it with path or url")
        return self

    @property
    def is_remote(self) -> bool:
        """Whether it is fetched, not read from a disk."""
        return self.path is None and self.glob is None

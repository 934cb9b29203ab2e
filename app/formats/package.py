"""A folder of files described so that machines find and check them: Frictionless, CSVW, DCAT 3, schema.org. Pure.

https://specs.frictionlessdata.io/ · https://www.w3.org/TR/tabular-metadata/ · https://www.w3.org/TR/vocab-dcat-3/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.formats.table import Column

QUARTERLY = "http://publications.europa.eu/resource/authority/frequency/QUARTERLY"
_TABLE_TYPES = {"text": "string", "number": "number", "whole": "integer", "flag": "boolean"}
_CSVW_TYPES = {"text": "string", "number": "decimal", "whole": "integer", "flag": "boolean"}
_MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


@dataclass(frozen=True)
class Table:
    """What one file of the folder holds: its columns, what makes a row one, and which columns point elsewhere."""

    name: str
    title_en: str
    title_ru: str
    columns: Sequence[Column]
    key: Sequence[str]
    # Column here → (table, column) there.
    points_to: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class File:
    """A written file: its path inside the folder, its size and its digest."""

    path: str
    table: Table
    bytes: int
    sha256: str

    @property
    def format(self) -> str:
        """`csv` or `parquet`."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class About:
    """What is said of the whole: the vintage and its instant, which span of time it covers, where it is served."""

    vintage: int
    published_at: str
    is_simulated: bool
    first_day: str
    last_day: str
    address: str

    @property
    def name(self) -> str:
        """Its identity among packages."""
        return f"citymark-{self.vintage}"

    @property
    def titles(self) -> dict[str, str]:
        """Its title by language."""
        made_up = self.is_simulated
        return {
            "en": f"Citymark, vintage {self.vintage}" + (" (simulated figures)" if made_up else ""),
            "ru": f"Citymark, выпуск {self.vintage}" + (" (смоделированные данные)" if made_up else ""),
        }


def data_package(about: About, files: Sequence[File]) -> dict[str, Any]:
    """A Frictionless data package: every CSV with its schema and keys, every Parquet file with its digest."""
    return {
        "profile": "data-package",
        "name": about.name,
        "title": about.titles["en"],
        "version": str(about.vintage),
        "created": about.published_at,
        "resources": [_resource(file) for file in files],
    }


def _resource(file: File) -> dict[str, Any]:
    name = file.path.rpartition(".")[0].lower()
    found: dict[str, Any] = {
        "name": "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name),
        "path": file.path,
        "title": file.table.title_en,
        "format": file.format,
        "mediatype": _MEDIA[file.format],
    }
    if file.format != "csv":
        # Readers of packages cannot count the bytes of Parquet: they stand in SHA256SUMS and in the catalogue.
        return {"profile": "tabular-data-resource", **found, "schema": table_schema(file.table)}
    found |= {"bytes": file.bytes, "hash": f"sha256:{file.sha256}", "encoding": "utf-8"}
    found |= {"dialect": {"delimiter": ",", "lineTerminator": "\n"}}
    return {"profile": "tabular-data-resource", **found, "schema": table_schema(file.table)}


def table_schema(table: Table) -> dict[str, Any]:
    """The Table Schema of a table."""
    fields = [
        {"name": column.name, "type": _TABLE_TYPES[column.kind], **({"title": column.title} if column.title else {})}
        for column in table.columns
    ]
    links = [
        {"fields": here, "reference": {"resource": there, "fields": column}}
        for here, (there, column) in table.points_to.items()
    ]
    return {"fields": fields, "missingValues": [""], "primaryKey": list(table.key), "foreignKeys": links}


def csv_metadata(file: File) -> dict[str, Any]:
    """CSV on the Web: what stands beside a CSV as `<name>-metadata.json`."""
    columns = [
        {
            "name": column.name,
            "titles": column.name,
            "datatype": _CSVW_TYPES[column.kind],
            "required": column.name in file.table.key,
            **({"dc:description": column.title} if column.title else {}),
        }
        for column in file.table.columns
    ]
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": file.path,
        "dc:title": file.table.title_en,
        "dialect": {"encoding": "utf-8", "header": True},
        "tableSchema": {"columns": columns, "primaryKey": list(file.table.key)},
    }


def dcat_dataset(about: About, files: Sequence[File]) -> dict[str, Any]:
    """A DCAT 3 data set with a distribution for each file."""
    return {
        "@id": about.address,
        "@type": "dcat:Dataset",
        "dct:title": [{"@value": text, "@language": language} for language, text in about.titles.items()],
        "dct:identifier": about.name,
        "dcat:version": str(about.vintage),
        "dct:issued": {"@value": about.published_at, "@type": "xsd:dateTime"},
        "dct:accrualPeriodicity": {"@id": QUARTERLY},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@value": about.first_day, "@type": "xsd:date"},
            "dcat:endDate": {"@value": about.last_day, "@type": "xsd:date"},
        },
        "dcat:distribution": [_distribution(about, file) for file in files],
    }


def _distribution(about: About, file: File) -> dict[str, Any]:
    return {
        "@type": "dcat:Distribution",
        "dct:title": [
            {"@value": file.table.title_en, "@language": "en"},
            {"@value": file.table.title_ru, "@language": "ru"},
        ],
        "dcat:downloadURL": {"@id": about.address + file.path},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{_MEDIA[file.format]}"},
        "dcat:byteSize": file.bytes,
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": file.sha256,
        },
    }


def dcat_catalogue(address: str, datasets: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A DCAT 3 catalogue as JSON-LD."""
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "spdx": "http://spdx.org/rdf/terms#",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": address,
        "@type": "dcat:Catalog",
        "dct:title": [
            {"@value": "Citymark: published figures of cities", "@language": "en"},
            {"@value": "Citymark: опубликованные показатели городов", "@language": "ru"},
        ],
        "dct:language": ["en", "ru"],
        "dcat:dataset": list(datasets),
    }


def schema_org(address: str, about: Mapping[str, str], formats: Mapping[str, str]) -> dict[str, Any]:
    """What a page says of its data to search engines: `formats` are media types and where each is had."""
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "url": address,
        **about,
        "isAccessibleForFree": True,
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": media, "contentUrl": link} for media, link in formats.items()
        ],
    }

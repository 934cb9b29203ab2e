"""The command `citymark check`: what a submission of a file would say, without server or database."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.period import parse_period
from app.errors import Invalid
from ingest.findings import SEVERITIES, Finding
from ingest.upload.check import check
from ingest.upload.encoding import ENCODINGS
from ingest.upload.known import Known, reference_known
from ingest.upload.limits import UploadLimits
from ingest.upload.model import Checked, Choices, Reading
from ingest.upload.read import read_upload

if TYPE_CHECKING:
    from app.settings import Settings

SHOWN_PER_KIND = 5
_DELIMITERS = {"semicolon": ";", "comma": ",", "tab": "\t", "bar": "|"}
_VERDICTS = {
    "ready": ("ready to submit", "готов к подаче"),
    "confirm": ("needs your confirmation", "нужны ваши подтверждения"),
    "errors": ("has errors", "есть ошибки"),
    "refused": ("cannot be read", "не читается"),
}
_SEVERITIES = {"error": "ошибка", "confirm": "подтвердите", "warning": "внимание", "notice": "заметка"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="the file as it would be sent (.xlsx, .csv, .tsv, .txt)"
    )
    parser.add_argument("--city", help="code of the city it is of, as in ru-kazan")
    parser.add_argument("--period", help="period it is of, as in 2024-Q3")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--language", choices=("ru", "en"), help="language of the messages (default: the setting)")
    parser.add_argument("--encoding", choices=ENCODINGS, help="in place of what is detected")
    parser.add_argument("--delimiter", choices=tuple(_DELIMITERS), help="in place of what is detected")
    parser.add_argument("--decimal", choices=("comma", "point"), help="what separates the fraction")
    parser.add_argument("--sheet", help="name of the sheet, when several hold a table")
    parser.add_argument("--header-row", type=int, metavar="N", help="row that names the columns, as Excel counts")
    parser.add_argument("--fill-down", action="store_true", help="carry a city written once down its block")


def run_command(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print what was found; 1 when the file or rows of it are in error, 0 otherwise."""
    language = arguments.language or settings.language
    known = _known(arguments)
    try:
        with arguments.file.open("rb") as file:
            # One byte more than is allowed shows that the file is too large without reading all of it.
            content = file.read(settings.max_upload_bytes + 1)
    except OSError as error:
        raise Invalid(f"{arguments.file} cannot be read: {error.strerror}") from error
    reading = read_upload(content, arguments.file.name, _choices(arguments), known=known, limits=limits_of(settings))
    checked = check(reading, known)
    if arguments.json:
        sys.stdout.write(json.dumps(facts_of(reading, checked), ensure_ascii=False, default=str) + "\n")
    else:
        sys.stdout.write("\n".join(_lines(arguments.file.name, checked, language)) + "\n")
    return int(checked.verdict in ("errors", "refused"))


def limits_of(settings: Settings) -> UploadLimits:
    """The limits of uploads as they are set."""
    return UploadLimits(settings.max_upload_bytes, settings.max_upload_rows, settings.max_upload_columns)


def _known(arguments: argparse.Namespace) -> Known:
    known = reference_known(today=datetime.now(UTC).date())
    if arguments.city is not None and arguments.city not in known.cities:
        raise Invalid(f"--city: there is no city {arguments.city!r} in the register")
    if arguments.period is not None:
        try:
            parse_period(arguments.period)
        except ValueError as error:
            raise Invalid(f"--period: {error}") from error
    return replace(known, city=arguments.city, period=arguments.period)


def _choices(arguments: argparse.Namespace) -> Choices:
    return Choices(
        encoding=arguments.encoding,
        delimiter=_DELIMITERS[arguments.delimiter] if arguments.delimiter else None,
        decimal=arguments.decimal,
        sheet=arguments.sheet,
        header_row=arguments.header_row,
        fill_down=arguments.fill_down or None,
    )


def facts_of(reading: Reading, checked: Checked) -> dict[str, Any]:
    """Verdict, what was detected, counts and findings for a program."""
    counts = [
        {"check": check_code, "severity": severity, "count": count}
        for (check_code, severity), count in sorted(checked.findings.counts.items())
    ]
    return {
        "file": reading.file_name,
        "sha256": reading.sha256,
        "verdict": checked.verdict,
        "rows": len(checked.rows),
        "detected": asdict(reading.detected) if reading.detected else None,
        "counts": counts,
        "findings": [asdict(finding) for finding in checked.findings],
    }


def _lines(name: str, checked: Checked, language: str) -> Iterator[str]:
    half = 1 if language == "ru" else 0
    rows = ("figures read", "значений прочитано")[half]
    yield f"{name}: {_VERDICTS[checked.verdict][half]}, {rows}: {len(checked.rows)}"
    for severity in SEVERITIES:
        for (check_code, found), count in sorted(checked.findings.counts.items()):
            if found == severity:
                word = _SEVERITIES[severity] if language == "ru" else severity
                yield f"  {word} {check_code}: {count}"
                same = [each for each in checked.of(severity) if each.check == check_code]
                yield from (f"      {_place(each)}{each.said(language)}" for each in same[:SHOWN_PER_KIND])


def _place(finding: Finding) -> str:
    where = " ".join(filter(None, (finding.sheet, finding.cell)))
    return f"{where}: " if where else ""

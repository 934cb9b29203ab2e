"""`citymark index`: scores, ranks and contributions from a framework file and a table, without a database.

Exit code 0 when done, 1 when the framework or the table has errors (all listed), 2 for a wrong call. Scores are
rounded once, on output, to the framework's decimals; ranks are always of the unrounded scores.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from app.domain.composite.explain import CONSTANT, contributions
from app.domain.composite.framework import Framework, FrameworkError
from app.domain.composite.parse import parse
from app.domain.composite.ranking import half_up
from app.domain.composite.score import Scored, score
from app.domain.composite.uncertainty import RankIntervals, rank_intervals
from ingest.index_grid import TableError, read_grid
from ingest.index_table import Reading, figures
from ingest.upload.encoding import ENCODINGS

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
#: Faults printed before the rest is only counted.
MOST_FAULTS = 200


class CallError(ValueError):
    """A call that names a file that is not there or a number that makes no sense."""


@dataclass(frozen=True)
class Options:
    """What the call asks for beside the framework and the data."""

    out: Path | None = None
    contributions: Path | None = None
    intervals: int | None = None
    seed: int = 0
    as_json: bool = False
    unrounded: bool = False
    catalogue: Path = REFERENCE / "indicators.csv"
    reading: Reading = Reading()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `citymark index`."""
    parser.add_argument("framework", help="a framework file (TOML) or the code of a bundled one")
    parser.add_argument("data", type=Path, help="CSV, TSV, XLSX or Parquet: cities in rows, or city,indicator,value")
    parser.add_argument("--out", type=Path, help="write the scores to this .csv, .xlsx, .parquet or .json")
    parser.add_argument("--contributions", type=Path, help="write what each indicator brings to this file")
    parser.add_argument("--intervals", type=int, metavar="N", help="rank intervals from N Monte Carlo draws")
    parser.add_argument("--seed", type=int, default=0, help="seed of the draws (default 0)")
    parser.add_argument("--json", action="store_true", help="print the whole answer as JSON")
    parser.add_argument("--unrounded", action="store_true", help="do not round scores to the framework's decimals")
    parser.add_argument("--city", metavar="COLUMN", help="the column of cities (default: city, or the first)")
    parser.add_argument("--missing", action="append", default=[], metavar="MARK", help="a text that marks a gap")
    parser.add_argument(
        "--not-applicable", action="append", default=[], metavar="MARK", help="a text that marks what cannot exist"
    )
    parser.add_argument("--encoding", choices=ENCODINGS, help="of a CSV, when it cannot be told from the text")
    parser.add_argument("--sheet", help="the sheet of a workbook (default: the first)")
    parser.add_argument(
        "--catalogue", type=Path, default=REFERENCE / "indicators.csv", help="the catalogue goalposts are taken from"
    )


def run_command(args: argparse.Namespace) -> int:
    """Run `citymark index` with parsed arguments; the exit code."""
    options = Options(
        out=args.out,
        contributions=args.contributions,
        intervals=args.intervals,
        seed=args.seed,
        as_json=args.json,
        unrounded=args.unrounded,
        catalogue=args.catalogue,
        reading=Reading(
            city=args.city,
            missing=tuple(args.missing),
            not_applicable=tuple(args.not_applicable),
            sheet=args.sheet,
            encoding=args.encoding,
        ),
    )
    return _run(args.framework, args.data, options)


def run(
    framework: str | Path, data: Path, *, out: Path | None = None, intervals: int | None = None, seed: int = 0
) -> int:
    """Score a table under a framework and write or print the result; the exit code."""
    return _run(str(framework), Path(data), Options(out=out, intervals=intervals, seed=seed))


def _run(framework: str, data: Path, options: Options) -> int:
    try:
        _check_call(data, options)
        recipe = read_framework(framework, options.catalogue)
        table = figures(read_grid(data, options.reading.sheet, options.reading.encoding), recipe, options.reading)
        scored = score(table.values, recipe, table.applicable)
        sure = None if options.intervals is None else rank_intervals(scored, options.intervals, options.seed)
        result = Result(scored, sure, table.notes, options)
        _write(result)
    except CallError as fault:
        return _complain([str(fault)], code=2, as_json=options.as_json)
    except (FrameworkError, TableError) as fault:
        return _complain(fault.errors, code=1, as_json=options.as_json)
    except ValueError as fault:
        # The scoring functions name a table or framework that does not fit in one sentence.
        return _complain([str(fault)], code=1, as_json=options.as_json)
    return 0


def _check_call(data: Path, options: Options) -> None:
    if not data.is_file():
        raise CallError(f"there is no file {data}")
    if options.intervals is not None and options.intervals < 1:
        raise CallError(f"--intervals {options.intervals}: at least one draw is needed")
    if options.seed < 0:
        raise CallError(f"--seed {options.seed}: a seed is zero or more")
    for path in (options.out, options.contributions):
        if path is not None and path.suffix.lower() not in (".csv", ".xlsx", ".parquet", ".json"):
            raise CallError(f"{path}: write to .csv, .xlsx, .parquet or .json")
        if path is not None and not path.parent.is_dir():
            raise CallError(f"there is no folder {path.parent} to write to")


def read_framework(name: str, catalogue: Path = REFERENCE / "indicators.csv") -> Framework:
    """The framework in a file, or the bundled one of that code. FrameworkError lists every fault in it."""
    path = Path(name)
    if not path.is_file():
        bundled = REFERENCE / "frameworks" / f"{name}.toml"
        if not bundled.is_file():
            known = ", ".join(sorted(item.stem for item in bundled.parent.glob("*.toml")))
            raise CallError(f"there is no framework file {name}; bundled ones are {known}")
        path = bundled
    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise FrameworkError((f"{path.name}: not TOML in UTF-8: {fault}",)) from None
    return parse(table, read_catalogue(catalogue))


def read_catalogue(path: Path) -> dict[str, dict[str, str]] | None:
    """The rows of the indicator catalogue by code, or None when there is no such file."""
    if not path.is_file():
        return None
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


@dataclass(frozen=True)
class Result:
    """Scores with, if asked for, rank intervals; what the reader said; and how to give them."""

    scored: Scored
    intervals: RankIntervals | None
    notes: tuple[str, ...]
    options: Options

    def table(self) -> pd.DataFrame:
        """Columns city, (period,) score, rank, (intervals,) coverage, a column a node, (imputed,) reason."""
        full = self.scored.table()
        nodes = [node.code for node in reversed(self.scored.framework.nodes)]
        blocks = [full[["score", "rank"]], full[["coverage", *nodes]]]
        if self.intervals is not None:
            blocks.insert(1, self.intervals.table())
        if self.scored.stages.imputed.any():
            blocks.append(self._imputed().to_frame())
        table = pd.concat([*blocks, full[["reason"]]], axis=1)
        for code in ("score", *nodes):
            table[code] = self._rounded(table[code].to_numpy(dtype=np.float64))
        table["coverage"] = half_up(table["coverage"].to_numpy(dtype=np.float64), 4)
        return table.reset_index()

    def contributions(self) -> pd.DataFrame:
        """Columns city, (period,) an indicator each, constant and score: unrounded, so that they add up."""
        table = contributions(self.scored)
        if not table[CONSTANT].fillna(0.0).any():
            table = table.drop(columns=CONSTANT)
        table["score"] = self.scored.index_score
        return table.reset_index()

    def _rounded(self, values: np.ndarray) -> np.ndarray:
        decimals = self.scored.framework.decimals
        return values if self.options.unrounded or decimals is None else half_up(values, decimals)

    def _imputed(self) -> pd.Series:
        """The codes of the indicators filled by us, by row."""
        flags = self.scored.imputed()
        found = [", ".join(str(code) for code, flag in row.items() if flag) for _, row in flags.iterrows()]
        return pd.Series(found, index=flags.index, name="imputed", dtype=object)

    def answer(self) -> dict[str, object]:
        """Everything, as JSON is to carry it."""
        framework = self.scored.framework
        answer: dict[str, object] = {
            "framework": {"code": framework.code, "version": framework.version, "name": dict(framework.name)},
            "count": len(self.scored.ranks),
            "ranked": int((self.scored.ranks > 0).sum()),
            "notes": list(self.notes),
            "scores": _records(self.table()),
            "contributions": _records(self.contributions()),
        }
        if self.intervals is not None:
            answer["intervals"] = {
                "draws": len(self.intervals.drawn),
                "seed": self.intervals.seed,
                "assumptions": list(self.intervals.assumptions),
            }
        return answer


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    columns = {str(name): [_plain(cell) for cell in table[name]] for name in table.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(cell: object) -> object:
    """A cell as JSON has it; whatever is missing is null."""
    if cell is None or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell)):
        return None
    return cell.item() if isinstance(cell, np.generic) else cell


def _write(result: Result) -> None:
    options = result.options
    if options.contributions is not None:
        _save(result.contributions(), options.contributions, {"contributions": _records(result.contributions())})
    if options.out is not None:
        _save(result.table(), options.out, result.answer() if options.out.suffix.lower() == ".json" else {})
    if options.as_json:
        sys.stdout.write(json.dumps(result.answer(), ensure_ascii=False, allow_nan=False) + "\n")
    elif options.out is None:
        sys.stdout.write(result.table().to_csv(index=False, lineterminator="\n"))
    _say(result)


def _save(table: pd.DataFrame, path: Path, answer: Mapping[str, object]) -> None:
    kind = path.suffix.lower()
    if kind == ".csv":
        table.to_csv(path, index=False, lineterminator="\n")
    elif kind == ".json":
        path.write_text(json.dumps(answer, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    elif kind == ".xlsx":
        table.to_excel(path, index=False, engine="xlsxwriter")
    else:
        table.to_parquet(path, index=False)


def _say(result: Result) -> None:
    """What a person should know beside the figures, apart from them."""
    lines = [*result.notes]
    if not len(result.scored.ranks):
        lines.append("the table has a header and no city: nothing is ranked")
    elif not result.scored.ranks.any():
        lines.append("no city is ranked; the column reason says why")
    if result.intervals is not None:
        lines.append(f"{len(result.intervals.drawn)} draws, seed {result.intervals.seed}, varied:")
        lines += [f"  {line}" for line in result.intervals.assumptions or ("nothing",)]
    for line in lines:
        sys.stderr.write(f"{line}\n")


def _complain(faults: tuple[str, ...] | list[str], *, code: int, as_json: bool) -> int:
    shown = list(faults[:MOST_FAULTS])
    if len(faults) > MOST_FAULTS:
        shown.append(f"… and {len(faults) - MOST_FAULTS} more")
    if as_json:
        sys.stdout.write(json.dumps({"errors": shown}, ensure_ascii=False) + "\n")
    for line in shown:
        sys.stderr.write(f"error: {line}\n")
    return code

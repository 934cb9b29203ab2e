"""Vintages as files, served as they lie: ranges, tags, for ever; and the catalogue of all of them."""

from __future__ import annotations

import json
import re
from collections.abc import MutableMapping
from os import PathLike, stat_result
from pathlib import Path
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from app.formats.package import dcat_catalogue

FOR_EVER = "public, max-age=31536000, immutable"
A_MOMENT = "public, max-age=30"
NUMBER = re.compile(r"[1-9]\d{0,8}")
_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".jsonld": "application/ld+json",
    ".json": "application/json",
}
_OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


class _Vintages(StaticFiles):
    """Files that never change: a vintage exported again has the same bytes."""

    async def check_config(self) -> None:
        """Before the first export there is no folder: then no file is found in it."""

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: MutableMapping[str, Any],
        status_code: int = 200,
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers.update({**_OPEN, "Cache-Control": FOR_EVER})
        media = _TYPES.get(Path(full_path).suffix)
        if media and "content-type" in answer.headers:
            answer.headers["Content-Type"] = media
        return answer


def exported(folder: Path) -> list[int]:
    """The vintages whose files lie in `folder`, the newest first."""
    if not folder.is_dir():
        return []
    names = [each.name for each in folder.iterdir() if NUMBER.fullmatch(each.name)]
    return sorted((int(name) for name in names if (folder / name / "datapackage.json").is_file()), reverse=True)


def create_files(folder: Path, address: str) -> Starlette:
    """The application at `/files`, whose full address is `address`."""

    def catalogue(_request: Request) -> Response:
        """Every exported vintage as a DCAT data set."""
        listed = [json.loads((folder / str(number) / "dataset.jsonld").read_bytes()) for number in exported(folder)]
        body = dcat_catalogue(f"{address}/", [dataset for each in listed for dataset in each["dcat:dataset"]])
        headers = {**_OPEN, "Cache-Control": A_MOMENT}
        return Response(orjson.dumps(body), media_type="application/ld+json", headers=headers)

    files = _Vintages(directory=folder, check_dir=False)
    return Starlette(routes=[Route("/catalog.jsonld", catalogue), Mount("/", files)])

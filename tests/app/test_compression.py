"""Answers are compressed once, and a long list is written as a short one is."""

from __future__ import annotations

import orjson
import pytest
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app.api.answers import in_pieces, json_answer
from app.compression import GZIP
from app.formats import arrow, csv, xlsx


@pytest.mark.parametrize(
    ("media_type", "encoding"), [(xlsx.MEDIA_TYPE, None), (arrow.PARQUET, None), (csv.MEDIA_TYPE, "gzip")]
)
def test_what_is_compressed_already_is_left_alone(media_type: str, encoding: str | None) -> None:
    file = Route("/file", lambda _request: Response(b"figures " * 1_000, media_type=media_type))
    with TestClient(GZipMiddleware(Starlette(routes=[file]), **GZIP)) as client:
        answer = client.get("/file")
    assert answer.headers.get("content-encoding") == encoding
    assert answer.content == b"figures " * 1_000


@pytest.mark.parametrize("count", [0, 1, 1_000, 2_500])
def test_a_list_in_pieces_reads_as_the_list(count: int) -> None:
    rows = [{"line": number, "text": "ё"} for number in range(count)]
    assert orjson.loads(json_answer({"data": in_pieces(rows)}).body) == {"data": rows}

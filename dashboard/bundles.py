"""Scripts and styles served compressed from memory, fingerprinted ones for ever; answers compressed as they are made.

Dash compresses nothing, or everything anew at each request; Plotly alone is 4.8 MB.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib
import mimetypes
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import brotli
from dash import Dash
from dash.fingerprint import build_fingerprint, check_fingerprint
from flask import Flask, Response, request

PLOTLY = ("plotly", "package_data/plotly.min.js")
CUT_PLOTLY = Path(__file__).parent / "plotly" / "plotly.min.js"
SUITES = "/_dash-component-suites/"
FOR_EVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"
# Measured on plotly.min.js: 9 is a second's work, 11 is ten for six per cent less.
BROTLI_QUALITY = 9
QUICK_QUALITY = 4
WORTH_COMPRESSING = 1_000
COMPRESSIBLE = (
    "application/json",
    "application/javascript",
    "text/javascript",
    "text/css",
    "text/html",
    "image/svg+xml",
)


@dataclass(frozen=True)
class Bundle:
    """The bytes of a file in one encoding, and the tag that names them."""

    content: bytes
    etag: str


def install(app: Dash) -> None:
    """Answer for component bundles before Dash does, and compress what it answers itself."""
    server: Flask = app.server

    @server.before_request
    def serve_bundle() -> Response | None:
        if not request.path.startswith(SUITES):
            return None
        package, _, path = request.path.removeprefix(SUITES).partition("/")
        plain, has_fingerprint = check_fingerprint(path)  # type: ignore[no-untyped-call]
        if plain not in app.registered_paths.get(package, ()):
            return Response(status=404)
        return _answer(_package_file(package, plain), FOR_EVER if has_fingerprint else A_DAY)

    @server.after_request
    def compress(response: Response) -> Response:
        return _compressed(response)


def plotly_address() -> str:
    """Where Plotly is served from: the address holds the hash of its content, so it can be kept for ever."""
    package, path = PLOTLY
    content = bundle(_package_file(package, path), "identity").etag.partition("-")[0]
    return f"{SUITES}{package}/{build_fingerprint(path, version(package), content)}"  # type: ignore[no-untyped-call]


def encoding(accepted: str) -> str:
    """The best encoding that an Accept-Encoding header allows."""
    names = {
        part.split(";")[0].strip() for part in accepted.lower().split(",") if "q=0" not in part.replace("q=0.", "")
    }
    return "br" if "br" in names else "gzip" if "gzip" in names else "identity"


def _package_file(package: str, path: str) -> Path:
    file = Path(str(importlib.import_module(package).__file__)).parent / path
    return _cut(file) if (package, path) == PLOTLY else file


@lru_cache(maxsize=4)
def _cut(whole: Path) -> Path:
    """Our cut build of plotly.js while it is of the version that plotly.py brings, else the whole of it."""
    return CUT_PLOTLY if plotly_version(CUT_PLOTLY) == plotly_version(whole) else whole


def plotly_version(file: Path) -> str:
    """The version that the banner of a plotly.js build names; empty where it names none."""
    with file.open(encoding="utf-8") as lines:
        found = re.search(r"plotly\.js v(\d[\w.-]*)", lines.read(200))
    return found.group(1) if found else ""


@lru_cache(maxsize=256)
def bundle(file: Path, name: str) -> Bundle:
    """The file in this encoding, made once."""
    content = file.read_bytes()
    tag = f"{hashlib.sha256(content).hexdigest()[:16]}-{name}"
    return Bundle(_encoded(content, name, BROTLI_QUALITY), tag)


def _encoded(content: bytes, name: str, quality: int) -> bytes:
    if name == "br":
        return bytes(brotli.compress(content, quality=quality))
    return gzip.compress(content, 6, mtime=0) if name == "gzip" else content


def _answer(file: Path, cache_control: str) -> Response:
    name = encoding(request.headers.get("Accept-Encoding", ""))
    made = bundle(file, name)
    if made.etag in request.if_none_match:
        response = Response(status=304)
    else:
        response = Response(
            made.content, content_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        )
        if name != "identity":
            response.headers["Content-Encoding"] = name
    response.headers["Cache-Control"] = cache_control
    response.headers["Vary"] = "Accept-Encoding"
    response.set_etag(made.etag)
    return response


def _compressed(response: Response) -> Response:
    """The answer compressed in passing, where that is worth it and the reader can undo it."""
    if request.path.startswith("/assets/") and response.status_code in (200, 304):
        response.headers["Cache-Control"] = FOR_EVER if request.args.get("m") else A_DAY
    name = encoding(request.headers.get("Accept-Encoding", ""))
    if name == "identity" or response.status_code != 200 or "Content-Encoding" in response.headers:
        return response
    if response.mimetype not in COMPRESSIBLE:
        return response
    response.direct_passthrough = False
    content = response.get_data()
    if len(content) < WORTH_COMPRESSING:
        return response
    response.set_data(_encoded(content, name, QUICK_QUALITY))
    response.headers["Content-Encoding"] = name
    response.headers["Vary"] = "Accept-Encoding"
    response.headers.pop("ETag", None)
    return response

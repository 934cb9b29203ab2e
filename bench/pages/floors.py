"""Floors: the bytes of one file from memory, by Starlette with nothing in between, and by bare FastAPI."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BODY = Path(os.environ["STATIC_BODY"]).read_bytes()


async def answer(_request: Request) -> Response:
    """The bytes."""
    return Response(BODY, media_type="application/json")


static = Starlette(routes=[Route("/", answer)])
framework = FastAPI()


@framework.get("/")
async def smallest() -> dict[str, str]:
    """What the framework does with nothing to do."""
    return {}

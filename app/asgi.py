"""What a server runs: `uvicorn app.asgi:create --factory`."""

from __future__ import annotations

from starlette.applications import Starlette

from app.main import create_app
from app.settings import read_settings


def create() -> Starlette:
    """The program as this process's environment sets it up."""
    return create_app(read_settings())

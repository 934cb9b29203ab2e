"""What a server runs: `uvicorn app.asgi:create --factory`."""

from __future__ import annotations

import gc

from starlette.applications import Starlette

from app import logs
from app.main import create_app
from app.settings import read_settings


def create() -> Starlette:
    """The program as this process's environment sets it up."""
    settings = read_settings()
    logs.set_up(settings.log_format, settings.log_level)
    app = create_app(settings)
    # What was imported stays: not looked at again, it makes fetching two million figures half as long.
    gc.collect()
    gc.freeze()
    return app

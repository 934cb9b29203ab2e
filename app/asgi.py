"""What a server runs: `uvicorn app.asgi:create --factory`."""

from __future__ import annotations

import gc
import sys

from starlette.applications import Starlette

from app import logs
from app.main import create_app
from app.memory import share_arenas
from app.settings import read_settings

SWITCH_S = 0.001


def create() -> Starlette:
    """The program as this process's environment sets it up."""
    settings = read_settings()
    logs.set_up(settings.log_format, settings.log_level)
    # A short answer waits for the thread of a long one a millisecond and not five.
    sys.setswitchinterval(SWITCH_S)
    share_arenas()
    app = create_app(settings, when_warm=_settle)
    _settle()
    return app


def _settle() -> None:
    """What was imported and fetched stays, and is not looked at again.

    It makes fetching two million figures half as long, and the longest pause of the collector a third.
    """
    gc.collect()
    gc.freeze()

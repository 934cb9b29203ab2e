"""What was freed is used again by every thread and goes back to the system: a process is as large as it need be."""

from __future__ import annotations

import ctypes
import os
from datetime import datetime

ENVIRONMENT = "MALLOC_ARENA_MAX"
#: M_ARENA_MAX in glibc's <malloc.h>.
OPTION = -8
ARENAS = 2
#: Some milliseconds of work each time.
GIVE_BACK_EVERY_S = 30.0


def share_arenas() -> None:
    """Let threads share two regions of memory; to be said before there are many.

    By itself glibc gives each thread a region of its own, up to eight a core, and each stays as large as the largest
    work that was ever done there. What the environment says goes before; other allocators have none.
    """
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is not None and ENVIRONMENT not in os.environ:
        tell(OPTION, ARENAS)


def give_back(_now: datetime) -> None:
    """Free pages between what is in use go back to the system, which glibc does by itself at the end of a region."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)

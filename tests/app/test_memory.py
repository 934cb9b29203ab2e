"""Threads share regions of memory, and what is free in them goes back: by the C library's and the system's account.

Each is measured in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys

# Twelve threads hold some memory at once; then `malloc_info` lists the regions there are.
REGIONS = """
import ctypes, threading
from app.memory import share_arenas
share_arenas()
meet = threading.Barrier(13)
def work():
    held = [bytes(2_000) for _ in range(100)]
    meet.wait()
    meet.wait()
for _ in range(12):
    threading.Thread(target=work).start()
meet.wait()
libc, told, size = ctypes.CDLL(None), ctypes.c_char_p(), ctypes.c_size_t()
libc.open_memstream.restype = ctypes.c_void_p
stream = ctypes.c_void_p(libc.open_memstream(ctypes.byref(told), ctypes.byref(size)))
libc.malloc_info(0, stream)
libc.fclose(stream)
print(told.value.count(b"<heap nr="))
meet.wait()
"""

# A hundred megabytes, of which one block in fifty stays, the last one too: nothing is free at the end.
FREED = """
import re
from datetime import UTC, datetime
from pathlib import Path
from app.memory import give_back
def resident_kb():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
blocks = [bytes(20_000) for _ in range(5_000)]
blocks = blocks[49::50]
before = resident_kb()
give_back(datetime.now(UTC))
print(before - resident_kb())
"""


def _measured(program: str, **environment: str) -> int:
    plain = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, env=plain | environment, check=True, capture_output=True, text=True)
    return int(found.stdout)


def test_many_threads_use_two_regions() -> None:
    assert _measured(REGIONS) == 2


def test_what_the_environment_says_goes_before() -> None:
    assert _measured(REGIONS, MALLOC_ARENA_MAX="5") == 5


def test_what_is_free_between_what_is_in_use_goes_back_to_the_system() -> None:
    assert 80_000 < _measured(FREED) < 105_000

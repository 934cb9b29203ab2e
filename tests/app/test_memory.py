"""Threads share regions of memory, by the C library's own account of them; each measured in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

# Twelve threads hold some memory at once; then `malloc_info` lists the regions there are.
MEASURE = """
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


def _regions(**environment: str) -> int:
    plain = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    command = [sys.executable, "-c", MEASURE]
    found = subprocess.run(command, env=plain | environment, check=True, capture_output=True, text=True)
    return int(found.stdout)


def test_many_threads_use_two_regions() -> None:
    assert _regions() == 2


def test_what_the_environment_says_goes_before() -> None:
    assert _regions(MALLOC_ARENA_MAX="5") == 5

"""A client of the API for scripts and notebooks (docs/client.md); it imports nothing of the server.

from app.client import Citymark
figures = Citymark("https://citymark.example.org").observations(indicator="TI_SMART_LIGHTING", period="latest")
"""

from app.client.caches import Cache, DiskCache, MemoryCache
from app.client.client import Citymark
from app.client.errors import (
    ApiError,
    ClientError,
    Conflict,
    FileRefused,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from app.client.submissions import Submission

__all__ = [
    "ApiError",
    "Cache",
    "Citymark",
    "ClientError",
    "Conflict",
    "DiskCache",
    "FileRefused",
    "Forbidden",
    "Invalid",
    "MemoryCache",
    "NotFound",
    "Submission",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
]

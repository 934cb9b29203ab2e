"""Every setting, read once at the start from the environment (prefix `CITYMARK_`); a wrong one stops it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What may differ between installations; every default works on a bare laptop."""

    model_config = SettingsConfigDict(env_prefix="CITYMARK_", extra="ignore", frozen=True)

    database_url: str = Field("sqlite:///var/citymark.db", description="Where the figures are kept.")
    language: Literal["ru", "en"] = Field("ru", description="The pages' language when the address names none.")
    sources_dir: Path = Field(
        Path("../shared/data"),
        description="Where job files look for source files that do not lie beside them.",
    )
    max_source_bytes: int = Field(500_000_000, gt=0, description="Largest file a job may read, in bytes.")
    max_source_rows: int = Field(5_000_000, gt=0, description="Most rows a job may read from one file.")
    max_columns: int = Field(1_000, gt=0, description="Most columns a file may have.")
    max_upload_bytes: int = Field(10_000_000, gt=0, description="Largest file an office may send, in bytes.")
    max_upload_rows: int = Field(100_000, gt=0, description="Most rows a file of an office may have.")
    max_upload_columns: int = Field(1_000, gt=0, le=16_384, description="Most columns a file of an office may have.")
    max_page_rows: int = Field(10_000, gt=0, description="Most rows one API answer may hold.")
    http_timeout_s: float = Field(30.0, gt=0, description="Longest wait for an outside address, in seconds.")


def read_settings() -> Settings:
    """The settings of this process; raises pydantic's ValidationError naming the wrong variable."""
    return Settings()

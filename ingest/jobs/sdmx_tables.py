"""SDMX as tables of texts: CSV by the reader of all CSV, which keeps lines and digits; XML by pysdmx. Pure."""

from __future__ import annotations

import io
from xml.parsers.expat import ExpatError

import pandas as pd

from app.domain.block import Texts
from app.errors import Invalid

FIRST_COLUMNS = (b"STRUCTURE", b"DATAFLOW")


def is_sdmx_ml(content: bytes) -> bool:
    """Whether it is XML."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def sdmx_csv_delimiter(content: bytes) -> str:
    """The separator of an SDMX-CSV: the character behind the name of its first column."""
    text = content.removeprefix(b"\xef\xbb\xbf")
    for name in FIRST_COLUMNS:
        if text.startswith(name):
            return text[len(name) :][:1].decode("ascii", "replace") or ","
    return ","


def sdmx_ml_columns(name: str, content: bytes) -> tuple[dict[str, Texts], int]:
    """The observations of an SDMX-ML 2.1 or 3.0 data message as columns, and how many there are."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise Invalid(f"{name} declares a document type: SDMX-ML has none, it is not read")
    frames = _frames(name, content)
    if not frames:
        raise Invalid(f"{name} holds no data set: ask for data")
    whole = pd.concat(frames, ignore_index=True).astype(object)
    columns = {
        str(column): Texts.of([None if pd.isna(cell) else str(cell) for cell in whole[column].tolist()])
        for column in whole.columns
    }
    return columns, len(whole)


def _frames(name: str, content: bytes) -> list[pd.DataFrame]:
    try:
        from pysdmx.errors import PysdmxError
        from pysdmx.io import read_sdmx
    except ImportError as error:
        raise Invalid("reading SDMX-ML needs pysdmx: install citymark[sdmx], or ask for CSV (sdmx.form)") from error
    try:
        message = read_sdmx(io.BytesIO(content), validate=False)
    except (PysdmxError, ExpatError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Invalid(f"{name} is not an SDMX-ML data message: {error or type(error).__name__}") from error
    return [frame for dataset in message.data or () if (frame := getattr(dataset, "data", None)) is not None]

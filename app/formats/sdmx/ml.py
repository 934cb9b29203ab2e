"""What all SDMX-ML 2.1 messages share: namespaces, names, the head of a header."""

from __future__ import annotations

from collections.abc import Mapping

from app.formats.sdmx.model import AGENCY, Header
from app.formats.xml import Writer

_SCHEMAS = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
NAMESPACES = {
    "xmlns:mes": f"{_SCHEMAS}/message",
    "xmlns:com": f"{_SCHEMAS}/common",
    "xmlns:str": f"{_SCHEMAS}/structure",
    "xmlns:gen": f"{_SCHEMAS}/data/generic",
    "xmlns:ss": f"{_SCHEMAS}/data/structurespecific",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
}


def write_names(out: Writer, names: Mapping[str, str]) -> None:
    """Names by language."""
    for language, text in names.items():
        out.element("com:Name", text, **{"xml:lang": language})


def write_head(out: Writer, header: Header) -> None:
    """The part of a header that all messages share."""
    out.element("mes:ID", header.id)
    out.element("mes:Test", "true" if header.is_test else "false")
    out.element("mes:Prepared", header.prepared)
    out.element("mes:Sender", id=AGENCY)

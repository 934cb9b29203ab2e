"""Writing XML piece by piece, so that memory holds a piece and never the whole."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from app.formats.sdmx.model import AGENCY, Header

_SCHEMAS = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
NAMESPACES = {
    "xmlns:mes": f"{_SCHEMAS}/message",
    "xmlns:com": f"{_SCHEMAS}/common",
    "xmlns:str": f"{_SCHEMAS}/structure",
    "xmlns:gen": f"{_SCHEMAS}/data/generic",
    "xmlns:ss": f"{_SCHEMAS}/data/structurespecific",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
# No text of ours may break a document: what XML 1.0 cannot hold is left out.
_UNWRITABLE = {number: None for number in range(32) if number not in (9, 10, 13)}


class Writer:
    """An XML document that is read away as it is written."""

    def __init__(self) -> None:
        self._buffer = io.StringIO()
        self._out = XMLGenerator(self._buffer, "utf-8", short_empty_elements=True)
        self._out.startDocument()

    @contextmanager
    def inside(self, name: str, attributes: Mapping[str, str | None] | None = None) -> Iterator[None]:
        """What is written meanwhile stands inside this element; attributes without text are left out."""
        written = {key: text.translate(_UNWRITABLE) for key, text in (attributes or {}).items() if text is not None}
        self._out.startElement(name, AttributesImpl(written))
        yield
        self._out.endElement(name)

    def element(self, name: str, text: str = "", **attributes: str | None) -> None:
        """An element with a text."""
        with self.inside(name, attributes):
            if text:
                self._out.characters(text.translate(_UNWRITABLE))

    def names(self, names: Mapping[str, str]) -> None:
        """Names by language."""
        for language, text in names.items():
            with self.inside("com:Name", {"xml:lang": language}):
                self._out.characters(text.translate(_UNWRITABLE))

    def taken(self) -> bytes:
        """What was written since the last time."""
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text.encode()


def write_head(out: Writer, header: Header) -> None:
    """The part of a header that all messages share."""
    out.element("mes:ID", header.id)
    out.element("mes:Test", "true" if header.is_test else "false")
    out.element("mes:Prepared", header.prepared)
    out.element("mes:Sender", id=AGENCY)

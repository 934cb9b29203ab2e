"""Writing XML piece by piece, so that memory holds a piece and never the whole."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

# No text of ours may break a document: what XML 1.0 cannot hold is left out.
_UNWRITABLE = {number: None for number in (*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF)}


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

    def taken(self) -> bytes:
        """What was written since the last time."""
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text.encode()

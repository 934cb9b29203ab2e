"""A drawing as a PNG, made here without a browser: resvg draws it with the product's own typeface."""

from __future__ import annotations

import resvg_py

from app.formats.typeface import font_files

SCALE = 2.0


def png(svg: str) -> bytes:
    """The picture, twice as fine as the drawing's pixels, on white."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=SCALE,
            background="#ffffff",
            skip_system_fonts=True,
            font_files=[str(path) for path in font_files().values()],
            font_family="Golos Text",
        )
    )

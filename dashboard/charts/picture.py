"""A drawing as a PNG, made here without a browser: resvg draws it with the product's own typeface."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

import resvg_py
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FONTS = Path(__file__).parents[1] / "assets" / "fonts"
WEIGHTS = {"regular": 400, "bold": 650}
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


@lru_cache(maxsize=1)
def font_files() -> dict[str, Path]:
    """The typeface as TrueType files, `cyrillic-regular` and so on; made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="citymark-fonts-"))
    found = {}
    for script in ("cyrillic", "latin"):
        for weight, number in WEIGHTS.items():
            font = TTFont(FONTS / f"golos-text-{script}-wght-normal.woff2")
            static = instantiateVariableFont(font, {"wght": number})
            static.flavor = None
            name = f"{script}-{weight}"
            static.save(folder / f"{name}.ttf")
            found[name] = folder / f"{name}.ttf"
    return found

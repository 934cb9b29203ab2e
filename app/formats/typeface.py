"""The product's typeface as TrueType files, for what draws letters itself: PDF and pictures."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

FONTS = Path(__file__).parents[2] / "dashboard" / "assets" / "fonts"
SCRIPTS = ("latin", "cyrillic")
WEIGHTS = {"regular": 400, "bold": 650}


@lru_cache(maxsize=1)
def font_files() -> dict[str, Path]:
    """`latin-regular`, `cyrillic-bold` and so on, unpacked once a process into a folder of its own."""
    # Large, and needed for PDF and pictures alone.
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    folder = Path(tempfile.mkdtemp(prefix="citymark-fonts-"))
    found = {}
    for script in SCRIPTS:
        for weight, number in WEIGHTS.items():
            font = TTFont(FONTS / f"golos-text-{script}-wght-normal.woff2")
            static = instantiateVariableFont(font, {"wght": number})
            static.flavor = None
            name = f"{script}-{weight}"
            static.save(folder / f"{name}.ttf")
            found[name] = folder / f"{name}.ttf"
    return found

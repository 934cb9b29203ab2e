"""How charts look: palettes safe for colour-blind readers, the Plotly layout they share, and the escape for labels.

Colour of a line says who; blue to orange says better or worse and never stands alone.
"""

from __future__ import annotations

from typing import Any

FONT = "'Golos Text', 'Segoe UI', system-ui, -apple-system, Roboto, 'Noto Sans', Arial, sans-serif"
INK = "#16242f"
QUIET = "#52626f"
RULE = "#dfe5ea"
PEER = "#c3ccd4"
PEER_EDGE = "#8696a3"
BAND = "#e8edf1"
MEDIAN = "#6b7b88"
MAD_BAND = "#eaf0f4"
HOVER = "#f56927"

# At most six cities have a colour, each also its own shape; the others share the grey.
CITY_COLOURS = ("#003c57", "#1b87bd", "#871a5b", "#c9463d", "#7264b3", "#0a7d62")
CITY_SHAPES = ("circle", "square", "diamond", "triangle-up", "triangle-down", "pentagon")
GREY_CITY = "#7c8a95"
GREY_SHAPE = "circle"

# Five classes of the oriented percentile, from worst to best; and one hue where there is no better.
CLASS_BOUNDS = (0, 20, 40, 60, 80)


def city_colour(position: int) -> str:
    """The colour of the city at this place in the choice."""
    return CITY_COLOURS[position] if position < len(CITY_COLOURS) else GREY_CITY


def city_shape(position: int) -> str:
    """The marker of the city at this place in the choice."""
    return CITY_SHAPES[position] if position < len(CITY_SHAPES) else GREY_SHAPE


def percentile_class(percentile: float) -> int:
    """Which of the five classes a percentile falls into: 1 the lowest, 5 the highest."""
    return sum(1 for bound in CLASS_BOUNDS if percentile >= bound)


def plot_text(text: str) -> str:
    """The text as Plotly shows it letter for letter: no markup, no formula, no pattern to fill in."""
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("$", "&#36;"), ("%{", "&#37;{")):
        text = text.replace(sign, written)
    return text


def layout(**changes: Any) -> dict[str, Any]:
    """The Plotly layout every chart starts from; carries no template, so a figure is only what it draws."""
    return {
        "template": None,
        "font": {"family": FONT, "size": 12, "color": QUIET},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": "#ffffff",
            "bordercolor": INK,
            "font": {"family": FONT, "size": 13, "color": INK},
            "namelength": 0,
        },
        **changes,
    }


def axis(**changes: Any) -> dict[str, Any]:
    """A quiet axis that cannot be dragged."""
    return {
        "fixedrange": True,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "gridcolor": RULE,
        "gridwidth": 1,
        "tickfont": {"size": 11, "color": QUIET},
        "automargin": False,
        **changes,
    }

"""A drawing: shapes and texts in pixels, as SVG with every colour in it, so that a file looks as the page does.

Texts are escaped here and nowhere else; numbers are ours. Points that a reader can walk through carry what is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from dashboard.theme import INK, QUIET, RULE

FAMILY = "Golos Text, Segoe UI, Arial, sans-serif"
Place = tuple[float, float]


@dataclass
class Drawing:
    """Shapes in the order they are drawn; `width` and `height` in pixels."""

    width: float
    height: float
    parts: list[str] = field(default_factory=list)

    def line(self, start: Place, end: Place, *, colour: str = RULE, width: float = 1, dash: str = "") -> None:
        """A straight line."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        words = f"M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"
        self._stroke(words, f'stroke="{colour}" stroke-width="{width:g}"{dashed}')

    def run(self, places: Sequence[Place | None], *, colour: str, width: float = 2, dash: str = "") -> None:
        """A line through places, broken where one is missing."""
        words, is_open = [], False
        for place in places:
            if place is None:
                is_open = False
                continue
            words.append(f"{'L' if is_open else 'M'}{place[0]:.1f} {place[1]:.1f}")
            is_open = True
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        if words:
            edge = f'stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"{dashed}'
            self._stroke("".join(words), edge)

    def area(self, places: Sequence[Place], *, colour: str) -> None:
        """A filled shape without an edge."""
        words = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        self.parts.append(f'<path d="M{words}Z" fill="{colour}"/>')

    def box(self, left: float, top: float, width: float, height: float, *, colour: str, round_px: float = 0) -> None:
        """A filled rectangle."""
        size = f'width="{max(width, 0):.1f}" height="{max(height, 0):.1f}"'
        self.parts.append(f'<rect x="{left:.1f}" y="{top:.1f}" {size} rx="{round_px:g}" fill="{colour}"/>')

    def dots(self, places: Sequence[Place], *, colour: str, size: float) -> None:
        """Many equal dots as one path: short strokes with round ends."""
        words = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)
        if words:
            self._stroke(words, f'stroke="{colour}" stroke-width="{size:g}" stroke-linecap="round"')

    def mark(
        self, at: Place, *, shape: str, colour: str, size: float = 12, said: str = "", is_hollow: bool = False
    ) -> None:
        """A marker; with `said` it is a point that can be walked to and that says this."""
        fill, edge = ("#ffffff", colour) if is_hollow else (colour, "#ffffff")
        told = f' data-say="{escape(said)}"' if said else ""
        title = f"<title>{escape(said)}</title>" if said else ""
        path = _outline(shape, at, size / 2)
        self.parts.append(f'<path d="{path}" fill="{fill}" stroke="{edge}" stroke-width="1.5"{told}>{title}</path>')

    def text(
        self,
        at: Place,
        text: str,
        *,
        colour: str = QUIET,
        size: float = 12,
        anchor: str = "start",
        weight: int = 400,
        has_halo: bool = False,
    ) -> None:
        """A line of text; `anchor` is start, middle or end; a halo keeps it readable over marks."""
        look = f'fill="{colour}" font-size="{size:g}" text-anchor="{anchor}" font-weight="{weight}"'
        if has_halo:
            look += ' stroke="#ffffff" stroke-width="3" stroke-linejoin="round" paint-order="stroke"'
        self.parts.append(f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" {look}>{escape(text)}</text>')

    def _stroke(self, words: str, edge: str) -> None:
        self.parts.append(f'<path d="{words}" fill="none" {edge}/>')

    def svg(self, *, titled: str = "", is_hidden: bool = False) -> str:
        """The drawing as one SVG element; hidden from assistive technology where a table says the same."""
        role = 'aria-hidden="true"' if is_hidden else f'role="img" aria-label="{escape(titled)}"'
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}" height="{self.height:g}" font-family="{FAMILY}" {role}>'
        )
        return f"{head}{''.join(self.parts)}</svg>"


def _outline(shape: str, at: Place, reach: float) -> str:
    x, y = at
    if shape == "square":
        side = reach * 0.9
        return f"M{x - side:.1f} {y - side:.1f}h{2 * side:.1f}v{2 * side:.1f}h{-2 * side:.1f}Z"
    if shape == "diamond":
        far = reach * 1.2
        return f"M{x:.1f} {y - far:.1f}l{far:.1f} {far:.1f}l{-far:.1f} {far:.1f}l{-far:.1f} {-far:.1f}Z"
    if shape in ("triangle-up", "triangle-down"):
        way = 1 if shape == "triangle-up" else -1
        return f"M{x:.1f} {y - way * reach * 1.1:.1f}l{reach * 1.1:.1f} {way * reach * 1.9:.1f}h{-2.2 * reach:.1f}Z"
    if shape in ("right", "left"):
        way = 1 if shape == "right" else -1
        return f"M{x + way * reach:.1f} {y:.1f}l{-way * 1.8 * reach:.1f} {reach:.1f}v{-2 * reach:.1f}Z"
    r = reach
    if shape == "pentagon":
        sides = f"l{r:.1f} {r * 0.65:.1f}l{-0.4 * r:.1f} {r:.1f}h{-1.2 * r:.1f}l{-0.4 * r:.1f} {-r:.1f}"
        return f"M{x:.1f} {y - r:.1f}{sides}Z"
    half = f"a{r:.1f} {r:.1f} 0 1 0"
    return f"M{x - r:.1f} {y:.1f}{half} {2 * r:.1f} 0{half} {-2 * r:.1f} 0Z"


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, about `count` of them; both ends inside."""
    if not low < high:
        return [low]
    rough = (high - low) / max(count, 1)
    power = 10.0 ** _floor_log10(rough)
    step = next(step for step in (power, 2 * power, 2.5 * power, 5 * power, 10 * power) if step >= rough * 0.999)
    first = -(-low // step)
    found = []
    while first * step <= high + step * 1e-9:
        found.append(round(first * step, 12) + 0.0)
        first += 1
    return found


def _floor_log10(number: float) -> int:
    return int(f"{number:e}".partition("e")[2])


__all__ = ["INK", "QUIET", "RULE", "Drawing", "Place", "ticks"]

"""Ranks with the range each lies in: a dot and a bar a city; beyond forty cities the ends and the chosen ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.charts.drawing import INK, QUIET, RULE, Drawing
from dashboard.charts.ranking import shown_places

ROW, TOP, RIGHT = 22.0, 34.0, 112.0
RANGE, DOT = "#8dc0e2", "#003c57"


@dataclass(frozen=True)
class Ranked:
    """A city in the order of the ranking; `low` to `high` is where its rank lies in nine of ten calculations."""

    rank: int
    low: int | None
    high: int | None
    name: str
    said: str
    is_chosen: bool = False


def ranks(rows: Sequence[Ranked], *, width: float = 720) -> Drawing:
    """The ranking from the best on the left; a gap says how many cities are left out."""
    shown = shown_places(len(rows), [number for number, row in enumerate(rows) if row.is_chosen])
    lines: list[Ranked | int] = []
    for before, at in zip((-1, *shown), shown, strict=False):
        if at > before + 1:
            lines.append(at - before - 1)
        lines.append(rows[at])
    drawing = Drawing(width, TOP + ROW * len(lines) + 10)
    left = min(220.0, width * 0.44)

    def x(rank: float) -> float:
        return left + (width - left - RIGHT) * (rank - 1) / max(len(rows) - 1, 1)

    parts = 5 if width > 500 else 2
    for tick in sorted({1 + round((len(rows) - 1) * part / parts) for part in range(parts + 1)} if rows else ()):
        drawing.line((x(tick), TOP - 8), (x(tick), drawing.height - 6), colour=RULE)
        drawing.text((x(tick), TOP - 14), str(tick), anchor="middle", size=11)
    for number, row in enumerate(lines):
        y = TOP + ROW * (number + 0.5)
        if isinstance(row, int):
            drawing.text((left - 12, y + 4), f"… {row}", anchor="end", size=11)
        else:
            _line(
                drawing, row, y, x(row.rank), (None if row.low is None else x(row.low), x(row.high or row.rank)), left
            )
    return drawing


def _line(drawing: Drawing, row: Ranked, y: float, at: float, ends: tuple[float | None, float], left: float) -> None:
    most = int((left - 40) / 7)
    name = row.name if len(row.name) <= most else row.name[: most - 1] + "…"
    weight = 650 if row.is_chosen else 400
    drawing.text((left - 12, y + 4), f"{row.rank}. {name}", anchor="end", colour=INK, weight=weight, size=12.5)
    if ends[0] is not None:
        drawing.box(ends[0], y - 4, max(ends[1] - ends[0], 2), 8, colour=RANGE, round_px=4)
    drawing.mark((at, y), shape="circle", colour=DOT, size=10, said=f"{row.rank}. {row.name}: {row.said}")
    drawing.text(
        (drawing.width - 4, y + 4), row.said, anchor="end", colour=INK if row.is_chosen else QUIET, size=11.5
    )

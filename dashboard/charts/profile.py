"""The principles of one city on one scale of 0 to 100, each with the median and the middle half of its peers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.charts.drawing import INK, QUIET, RULE, Drawing
from dashboard.theme import BAND, MEDIAN

LEFT, TOP, RIGHT, ROW = 230.0, 26.0, 60.0, 34.0
SELF = "#003c57"


@dataclass(frozen=True)
class Bar:
    """One principle: its score, and the quartiles of the others; None where there is none."""

    name: str
    score: float | None
    said: str
    low: float | None
    median: float | None
    high: float | None


def profile(bars: Sequence[Bar], *, width: float = 720) -> Drawing:
    """A dot a principle over the band of its peers, and a stroke at their median."""
    drawing = Drawing(width, TOP + ROW * len(bars) + 10)

    def x(score: float) -> float:
        return LEFT + (width - LEFT - RIGHT) * min(max(score, 0.0), 100.0) / 100

    for tick in (0, 25, 50, 75, 100):
        drawing.line((x(tick), TOP - 4), (x(tick), drawing.height - 6), colour=RULE)
        drawing.text((x(tick), TOP - 10), str(tick), anchor="middle", size=11)
    for number, bar in enumerate(bars):
        y = TOP + ROW * (number + 0.5)
        _name(drawing, bar.name, y)
        if bar.low is not None and bar.high is not None:
            drawing.box(x(bar.low), y - 7, x(bar.high) - x(bar.low), 14, colour=BAND, round_px=3)
        if bar.median is not None:
            drawing.line((x(bar.median), y - 10), (x(bar.median), y + 10), colour=MEDIAN, width=2)
        if bar.score is not None:
            drawing.mark((x(bar.score), y), shape="circle", colour=SELF, size=13, said=f"{bar.name}: {bar.said}")
        drawing.text((width - 6, y + 4), bar.said, anchor="end", colour=INK, weight=600)
    return drawing


def _name(drawing: Drawing, name: str, y: float) -> None:
    """The name in one or two lines."""
    words, lines = name.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 30 and len(lines) < 2:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    first = y + 4 - 7 * (len(lines) - 1)
    for number, line in enumerate(lines):
        drawing.text((LEFT - 14, first + 14 * number), line, anchor="end", colour=INK if number == 0 else QUIET)

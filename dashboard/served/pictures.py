"""Small pictures in tables, as SVG: a rank with its interval, a score on its scale, a series with its newest value.

Each repeats in a picture what stands beside it in words, so it is hidden from assistive technology. All that goes
into the markup are numbers made here.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

INTERVAL_WIDTH, INTERVAL_HEIGHT = 200.0, 22.0
BAR_WIDTH, BAR_HEIGHT = 60.0, 12.0
LINE_WIDTH, LINE_HEIGHT, MARGIN = 240.0, 56.0, 6.0


def interval(rank: int, low: int | None, high: int | None, of: int) -> Markup:
    """A rank as a dot and its interval as a bar, on a scale from 1 (left, the best) to `of`."""

    def x(place: float) -> float:
        return 5 + (INTERVAL_WIDTH - 10) * ((place - 1) / max(of - 1, 1))

    middle = INTERVAL_HEIGHT / 2
    parts = [f'<path d="M5 {middle:g}H{INTERVAL_WIDTH - 5:g}" class="scale"/>']
    if low is not None and high is not None:
        left, width = x(low), max(x(high) - x(low), 1.5)
        parts.append(f'<rect x="{left:.1f}" y="{middle - 4:g}" width="{width:.1f}" height="8" rx="4" class="range"/>')
    parts.append(f'<circle cx="{x(rank):.1f}" cy="{middle:g}" r="4.5" class="dot"/>')
    return _svg("interval", INTERVAL_WIDTH, INTERVAL_HEIGHT, parts)


def bar(score: float | None, median: float | None = None) -> Markup:
    """A score of 0 to 100 as a bar, the median of the others as a stroke across it."""
    if score is None:
        return Markup("")
    width = BAR_WIDTH * min(max(score, 0.0), 100.0) / 100
    parts = [
        f'<rect width="{BAR_WIDTH:g}" height="{BAR_HEIGHT:g}" rx="3" class="ground"/>',
        f'<rect width="{width:.1f}" height="{BAR_HEIGHT:g}" rx="3" class="filled"/>',
    ]
    if median is not None:
        place = BAR_WIDTH * min(max(median, 0.0), 100.0) / 100
        parts.append(f'<path d="M{place:.1f} -1V{BAR_HEIGHT + 1:g}" class="median"/>')
    return _svg("bar", BAR_WIDTH, BAR_HEIGHT, parts)


def line(values: Sequence[float | None]) -> Markup:
    """A series as a line with gaps where it has gaps, the newest value as a point."""
    there = [value for value in values if value is not None]
    if len(there) < 2:
        return Markup("")
    low, high = min(there), max(there)
    words, is_open, last = [], False, (0.0, 0.0)
    for place, value in enumerate(values):
        if value is None:
            is_open = False
            continue
        share = 0.5 if high == low else (value - low) / (high - low)
        x = MARGIN + (LINE_WIDTH - 2 * MARGIN) * place / max(len(values) - 1, 1)
        y = LINE_HEIGHT - MARGIN - (LINE_HEIGHT - 2 * MARGIN) * share
        words.append(f"{'L' if is_open else 'M'}{x:.1f} {y:.1f}")
        is_open, last = True, (x, y)
    parts = [f'<path d="{" ".join(words)}" class="past"/>']
    parts.append(f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="4" class="new"/>')
    return _svg("line-picture", LINE_WIDTH, LINE_HEIGHT, parts)


def _svg(kind: str, width: float, height: float, parts: Sequence[str]) -> Markup:
    head = f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    return Markup(f'{head} aria-hidden="true">{"".join(parts)}</svg>')  # noqa: S704

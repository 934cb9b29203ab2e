"""A small line of a series with its next value, as SVG in the page: what was, and what would be."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

WIDTH, HEIGHT, MARGIN = 150.0, 40.0, 5.0


def spark(values: Sequence[float | None], after: float | None, before: float | None) -> Markup:
    """The past as a line with gaps where it has gaps; the new value as a full point, the one it replaces hollow.

    The last place of `values` is that of the new value. The picture repeats what stands beside it in words.
    """
    points = [value for value in (*values, after, before) if value is not None]
    if not points:
        return Markup("")
    low, high = min(points), max(points)

    def x(place: int) -> float:
        return MARGIN + (WIDTH - 2 * MARGIN) * (place / max(len(values) - 1, 1))

    def y(value: float) -> float:
        share = 0.5 if high == low else (value - low) / (high - low)
        return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share

    last = len(values) - 1
    parts = [f'<path d="{_path(values, x, y)}" class="past"/>']
    if before is not None:
        parts.append(f'<circle cx="{x(last):.1f}" cy="{y(before):.1f}" r="3" class="old"/>')
    if after is not None:
        parts.append(f'<circle cx="{x(last):.1f}" cy="{y(after):.1f}" r="4" class="new"/>')
    # Every number above is a float of ours, so nothing in it can be markup.
    picture = f'<svg class="spark" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" aria-hidden="true">{"".join(parts)}</svg>'
    return Markup(picture)  # noqa: S704


def _path(values: Sequence[float | None], x: object, y: object) -> str:
    assert callable(x) and callable(y)  # noqa: S101, PT018 - said for the reader of types
    words, is_open = [], False
    for place, value in enumerate(values):
        if value is None:
            is_open = False
            continue
        words.append(f"{'L' if is_open else 'M'}{x(place):.1f} {y(value):.1f}")
        is_open = True
    return " ".join(words)

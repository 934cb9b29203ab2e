"""The page of the growth bench: its table and its curves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

from bench.growth_fill import Size

DOCS = Path(__file__).parents[1] / "docs"
Found = Mapping[tuple[str, Size], Mapping[str, float]]
MOST_GROWTH = 1.5
HEAD = """# Growth

Written by `make bench-growth-200` (`make bench-growth` goes to 22 million): the same questions, and the same quarter
of 52,499 figures published, over ever longer histories (1,117 cities, 47 indicators, a vintage a year; 420 quarters,
then more indicators). Medians; "database": nothing held in memory; "256 MB": what one process holds by default, which
has room for the newest years of all indicators; "held": five indicators with their whole history. PostgreSQL has
`shared_buffers` of 1 GB. Machines differ, and others may be at work on them: read the ratios to the smallest size.

![Times over the size of the history](growth.svg)
"""


def write(found: Found) -> None:
    """The table as docs/growth.md, the curves as docs/growth.svg."""
    parts = [HEAD]
    for engine in dict.fromkeys(engine for engine, _ in found):
        sizes = [size for name, size in found if name == engine]
        parts.append(
            f"\n## {engine}\n| | {' | '.join(f'{size.figures / 1e6:.1f} million' for size in sizes)} | ratio |"
        )
        parts.append("|---|" + "---|" * (len(sizes) + 1))
        for name in found[engine, sizes[0]]:
            cells = [_spelled(name, found[engine, size][name]) for size in sizes]
            ratio = found[engine, sizes[-1]][name] / found[engine, sizes[0]][name]
            parts.append(f"| {name} | {' | '.join(cells)} | {ratio:.2f} |")
    (DOCS / "growth.md").write_text("\n".join(parts) + "\n", encoding="utf-8")
    _draw(found)


def grown(found: Found) -> list[str]:
    """What takes more than MOST_GROWTH times as long, or as much, as in the smallest database."""
    lines = []
    for (engine, size), measured in found.items():
        smallest = next(each for (name, _), each in found.items() if name == engine)
        for name, value in measured.items():
            if value > MOST_GROWTH * smallest[name]:
                lines.append(f"{engine}, {size.figures:,}: {name} {value / smallest[name]:.2f} times the smallest")
    return lines


def _spelled(name: str, value: float) -> str:
    if name == "bytes":
        return f"{value:.0f} B a figure"
    return f"{value:.2f} s" if _is_seconds(name) else f"{value:.2f} ms"


def _is_seconds(name: str) -> bool:
    return not name.endswith(("database", "256 MB", "held"))


def _style(name: str) -> str:
    """Colours come round again; what is read from memory, from the database and written differs by the line."""
    if name == "bytes":
        return "-."
    return "-" if name.endswith("database") else "--" if name.endswith(("256 MB", "held")) else ":"


def _draw(found: Found) -> None:
    matplotlib.rcParams.update({"svg.hashsalt": "citymark", "svg.fonttype": "none"})
    engines = list(dict.fromkeys(engine for engine, _ in found))
    figure, axes = pyplot.subplots(1, len(engines), figsize=(5.2 * len(engines), 5.4), sharey=True, squeeze=False)
    for axis, engine in zip(axes[0], engines, strict=True):
        sizes = [size for name, size in found if name == engine]
        for name in found[engine, sizes[0]]:
            first = found[engine, sizes[0]][name]
            ratios = [found[engine, size][name] / first for size in sizes]
            axis.plot([size.millions for size in sizes], ratios, marker="o", label=name, linestyle=_style(name))
        axis.axhline(MOST_GROWTH, color="grey", linestyle=":")
        axis.set(title=engine, xscale="log", xlabel="million figures", ylim=(0, None))
        axis.set_xticks([size.millions for size in sizes], [f"{size.millions:g}" for size in sizes])
        axis.minorticks_off()
    axes[0][0].set_ylabel("times the smallest size")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=2, fontsize="small", frameon=False)
    figure.tight_layout(rect=(0, 0.24, 1, 1))
    figure.savefig(DOCS / "growth.svg", metadata={"Date": None, "Creator": None})

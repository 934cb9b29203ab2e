"""A chart of a page: its drawing, its sentence, its table, the figures behind it, and every way to take it along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Protocol
from urllib.parse import urlencode

import orjson
from markupsafe import Markup
from PIL import Image, PngImagePlugin
from sqlalchemy.orm import Session

from app.queries.citation import Extract, Shown, shown
from dashboard.charts.drawing import Drawing
from dashboard.reference import Reference
from dashboard.state import EVERY

Row = tuple[str, ...]


class Extractable(Protocol):
    """Names what a chart draws, and where the API has it."""

    def api(self, vintage: int, **more: str) -> str:
        """The address as known with a vintage."""


@dataclass(frozen=True)
class Chart:
    """`head` and `rows` are its table in words; `extract` names the figures it draws, as known with `vintage`."""

    name: str
    title: str
    summary: str
    drawing: Drawing
    head: Row
    rows: Sequence[Row]
    extract: Extractable
    vintage: int
    # The drawing for a narrow screen.
    narrow: Drawing | None = None
    # The title where the page around it says the rest.
    heading: str = ""
    # Which columns of the table hold numbers.
    numbers: frozenset[int] = field(default_factory=frozenset)

    @property
    def picture(self) -> Markup:
        """The drawing in the page, where the table and the sentence speak for it."""
        wide = self.drawing.svg(is_hidden=True)
        if self.narrow is None:
            return Markup(wide)  # noqa: S704 - every text in a drawing is escaped
        narrow = self.narrow.svg(is_hidden=True)
        return Markup(f'<div class="wide">{wide}</div><div class="narrow">{narrow}</div>')  # noqa: S704

    def api(self, **more: str) -> str:
        """The figures over HTTP."""
        return self.extract.api(self.vintage, **more)


def figures(session: Session, known: Reference, chart: Chart, vintage: int | None = None) -> list[Shown]:
    """The figures of a chart, as known with its own or with another vintage."""
    extract = chart.extract
    if not isinstance(extract, Extract):
        raise TypeError("a chart of figures draws an Extract")
    if extract.cities:
        cities = tuple(known.cities[code].city.id for code in extract.cities)
    else:
        cities = tuple(entry.city.id for entry in known.peers(extract.peer or EVERY))
    ids = (tuple(known.indicators[code].id for code in extract.indicators), cities)
    return shown(session, extract, ids, chart.vintage if vintage is None else vintage)


def extract_of(
    indicators: tuple[str, ...], period: str, known: Reference, peer: str, chosen: Sequence[str]
) -> Extract:
    """The figures of a group, and of chosen cities that do not belong to it."""
    members = {entry.city.code for entry in known.peers(peer)}
    if peer == EVERY or members.issuperset(chosen):
        return Extract(indicators, period, "" if peer == EVERY else peer)
    return Extract(indicators, period, cities=tuple(sorted(members.union(chosen))))


def snippets(address: str) -> list[tuple[str, str]]:
    """Lines of code that fetch the figures of this address, a language each."""
    csv = f"{address}&format=csv"
    query = f'Csv.Document(Web.Contents("{csv}"), [Delimiter=",", Encoding=65001])'
    return [
        ("curl", f"curl -o figures.csv '{csv}'"),
        ("Python", f'import pandas as pd\nfigures = pd.read_csv("{csv}")'),
        ("R", f'figures <- read.csv("{csv}")'),
        ("Power Query", f"let\n    Source = {query},\n    Figures = Table.PromoteHeaders(Source)\nin\n    Figures"),
    ]


def svg_file(chart: Chart, rows: list[Shown], address: str) -> bytes:
    """The drawing as a file that names its figures and where they come from."""
    about = orjson.dumps(_about(chart, rows, address)).decode().replace("&", "&amp;").replace("<", "&lt;")
    whole = chart.drawing.svg(titled=chart.title)
    opened = whole.index(">") + 1
    return f"{whole[:opened]}<metadata>{about}</metadata>{whole[opened:]}".encode()


def png_file(chart: Chart, rows: list[Shown], address: str, drawn: Callable[[str], bytes]) -> bytes:
    """The drawing as a picture under its title, with its figures in the picture's own notes."""
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("Title", chart.title)
    notes.add_itxt("Description", chart.summary)
    notes.add_itxt("Source", address)
    notes.add_itxt("Figures", orjson.dumps(_about(chart, rows, address)).decode(), zip=True)
    target = BytesIO()
    with Image.open(BytesIO(drawn(titled(chart).svg(titled=chart.title)))) as picture:
        picture.save(target, "PNG", pnginfo=notes)
    return target.getvalue()


def titled(chart: Chart) -> Drawing:
    """The drawing under its title, for where no page stands around it."""
    drawing = Drawing(chart.drawing.width + 32, chart.drawing.height + 70)
    drawing.text((16, 28), chart.title, colour="#16242f", size=17, weight=650)
    drawing.parts.append('<g transform="translate(16 44)">')
    drawing.parts.extend(chart.drawing.parts)
    drawing.parts.append("</g>")
    drawing.text((16, drawing.height - 10), f"Citymark · {chart.vintage}", size=11)
    return drawing


def _about(chart: Chart, rows: list[Shown], address: str) -> dict[str, object]:
    names = ("city", "indicator", "period", "value", "status")
    listed = [dict(zip(names, row, strict=True)) for row in rows]
    return {"title": chart.title, "vintage": chart.vintage, "source": address, "figures": listed}


def with_query(path: str, query: str, **more: str) -> str:
    """A path with a query that is there already (`?a=b` or nothing) and more of it."""
    added = urlencode({name: part for name, part in more.items() if part}, safe=",:.~+")
    joined = "&".join(filter(None, (query.removeprefix("?"), added)))
    return f"{path}?{joined}" if joined else path

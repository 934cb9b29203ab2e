"""What can be taken out of a chart: files, code, an embedded view, a citation that says later what has changed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app.errors import NotFound
from app.queries.citation import Shown, changed, hash_of
from dashboard.charts.picture import png
from dashboard.pages.subject import Publication
from dashboard.served.asked import Asked
from dashboard.served.chart import Chart, figures, png_file, snippets, svg_file, with_query
from dashboard.served.pages import POLICY, rendered
from dashboard.served.subjects import Here

HASH_SHOWN = 16
TYPES = {"svg": "image/svg+xml", "png": "image/png"}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Share:
    """The ways to take a chart along, as addresses and code."""

    svg: str
    png: str
    csv: str
    xlsx: str
    cite: str
    embed_live: str
    embed_frozen: str
    code: list[tuple[str, str]]


@dataclass(frozen=True)
class Cited:
    """What an address that cites a chart finds: whether the figures are those cited, how many have changed since."""

    name: str
    is_same: bool
    changed: int
    count: int


def share(session: Session, here: Here, chart: Chart, path: str) -> Share:
    """The ways to take one chart of the page at `path` along, all for the vintage that is shown."""
    pinned = here.address("", as_of=str(chart.vintage))
    digest = hash_of(figures(session, here.known, chart))[:HASH_SHOWN]
    return share_of(here.asked.base, chart, path, pinned=pinned, live=here.query, digest=digest)


def share_of(base: str, chart: Chart, path: str, *, pinned: str, live: str, digest: str) -> Share:
    """The same from the queries of the page: with its vintage (`pinned`) and without (`live`)."""
    return Share(
        svg=with_query(f"/chart{path}/{chart.name}.svg", pinned),
        png=with_query(f"/chart{path}/{chart.name}.png", pinned),
        csv=chart.api(format="csv"),
        xlsx=chart.api(format="xlsx"),
        cite=base + with_query(path, pinned, cite=f"{chart.name}:{digest}"),
        embed_live=_frame(base + with_query(f"/embed{path}/{chart.name}", live), chart),
        embed_frozen=_frame(base + with_query(f"/embed{path}/{chart.name}", pinned), chart),
        code=snippets(base + chart.api()),
    )


def _frame(address: str, chart: Chart) -> str:
    quoted = chart.title.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    address = address.replace("&", "&amp;")
    height = round(chart.drawing.height) + 170
    return f'<iframe src="{address}" title="{quoted}" width="100%" height="{height}" loading="lazy"></iframe>'


def cited(session: Session, here: Here, charts: list[Chart]) -> Cited | None:
    """What has become of a citation, where the address is one."""
    name, _, digest = here.asked.query.get("cite", "").partition(":")
    chart = next((chart for chart in charts if chart.name == name), None)
    if chart is None or not digest:
        return None
    then = figures(session, here.known, chart)
    now = figures(session, here.known, chart, here.known.newest_vintage)
    return Cited(chart.title, hash_of(then).startswith(digest.lower()), changed(then, now), len(then))


def chart_file(session: Session, here: Here, chart: Chart, path: str, ending: str) -> Response:
    """A chart of a page as SVG or PNG."""
    rows = figures(session, here.known, chart)
    address = here.asked.base + with_query(path, here.address("", as_of=str(chart.vintage)))
    is_pinned = here.state.as_of is not None and here.state.as_of.isdigit()
    return file_of(chart, rows, address, ending, is_pinned=is_pinned)


def file_of(chart: Chart, rows: list[Shown], address: str, ending: str, *, is_pinned: bool) -> Response:
    """A chart as SVG or PNG, with its figures inside; for ever where the address names the vintage."""
    content = svg_file(chart, rows, address) if ending == "svg" else png_file(chart, rows, address, png)
    headers = {
        "Cache-Control": FOR_EVER if is_pinned else "public, max-age=30",
        "Content-Disposition": f'inline; filename="{chart.name}-{chart.vintage}.{ending}"',
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return Response(content, media_type=TYPES[ending], headers=headers)


def embedded(here: Here, chart: Chart, path: str) -> Response:
    """A chart of a page alone."""
    address = here.asked.base + path + here.query
    return embed_page(here.asked, chart, address, here.subject.vintage, is_past=here.is_past)


def embed_page(asked: Asked, chart: Chart, address: str, vintage: Publication, *, is_past: bool) -> Response:
    """A chart alone, for the page of another site; it may be framed by anybody and knows nobody."""
    text = rendered(asked, "embed.html", chart=chart, vintage=vintage, is_past=is_past, address=address)
    headers = {
        "Content-Security-Policy": POLICY.replace("frame-ancestors 'none'", "frame-ancestors *"),
        "Cache-Control": "public, max-age=30",
    }
    return HTMLResponse(text, headers=headers)


def one_of(charts: list[Chart], asked: Asked) -> Chart:
    """The chart that the address names; NotFound names those there are."""
    name = asked.places["chart"]
    for chart in charts:
        if chart.name == name:
            return chart
    there = ", ".join(chart.name for chart in charts) or "–"
    raise NotFound(asked.words.say("no_such_chart", name=name[:40], there=there))

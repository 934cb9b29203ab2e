"""Feeds of what was published: for readers of news and for programs that wait for a vintage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.api.deps import source
from app.db import reading
from app.formats.feed import ATOM, JSON_FEED, Entry, Feed, atom, json_feed
from app.queries import vintages

if TYPE_CHECKING:
    from app.models import Vintage

ENTRIES = 50
WORDS = {
    "en": {
        "feed": "Citymark: publications and revisions",
        "title": "Vintage {number}: {new} new, {revised} revised, {withdrawn} withdrawn",
        "simulated": "Simulated figures. ",
    },
    "ru": {
        "feed": "Citymark: публикации и уточнения",
        "title": "Выпуск {number}: новых {new}, уточнено {revised}, отозвано {withdrawn}",
        "simulated": "Смоделированные данные. ",
    },
}


def create_feeds(engine: Engine, public_url: str) -> Starlette:
    """The application at `/feeds`; addresses in it begin with `public_url`, else with how it was asked."""

    def feed(request: Request) -> Response:
        """The newest publications in Russian or English (`lang`), as Atom or JSON Feed by the ending."""
        language = request.query_params.get("lang", "en")
        words = WORDS.get(language, WORDS["en"])
        base = public_url or str(request.base_url).removesuffix("/feeds/").rstrip("/")
        own = f"{base}/feeds{request.url.path.removeprefix(request.scope.get('root_path', ''))}"
        with reading(source(request)) as session:
            entries = [_entry(each, words, base) for each in vintages.vintages(session)[:ENTRIES]]
        told = Feed(words["feed"], language if language in WORDS else "en", f"{base}/data", own, entries)
        if own.endswith(".json"):
            return Response(orjson.dumps(json_feed(told)), media_type=JSON_FEED)
        return Response(atom(told), media_type=ATOM)

    app = Starlette(routes=[Route("/publications.atom", feed), Route("/publications.json", feed)])
    app.state.engine = engine
    return app


def _entry(vintage: Vintage, words: dict[str, str], base: str) -> Entry:
    counts = {name: getattr(vintage, name) for name in ("number", "new", "revised", "withdrawn")}
    return Entry(
        # Not an address: it stays when the installation moves.
        id=f"tag:citymark,2026:vintage/{vintage.number}/{vintage.published_at:%Y%m%dT%H%M%S}",
        at=vintage.published_at.isoformat().replace("+00:00", "Z"),
        title=words["title"].format(**counts),
        summary=(words["simulated"] if vintage.is_simulated else "") + vintage.reason,
        link=f"{base}/api/v1/changes?since={vintage.number - 1}",
    )

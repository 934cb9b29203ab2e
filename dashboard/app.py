"""create_dashboard(): the tuple PAGES, the document around them, the callback that draws a page."""

from __future__ import annotations

import logging
from html import escape
from pathlib import Path
from types import ModuleType
from uuid import uuid4

from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from flask import Flask, request

from app.replicas import Published
from dashboard import bundles, guard, kept_callbacks
from dashboard.components.frame import failure
from dashboard.components.still import at_rest
from dashboard.drawn import Drawn
from dashboard.locale import Locale
from dashboard.pages import compare
from dashboard.texts import FIRST, LANGUAGES

PAGES: tuple[ModuleType, ...] = (compare,)
ASSETS = Path(__file__).parent / "assets"
FONTS = ("golos-text-cyrillic-wght-normal.woff2", "golos-text-latin-wght-normal.woff2")

log = logging.getLogger(__name__)


def create_dashboard(published: Published, *, language: str, kept_bytes: int = kept_callbacks.KEPT_BYTES) -> Flask:
    """The dashboard over these databases as a WSGI application; `language` is what an address without one means.

    `kept_bytes` bounds the answers of callbacks that are kept in memory.
    """
    app = _Document(
        "dashboard",
        assets_folder=str(ASSETS),
        # The pages that the server writes link their own style and script.
        assets_ignore=r"(?:forms\.(?:css|js)|charts\.js)$",
        pages_folder="",
        use_pages=False,
        suppress_callback_exceptions=True,
        update_title="",
        enable_mcp=False,
        add_log_handler=False,
    )
    app.language, app.drawn = language, Drawn(published, language)
    app.layout = html.Div(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Store(id="choice"),
            html.Div(compare.placeholder(language), id="page"),
        ]
    )
    _add_callbacks(app, published, language)
    server: Flask = app.server
    guard.install(app, frozenset({"/", *(page.PATH for page in PAGES)}))
    kept_callbacks.install(server, published, kept_bytes)
    bundles.install(app)
    return server


class _Document(Dash):
    """The HTML document in the language of its address; nothing in it comes from another host."""

    language: str = FIRST
    drawn: Drawn

    def interpolate_index(  # the signature is Dash's
        self,
        metas: str = "",
        title: str = "",
        css: str = "",
        config: str = "",
        scripts: str = "",
        app_entry: str = "",
        favicon: str = "",
        renderer: str = "",
    ) -> str:
        """The document around the application; `metas` and `title` are written here, in the page's language."""
        asked = request.args.get("lang", "")
        locale = Locale(asked if asked in LANGUAGES else self.language)
        page = next((page for page in PAGES if page.PATH == request.path), PAGES[0])
        fonts = "".join(
            f'<link rel="preload" href="/assets/fonts/{name}" as="font" type="font/woff2" crossorigin>'
            for name in FONTS
        )
        return f"""<!DOCTYPE html>
<html lang="{locale.language}" data-plotly="{bundles.plotly_address()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="theme-color" content="#003c57">
<title>{escape(locale.say(page.TITLE))} · {escape(locale.say("product"))}</title>
{fonts}{favicon}{css}
</head>
<body>
<noscript><p class="no-script">{escape(locale.say("no_script"))}</p></noscript>
{_before(self.drawn, page)}{app_entry}
<footer hidden>{config}{scripts}{renderer}</footer>
</body>
</html>"""


def _before(drawn: Drawn, page: ModuleType) -> str:
    """The page as markup, read while scripts load and where there are none; page.js puts the living one there."""
    search = f"?{request.query_string.decode(errors='replace')}" if request.query_string else ""
    try:
        content = at_rest(drawn.page(page, search)[1])
    except Exception:
        # The callback meets the same error and tells the reader of it.
        log.exception("page could not be drawn into its document")
        return ""
    return f'<div id="before">{content}</div>\n'


def _add_callbacks(app: _Document, published: Published, language: str) -> None:
    def failed(error: Exception) -> tuple[object, object]:
        reference = uuid4().hex[:8]
        log.error("page failed, reference %s", reference, exc_info=error)
        return no_update, failure(Locale(language), reference)

    def search_failed(error: Exception) -> list[object]:
        log.error("city search failed", exc_info=error)
        return []

    @app.callback(
        Output("url", "search"),
        Output("page", "children"),
        Input("url", "pathname"),
        Input("url", "search"),
        Input("choice", "data"),
        on_error=failed,
    )
    def show(path: object, search: object, choice: object) -> tuple[object, object]:
        page = next((page for page in PAGES if page.PATH == path), PAGES[0])
        chosen = choice if ctx.triggered_id == "choice" else None
        if chosen is None:
            return no_update, app.drawn.page(page, search)[1]
        return app.drawn.chosen(page, search, chosen)

    @app.callback(
        Output("compare-found", "children"),
        Input("compare-search", "value"),
        State("url", "search"),
        prevent_initial_call=True,
        on_error=search_failed,
    )
    def find(text: object, search: object) -> object:
        return kept_callbacks.read(
            published, lambda session: compare.found(session, language=language, text=text, search=search)
        )

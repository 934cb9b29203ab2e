"""Pages of the dashboard as they are before anything is chosen on them, kept while nothing new is published.

The document of an address holds its page as markup, so it can be read before any script has run; the callback that
then draws the living page finds it drawn.
"""

from __future__ import annotations

from threading import Lock
from types import ModuleType

from cachetools import LRUCache
from dash.development.base_component import Component
from sqlalchemy import Engine

from app.db import reading
from app.queries.freshness import freshness

# A page is some thousand components: a few megabytes.
MOST_PAGES = 12


class Drawn:
    """The pages of one database; what is published is the same for everybody."""

    def __init__(self, engine: Engine, language: str) -> None:
        self._engine, self._language = engine, language
        self._pages: LRUCache[tuple[object, ...], tuple[str, Component]] = LRUCache(MOST_PAGES)
        self._lock = Lock()

    def page(self, page: ModuleType, search: object) -> tuple[str, Component]:
        """The page at this address, and the address as it is written."""
        now = freshness(self._engine)
        key = (page.PATH, search if isinstance(search, str) else "", now.vintage, now.edition)
        with self._lock:
            known = self._pages.get(key)
        if known is None:
            known = self.chosen(page, search, None)
            with self._lock:
                self._pages[key] = known
        return known

    def chosen(self, page: ModuleType, search: object, choice: object) -> tuple[str, Component]:
        """The page after a choice on it, and the address it then has; nothing of it is kept."""
        with reading(self._engine) as session:
            found: tuple[str, Component] = page.draw(session, language=self._language, search=search, choice=choice)
        return found

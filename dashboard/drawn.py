"""Pages of the dashboard as they are before anything is chosen on them, kept while nothing new is published.

The document of an address holds its page as markup, so it can be read before any script has run; the callback that
then draws the living page finds it drawn.
"""

from __future__ import annotations

from functools import partial
from threading import Lock
from types import ModuleType

from cachetools import LRUCache
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from app.replicas import Published
from app.turns import Turns
from dashboard import kept_callbacks

# A page is some thousand components: a few megabytes.
MOST_PAGES = 12


class Drawn:
    """The pages of one installation; what is published is the same for everybody. For requests being answered."""

    def __init__(self, published: Published, language: str) -> None:
        self._published, self._language = published, language
        self._pages: LRUCache[tuple[object, ...], tuple[str, Component]] = LRUCache(MOST_PAGES)
        self._turns, self._lock = Turns(), Lock()

    def page(self, page: ModuleType, search: object) -> tuple[str, Component]:
        """The page at this address, and the address as it is written."""
        source = kept_callbacks.source(self._published)
        key = (page.PATH, search if isinstance(search, str) else "", source.now.vintage, source.now.edition)
        # Its document and its callback come one after the other: the second waits and finds it drawn.
        with self._turns.of(key):
            with self._lock:
                known = self._pages.get(key)
            if known is None:
                known = self.chosen(page, search, None)
                # Where another database had to answer, it may know another edition.
                if kept_callbacks.source(self._published) is source:
                    with self._lock:
                        self._pages[key] = known
        return known

    def chosen(self, page: ModuleType, search: object, choice: object) -> tuple[str, Component]:
        """The page after a choice on it, and the address it then has; nothing of it is kept."""
        return kept_callbacks.read(self._published, partial(self._draw, page, search, choice))

    def _draw(self, page: ModuleType, search: object, choice: object, session: Session) -> tuple[str, Component]:
        found: tuple[str, Component] = page.draw(session, language=self._language, search=search, choice=choice)
        return found

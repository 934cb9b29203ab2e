"""Publications as feeds: Atom (RFC 4287) and JSON Feed 1.1. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.formats.xml import Writer

ATOM = "application/atom+xml"
JSON_FEED = "application/feed+json"


@dataclass(frozen=True)
class Entry:
    """One publication: its identity for ever, its instant (RFC 3339), words, and where its changes are read."""

    id: str
    at: str
    title: str
    summary: str
    link: str


@dataclass(frozen=True)
class Feed:
    """What a feed says of itself; entries the newest first."""

    title: str
    language: str
    page: str
    own: str
    entries: Sequence[Entry]

    @property
    def updated(self) -> str:
        """The instant of the newest entry."""
        return self.entries[0].at if self.entries else "1970-01-01T00:00:00Z"


def atom(feed: Feed) -> bytes:
    """The feed as Atom."""
    out = Writer()
    with out.inside("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": feed.language}):
        out.element("id", feed.own)
        out.element("title", feed.title)
        out.element("updated", feed.updated)
        out.element("link", rel="self", type=ATOM, href=feed.own)
        out.element("link", rel="alternate", href=feed.page)
        with out.inside("author"):
            out.element("name", "Citymark")
        for entry in feed.entries:
            with out.inside("entry"):
                out.element("id", entry.id)
                out.element("title", entry.title)
                out.element("updated", entry.at)
                out.element("link", rel="alternate", type="application/json", href=entry.link)
                out.element("summary", entry.summary, type="text")
    return out.taken()


def json_feed(feed: Feed) -> dict[str, Any]:
    """The feed as JSON Feed."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "language": feed.language,
        "home_page_url": feed.page,
        "feed_url": feed.own,
        "items": [
            {
                "id": entry.id,
                "url": entry.link,
                "title": entry.title,
                "content_text": entry.summary,
                "date_published": entry.at,
            }
            for entry in feed.entries
        ],
    }

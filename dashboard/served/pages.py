"""Templates to pages: everything in them is escaped, and the content policy lets nothing run that is not ours."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.responses import HTMLResponse, Response

from app.access import Role
from dashboard.texts import LANGUAGES

if TYPE_CHECKING:
    from dashboard.served.asked import Asked

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def page(asked: Asked, name: str, /, *, status: int = 200, **content: Any) -> Response:
    """A page for its reader alone."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "private, no-store"}
    return HTMLResponse(rendered(asked, name, **content), status, headers)


def rendered(asked: Asked, name: str, /, **content: Any) -> str:
    """The page as text."""
    words = asked.words
    return template(name).render(
        say=words.say,
        words=words,
        actor=asked.actor,
        roles={role.value for role in asked.actor.roles},
        Role=Role,
        path=asked.path,
        query=asked.query,
        languages={code: each.name for code, each in LANGUAGES.items()},
        house=asked.house,
        **content,
    )


def template(name: str) -> Template:
    """A template by its file's name."""
    return _environment().get_template(name)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

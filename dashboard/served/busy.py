"""What a reader sees while there is no place: a page made of words alone, that asks again by itself."""

from __future__ import annotations

from functools import lru_cache

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard.served.asked import language_of
from dashboard.served.pages import POLICY, template
from dashboard.texts import Texts


def busy_page(request: Request, retry_after_s: int, language: str, *, is_secure: bool) -> Response:
    """The page in the reader's language; made without a thread or the database."""
    text = _text(language_of(request, language, is_secure=is_secure), retry_after_s)
    return HTMLResponse(text, 503, {"Content-Security-Policy": POLICY})


@lru_cache(maxsize=32)
def _text(language: str, retry_after_s: int) -> str:
    return template("busy.html").render(say=Texts(language).say, language=language, seconds=retry_after_s)

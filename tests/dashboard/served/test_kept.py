"""Open pages are kept compressed within a bound, and every reader gets the same page."""

from __future__ import annotations

import gzip

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard.served.kept import KeptPages

TAG = '"tag"'


def _request(accepted: str = "") -> Request:
    return Request({"type": "http", "headers": [(b"accept-encoding", accepted.encode())]})


def _page(words: str = "Казань " * 1_000) -> Response:
    return HTMLResponse(words, headers={"Cache-Control": "private, no-store"})


def _said(answer: Response) -> str:
    body = bytes(answer.body)
    assert answer.headers["content-length"] == str(len(body))
    assert answer.headers["etag"] == f"W/{TAG}"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return (gzip.decompress(body) if answer.headers.get("content-encoding") == "gzip" else body).decode()


def test_who_can_unpack_gets_it_packed_and_everybody_the_same() -> None:
    pages = KeptPages()
    first = pages.keep(_request("br, gzip"), TAG, _page())
    again = [pages.known(_request(accepted), TAG) for accepted in ("gzip", "", "br")]
    answers = [first, *(answer for answer in again if answer is not None)]
    assert [_said(answer) for answer in answers] == ["Казань " * 1_000] * 4
    assert [answer.headers.get("content-encoding") for answer in answers] == ["gzip", "gzip", None, None]
    assert {answer.headers["vary"] for answer in answers} == {"Accept-Encoding"}


def test_what_is_small_or_compressed_already_stays_as_it_is() -> None:
    pages = KeptPages()
    small = pages.keep(_request("gzip"), TAG, _page("few words"))
    assert _said(small) == "few words"
    assert "content-encoding" not in small.headers
    file = pages.keep(_request("gzip"), '"file"', Response(b"%PDF" * 1_000, media_type="application/pdf"))
    assert file.body == b"%PDF" * 1_000
    assert "content-encoding" not in file.headers


def test_what_stands_around_writes_into_a_copy() -> None:
    pages = KeptPages()
    first = pages.keep(_request("gzip"), TAG, _page())
    first.headers["Set-Cookie"] = "a=b"
    second = pages.known(_request("gzip"), TAG)
    assert second is not None
    assert "set-cookie" not in second.headers


def test_kept_pages_stay_within_their_bytes() -> None:
    # Eight bytes a hash, in hexadecimal: random text that hardly packs, some 5 kB a page.
    pages, pages_of_nothing = KeptPages(30_000), KeptPages(0)
    for number in range(20):
        words = "".join(f"{hash((number, at)) & 0xFFFFFFFFFFFFFFFF:016x}" for at in range(600))
        pages.keep(_request("gzip"), f'"{number}"', _page(words))
        assert _said(pages_of_nothing.keep(_request("gzip"), TAG, _page(words))) == words
    kept = [number for number in range(20) if pages.known(_request("gzip"), f'"{number}"') is not None]
    assert kept
    assert kept[-1] == 19
    assert len(kept) <= 5
    assert pages_of_nothing.known(_request("gzip"), TAG) is None

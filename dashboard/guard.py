"""The door of the dashboard: who may post a callback and in which form, and the headers every answer carries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson
from dash import Dash
from flask import Flask, Request, Response, abort, request

CALLBACK = "/_dash-update-component"
MOST_BYTES = 256_000
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
# What Dash brings and this dashboard does not use.
UNUSED = ("/_reload-hash", "/_dash-ws-callback", "/_alive")


def install(app: Dash, pages: frozenset[str]) -> None:
    """Put the door in front of the app; call it when all callbacks are there."""
    server: Flask = app.server
    server.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    registered = {
        output: _names(callback["inputs"], callback["state"]) for output, callback in app.callback_map.items()
    }
    policy = content_security_policy(app.csp_hashes())

    @server.before_request
    def check() -> None:
        if request.path == CALLBACK:
            _check_callback(request, registered)
        elif not _is_served(request.path, pages):
            abort(404)

    @server.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response


def content_security_policy(script_hashes: Sequence[str]) -> str:
    """Everything from this host; inline scripts only by their hash. Plotly writes inline styles."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {' '.join(script_hashes)}",
            "style-src 'self' 'unsafe-inline'",
            "connect-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "worker-src 'self' blob:",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _is_served(path: str, pages: frozenset[str]) -> bool:
    if path in UNUSED:
        return False
    return path in pages or path.startswith(("/_dash-", "/assets/", "/_favicon"))


def _check_callback(posted: Request, registered: dict[str, list[tuple[str, str]]]) -> None:
    if posted.method != "POST":
        abort(405)
    if not is_same_origin(posted):
        abort(403, "callbacks answer only to pages of the same origin")
    if not posted.is_json:
        abort(400, "a callback is posted as application/json")
    body = _parsed(posted)
    if not isinstance(body, dict) or not _fits(body, registered):
        abort(400, "this is not the body of a callback of this dashboard")


def _parsed(posted: Request) -> object:
    """The body as JSON; None where it is none. The strict reader refuses what another would choke on later: lists in
    lists without end, half a surrogate pair, NaN."""
    try:
        return orjson.loads(posted.get_data())
    except orjson.JSONDecodeError:
        return None


def is_same_origin(posted: Request) -> bool:
    """Whether the browser says that the request comes from our own page; a program that says nothing may ask."""
    site = posted.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = posted.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == posted.host


def _fits(body: dict[str, Any], registered: dict[str, list[tuple[str, str]]]) -> bool:
    """Whether the body has the form of a registered callback; only its values are then still untrusted."""
    output = body.get("output")
    if not isinstance(output, str) or output not in registered:
        return False
    changed = body.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(isinstance(each, str) for each in changed):
        return False
    arguments = _listed(body.get("inputs", [])) + _listed(body.get("state", []))
    return _names(arguments) == registered[output] and _has_outputs(output, body.get("outputs"))


def _has_outputs(output: str, outputs: object) -> bool:
    listed: list[Any] = outputs if isinstance(outputs, list) else [outputs]
    if not listed or not all(isinstance(each, dict) for each in listed):
        return False
    names = [f"{each.get('id')}.{each.get('property')}" for each in listed]
    return output in (names[0], f"..{'...'.join(names)}..")


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [None]


def _names(*arguments: list[Any]) -> list[tuple[str, str]]:
    each = (argument for group in arguments for argument in group)
    return [(str(a.get("id")), str(a.get("property"))) if isinstance(a, dict) else ("", "") for a in each]

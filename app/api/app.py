"""The API as one application, mounted at /api: its routers, its errors, its description."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.metadata import version
from pathlib import Path

import fastapi_offline
from fastapi import FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from sqlalchemy import Engine
from starlette.staticfiles import StaticFiles

from app.accounts.identity import COOKIE, SECURE_COOKIE
from app.api import (
    audit,
    catalogue,
    changes,
    cities,
    config,
    explanations,
    frameworks,
    history,
    observations,
    scores,
    status_board,
    submission_steps,
    submissions,
    templates,
    tokens,
    vintages,
    webhooks,
)
from app.api.answers import ProblemBody, install_problems
from app.api.caching import PublicAnswers
from app.api.deps import Limits
from app.replicas import Current, Published
from ingest.webhooks.subscriptions import Policy

DESCRIPTION = """
Figures of cities on five principles, each with its history. Every list answers with one envelope
(`meta`, `data`); every error is `application/problem+json` with a stable `code`; an unknown parameter is refused by
name. `as_of` takes a vintage number or an instant and answers with exactly what was known then.
"""

ROUTERS = (
    config,
    catalogue,
    cities,
    vintages,
    changes,
    observations,
    history,
    frameworks,
    scores,
    explanations,
    templates,
    submissions,
    submission_steps,
    status_board,
    tokens,
    audit,
    webhooks,
)


def create_api(
    engine: Engine,
    limits: Limits,
    *,
    is_secure: bool = False,
    current: Current | None = None,
) -> FastAPI:
    """The API over one database; `is_secure` says that cookies come over HTTPS alone.

    `current` says where published figures are read and what is known there; by default there alone, looked at each
    time.
    """
    api = FastAPI(
        title="Citymark",
        version=version("citymark"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        root_path_in_servers=False,
        servers=[{"url": "/api"}],
        strict_content_type=True,
    )
    api.state.engine = engine
    api.state.limits = limits
    api.state.mail, api.state.public_url = None, ""
    api.state.webhooks, api.state.scanner = Policy(), None
    api.state.cookie = SECURE_COOKIE if is_secure else COOKIE
    for module in ROUTERS:
        api.include_router(module.router, prefix="/v1")
    install_problems(api)
    api.add_middleware(PublicAnswers, current=current or Current(Published(engine), look_every_s=0.0))
    _describe_problems(api)
    _add_docs(api)
    return api


def _describe_problems(api: FastAPI) -> None:
    """Errors are ours, not the framework's: put their schema where the routes point to."""
    framework_description = api.openapi

    def openapi() -> dict[str, object]:
        described = framework_description()
        schemas = described["components"]["schemas"]
        schemas.setdefault("ProblemBody", ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}"))
        nested = schemas["ProblemBody"].pop("$defs", {})
        schemas.update(nested)
        return described

    api.openapi = openapi  # type: ignore[method-assign]


def _add_docs(api: FastAPI) -> None:
    """Swagger UI from files on this host, so that it opens without internet."""
    api.mount("/docs/assets", StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static"))

    page = get_swagger_ui_html(
        openapi_url="/api/openapi.json",
        title="Citymark API",
        swagger_js_url="/api/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/api/docs/assets/swagger-ui.css",
        swagger_favicon_url="/api/docs/assets/favicon.png",
        oauth2_redirect_url=None,
    )
    page.headers["Content-Security-Policy"] = _docs_policy(bytes(page.body).decode())

    @api.get("/docs", include_in_schema=False)
    def docs(_request: Request) -> Response:
        return Response(page.body, headers=dict(page.headers))


def _docs_policy(page: str) -> str:
    """Lets run what the page itself holds, by its hash, and files of this host; Swagger UI writes its own styles."""
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'sha256-{digest}'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )

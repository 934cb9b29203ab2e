"""Single sign-on by OpenID Connect: to the provider, back with a code, in with the account that was made here before.

Authlib speaks the protocol: discovery, state, nonce, PKCE, the signature and the claims of the token.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from itsdangerous import TimestampSigner
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app.accounts import signing_in
from app.db import writing
from dashboard.served.asked import House, served
from dashboard.served.people import local_path

log = logging.getLogger("citymark.single_sign_on")
# The way there and back takes minutes; the sealed cookie that remembers it lives no longer.
WAY_LASTS_S = 600
#: How an ID token may be signed: by a key that the provider alone has.
SIGNED = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
)
USUAL = "RS256"


@dataclass(frozen=True)
class Provider:
    """What is known of the provider."""

    issuer: str
    client_id: str
    client_secret: str | None
    # By the first the way is sealed; one that was sealed by another is still known.
    secret_keys: tuple[str, ...]
    # The ways of making sure of a person that are enough, as `acr` names them; none: any.
    acr: tuple[str, ...] = ()


def provider_app(house: House, provider: Provider) -> Starlette:
    """`/sign-in/provider` and the way back, with the sealed cookie that joins them."""
    way = _Way(house, _client(provider), provider, served(house, _refused))
    seal = Middleware(_Seal, keys=provider.secret_keys, is_secure=house.is_secure)
    return Starlette(routes=[Route("/", way.there), Route("/back", way.back)], middleware=[seal])


class _Seal(SessionMiddleware):
    """The cookie of a way, sealed by HMAC-SHA-256: Starlette itself takes SHA-1."""

    def __init__(self, app: ASGIApp, *, keys: tuple[str, ...], is_secure: bool) -> None:
        name = "__Host-citymark-way" if is_secure else "citymark-way"
        super().__init__(app, keys[0], name, WAY_LASTS_S, same_site="lax", https_only=is_secure)
        self.signer = TimestampSigner(keys[::-1], salt="citymark-way", digest_method=hashlib.sha256)


def _client(provider: Provider) -> Any:
    # Large, and needed only where a provider is named.
    from authlib.integrations.starlette_client import OAuth

    oauth = OAuth()
    oauth.register(
        "provider",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
    )
    return oauth.provider


@dataclass(frozen=True)
class _Way:
    """The way to the provider and back; `refused` is the page of a way that led nowhere."""

    house: House
    client: Any
    provider: Provider
    refused: Callable[[Request], Awaitable[Response]]

    async def there(self, request: Request) -> Response:
        request.session["next"] = local_path(request.query_params.get("next", ""))
        base = self.house.public_url or f"{request.url.scheme}://{request.url.netloc}"
        try:
            await self._meet()
            answer: Response = await self.client.authorize_redirect(
                request, f"{base}/sign-in/provider/back", **self._asked()
            )
        except Exception as error:
            # Whatever the provider, or the network on the way to it, does wrong has one answer for the reader.
            log.error("the provider cannot be reached: %s", type(error).__name__)
            return await self.refused(request)
        return answer

    def _asked(self) -> dict[str, str]:
        return {"acr_values": " ".join(self.provider.acr)} if self.provider.acr else {}

    def _sure(self, claims: dict[str, Any]) -> dict[str, Any]:
        """The claims, when the provider says that it made sure of the person as it was asked (OpenID Connect, 2)."""
        if self.provider.acr and claims.get("acr") not in self.provider.acr:
            raise ValueError("the provider made less sure of the person than CITYMARK_OIDC_ACR asks")
        return claims

    async def _meet(self) -> None:
        """The provider must say that it is the one that was configured; of its algorithms ours alone are used."""
        told: dict[str, Any] = await self.client.load_server_metadata()
        if str(told.get("issuer", "")).rstrip("/") != self.provider.issuer.rstrip("/"):
            raise ValueError("the metadata are of another issuer")
        name = "id_token_signing_alg_values_supported"
        told[name] = [each for each in told.get(name, ()) if each in SIGNED] or [USUAL]

    async def back(self, request: Request) -> Response:
        try:
            await self._meet()
            token: dict[str, Any] = await self.client.authorize_access_token(request)
            secret = await run_in_threadpool(_secret, self.house, self._sure(token["userinfo"]))
        except Exception as error:
            # A forged answer, a stolen code, an unknown person, a network that fails: nobody comes in.
            log.warning("single sign-on refused: %s", type(error).__name__)
            return await self.refused(request)
        answer = RedirectResponse(request.session.pop("next", "") or "/account", 303)
        answer.headers["Cache-Control"] = "no-store"
        lasts = int(signing_in.LASTS.total_seconds())
        answer.set_cookie(
            self.house.cookie, secret, lasts, secure=self.house.is_secure, httponly=True, samesite="lax"
        )
        return answer


def _secret(house: House, claims: dict[str, Any]) -> str:
    """Sign in the account behind the claims; its subject is issuer and person together."""
    subject = f"{claims['iss']}|{claims['sub']}"
    with writing(house.engine) as session:
        return signing_in.by_single_sign_on(
            session,
            subject,
            claims.get("email"),
            is_verified=claims.get("email_verified") is True,
            now=house.clock(),
        )


def _refused(asked: Any) -> Response:
    key = "single_sign_on_failed" if asked.house.has_passwords else "single_sign_on_failed_alone"
    words = asked.words.say(key)
    answer: Response = asked.page("sign_in.html", 401, next="", email="", error=words)
    return answer

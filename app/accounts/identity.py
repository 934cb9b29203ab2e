"""Who asks: told from the cookie of a browser or the header of a program, the same for API and pages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from app.access import ANONYMOUS, Actor
from app.accounts import signing_in, tokens
from app.db import reading, writing
from app.errors import Unauthenticated

COOKIE = "citymark-session"
# With this name a browser takes the cookie from this host alone, over HTTPS alone.
SECURE_COOKIE = "__Host-citymark-session"


def actor_of(engine: Engine, *, cookie: str | None, authorization: str | None, now: datetime) -> Actor:
    """The actor behind a request; ANONYMOUS without credentials or with a cookie that is over.

    Unauthenticated for a header that is no valid token: a program wants to know.
    """
    if authorization is not None:
        return _of_token(engine, authorization, now)
    if not cookie:
        return ANONYMOUS
    with reading(engine) as session:
        seen = signing_in.seen(session, cookie, now=now)
    if seen is None:
        return ANONYMOUS
    if seen.is_due:
        with writing(engine) as session:
            signing_in.mark_seen(session, cookie, now=now)
    return seen.person.actor()


def _of_token(engine: Engine, authorization: str, now: datetime) -> Actor:
    scheme, _, secret = authorization.partition(" ")
    if scheme.casefold() != "bearer" or not secret.strip():
        raise Unauthenticated("send a token as Authorization: Bearer cm_…")
    with reading(engine) as session:
        bearer = tokens.bearer(session, secret.strip(), now=now)
    if bearer is None:
        raise Unauthenticated("this token is not valid (any more): make a new one on the account page")
    if bearer.is_due:
        with writing(engine) as session:
            tokens.mark_used(session, bearer.token_id, now=now)
    return bearer.actor

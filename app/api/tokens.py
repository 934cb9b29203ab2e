"""Tokens over HTTP: a person's own, for programs that speak in their name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from app.access import Scope
from app.accounts import tokens
from app.accounts.tokens import MOST_DAYS, Token
from app.api.answers import (
    NOT_FOUND_RESPONSE,
    PRIVATE_RESPONSES,
    PROBLEM_RESPONSES,
    Meta,
    envelope,
    json_answer,
    meta,
    private,
)
from app.api.deps import ActorDep, NoQuery, NowDep, SessionDep, WritingDep
from app.errors import Invalid, Problem
from app.queries import vintages

router = APIRouter(tags=["accounts"], responses=PROBLEM_RESPONSES | PRIVATE_RESPONSES)


class TokenRow(BaseModel):
    """A token, never with its secret."""

    id: int
    name: str
    start: str = Field(description="Its first letters, to know it again.", examples=["cm_Ab3dEf9h"])
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


class NewToken(TokenRow):
    """A token just made, with its secret: it is shown this once."""

    secret: str = Field(examples=["cm_…"])


class TokenList(BaseModel):
    """Tokens, the newest first."""

    meta: Meta
    data: list[TokenRow]


class TokenOne(BaseModel):
    """One token."""

    meta: Meta
    data: TokenRow


class TokenMade(BaseModel):
    """A token just made."""

    meta: Meta
    data: NewToken


class TokenWish(BaseModel):
    """What a new token is for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1, max_length=80, examples=["quarterly upload"])
    scopes: list[str] = Field(
        default_factory=list, max_length=len(Scope), description="submit, review", examples=[["submit"]]
    )
    days: int = Field(90, ge=1, le=MOST_DAYS, description="How long it lasts.")


@router.get("/tokens", response_model=None, responses={200: {"model": TokenList}})
def list_tokens(session: SessionDep, actor: ActorDep, _query: NoQuery) -> Response:
    """Your own tokens."""
    rows = [_row(token) for token in tokens.tokens(session, actor)]
    return private(envelope(meta(vintages.newest(session), len(rows)), rows))


@router.post("/tokens", status_code=201, response_model=None, responses={201: {"model": TokenMade}})
def make_token(session: WritingDep, actor: ActorDep, now: NowDep, wish: TokenWish, _query: NoQuery) -> Response:
    """A new token of your own; its secret is in this answer alone. Only a person signed in makes tokens."""
    scopes = frozenset(_scope(name) for name in wish.scopes)
    token, secret = tokens.add_token(session, actor, wish.name, scopes, wish.days, now=now)
    body = {"meta": meta(vintages.newest(session), 1), "data": {**_row(token), "secret": secret}}
    return private(json_answer(body, 201))


@router.delete("/tokens/{token_id}", response_model=None, responses={200: {"model": TokenOne}, **NOT_FOUND_RESPONSE})
def revoke_token(
    session: WritingDep, actor: ActorDep, now: NowDep, token_id: Annotated[int, Path(ge=1, lt=2**31)], _query: NoQuery
) -> Response:
    """Take a token of your own back; it opens nothing from now on."""
    token = tokens.revoke_token(session, actor, token_id, now=now)
    return private(envelope(meta(vintages.newest(session), 1), _row(token)))


def _scope(name: str) -> Scope:
    if name not in set(Scope):
        message = f"{name!r} is not a scope: use {', '.join(Scope)}"
        raise Invalid(message, problems=(Problem("body.scopes", message),))
    return Scope(name)


def _row(token: Token) -> dict[str, Any]:
    return {name: getattr(token, name) for name in TokenRow.model_fields}

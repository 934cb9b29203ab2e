"""Whatever stands in an address: a page answers, shows it as text, and never what one city has not published yet."""

from __future__ import annotations

import os
import random

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.dashboard.served.conftest import PASSWORD, file

ADDRESSES = int(os.environ.get("CITYMARK_RANDOM_ADDRESSES", "48"))
CODE = "TI_SMART_LIGHTING"
PAGES = (
    "/", "/indicator", "/peers", "/coverage", "/data", "/method", "/index", "/city/ru-kazan", "/compare", "/compare",
    f"/indicator/{CODE}", f"/indicator/{CODE}", "/embed/index/ranks", f"/embed/indicator/{CODE}/ranking",
    "/chart/index/ranks.svg", f"/chart/indicator/{CODE}/trend.csv", "/api/v1/observations", "/api/v1/scores",
)  # fmt: skip
KEYS = (
    "c", "t", "peer", "as_of", "i", "lang", "add", "cite", "p", "change", "q", "more", "n", "x", "y", "all", "goal",
    "w-population", "w-human_capital", "against", "group", "period", "city", "indicator", "limit", "cursor",
)  # fmt: skip
VALUES = (
    "ru-kazan", "ru-kazan~ru-ufa", "~", "~~", "2026-Q2", "2099-Q1", "2026", "1999", "near:ru-kazan:5", "near:x:1",
    "size:over_1m", "country:ZZ", "0", "-1", "1e999", "nan", "9" * 25, "9" * 400, "en", "xx", "%00", "%ff", "%D0%9A",
    "%F0%9F%98%80", "<b>", "%3Cb%3E", "'", "%27%22", "standing:ab", "all", CODE, f"{CODE}~HC_LIFE_EXP",
    "2026-01-01T00:00:00Z", "0001-01-01T00:00:00%2B14:00", "..%2f..%2fetc%2fpasswd", "$(id)", "",
)  # fmt: skip
#: A figure that only the people of one city may see until it is published.
DRAFT = "73.519173"


@pytest.fixture(scope="module")
def readers(peopled: str) -> list[TestClient]:
    """Nobody, an official of another city, an analyst: beside a draft that is not theirs."""
    app = create_app(Settings(database_url=peopled))
    author, other, analyst = (_signed_in(app, name) for name in ("kazan", "ufa", "analyst"))
    form = {"city": "ru-kazan", "period": "2026-Q3", "deed": "file"}
    content = file((CODE, DRAFT))
    sent = author.post("/submit", data=form, files={"file": ("f.csv", content, "text/csv")})
    draft = author.get(sent.headers["location"]).text
    assert DRAFT.replace(".", ",") in draft
    return [TestClient(app, follow_redirects=False), other, analyst]


def _signed_in(app: object, name: str) -> TestClient:
    client = TestClient(app, follow_redirects=False)  # type: ignore[arg-type]
    assert client.post("/sign-in", data={"email": f"{name}@city.example", "password": PASSWORD}).status_code == 303
    return client


def address(dice: random.Random) -> str:
    query = "&".join(f"{dice.choice(KEYS)}={dice.choice(VALUES)}" for _ in range(dice.randint(1, 5)))
    return f"{dice.choice(PAGES)}?{query}"


def test_any_address_is_answered_and_tells_nothing_of_a_draft(readers: list[TestClient]) -> None:
    dice = random.Random(20_261_127)
    for _ in range(ADDRESSES):
        path = address(dice)
        answer = dice.choice(readers).get(path)
        # The API names what is wrong with a question (422), charts that are not there are 404.
        usual = (200, 303) if not path.startswith(("/api/", "/chart/", "/embed/")) else (200, 303, 404, 422)
        assert answer.status_code in usual, path
        assert "<b>" not in answer.text, path
        assert not any(secret in answer.text for secret in (DRAFT, DRAFT.replace(".", ","))), path

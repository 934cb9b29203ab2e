"""Feeds of publications, read by the programs of others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.api.feeds import create_feeds
from app.db import writing
from app.main import create_app
from app.settings import Settings
from tests.makers import publish_figures

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def client(figures: Engine, database_url: str) -> Iterator[TestClient]:
    app = create_app(Settings(database_url=database_url, public_url="https://figures.example"))
    with TestClient(app) as client:
        yield client


def test_atom_has_what_its_standard_asks(client: TestClient) -> None:
    answer = client.get("/feeds/publications.atom?lang=ru")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = etree.fromstring(answer.content)
    assert feed.xpath("string(a:id)", namespaces=ATOM) == "https://figures.example/feeds/publications.atom"
    entries = feed.xpath("a:entry", namespaces=ATOM)
    assert [entry.xpath("string(a:title)", namespaces=ATOM) for entry in entries] == [
        "Выпуск 3: новых 0, уточнено 0, отозвано 1",
        "Выпуск 2: новых 0, уточнено 1, отозвано 0",
        "Выпуск 1: новых 4, уточнено 0, отозвано 0",
    ]
    for each in (feed, *entries):
        assert each.xpath("string(a:id)", namespaces=ATOM)
        assert each.xpath("string(a:updated)", namespaces=ATOM).endswith("Z")
    ids = feed.xpath("//a:id/text()", namespaces=ATOM)
    assert len(set(ids)) == len(ids)


def test_json_feed_leads_to_the_changes(client: TestClient) -> None:
    body = client.get("/feeds/publications.json").json()
    assert body["version"] == "https://jsonfeed.org/version/1.1"
    newest = body["items"][0]
    assert newest["url"] == "https://figures.example/api/v1/changes?since=2"
    changes = client.get(newest["url"].removeprefix("https://figures.example")).json()
    assert len(changes["data"]) == 1
    assert "tester" not in str(body)


def test_a_feed_is_unchanged_until_something_is_published(client: TestClient, figures: Engine) -> None:
    tag = client.get("/feeds/publications.atom").headers["etag"]
    assert client.get("/feeds/publications.atom", headers={"If-None-Match": tag}).status_code == 304
    with writing(figures) as session:
        publish_figures(session, {"value": "60"})
    fresh = TestClient(create_feeds(figures, "")).get("/publications.atom")
    assert b"Vintage 4" in fresh.content

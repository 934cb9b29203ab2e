"""A running program tells a receiver of a publication; the guide's receiver believes it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine

from app.access import Role
from app.accounts import people, signing_in
from app.accounts.identity import COOKIE
from app.accounts.people import Rights
from app.db import writing
from app.main import create_app
from app.settings import Settings
from tests.ingest.jobs.services import Told, service
from tests.makers import make_city, make_indicator, publish_figures
from tests.office import OPERATOR
from tests.servers import serving, until

GUIDE = Path(__file__).parents[2] / "docs" / "webhooks.md"


@pytest.fixture
def is_genuine() -> Any:
    """The receiver's check as the guide prints it."""
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - our own guide
    return names["is_genuine"]


def test_a_publication_reaches_a_receiver_within_seconds(
    database: Engine, database_url: str, is_genuine: Any
) -> None:
    with writing(database) as session:
        make_city(session)
        make_indicator(session)
        rights = Rights(frozenset({Role.ADMINISTRATOR}), frozenset())
        now = datetime.now(UTC)
        person = people.add_person(session, OPERATOR, "boss@city.example", "Boss", rights, now=now)
        cookie = {"Cookie": f"{COOKIE}={signing_in.start(session, person.id, 'test', now=now)}"}
    settings = Settings.model_validate(
        {"database_url": database_url, "secret_key": "k3y" * 16, "webhooks_private": True}
    )
    with service(lambda _: Told()) as there, serving(create_app(settings)) as address:
        wish = {"name": "portal", "address": f"{there.url}/hook"}
        made = httpx2.post(f"{address}/api/v1/webhooks", json=wish, headers=cookie)
        assert made.status_code == 201, made.text
        number, secret = made.json()["data"]["id"], made.json()["data"]["secret"]
        with writing(database) as session:
            publish_figures(session, {"value": "1"}, now=now)
        until(lambda: len(there.asked) == 1)
        asked = there.asked[0]
        assert is_genuine(secret, asked.headers, asked.body)
        assert not is_genuine(secret, asked.headers, asked.body + b" ")
        late = {**asked.headers, "webhook-timestamp": "1700000000"}
        assert not is_genuine(secret, late, asked.body)

        def states() -> list[str]:
            log = httpx2.get(f"{address}/api/v1/webhooks/{number}/deliveries", headers=cookie).json()["data"]
            return [each["state"] for each in log]

        until(lambda: states() == ["delivered"])
        (listed,) = httpx2.get(f"{address}/api/v1/webhooks", headers=cookie).json()["data"]
        assert (listed["name"], listed["told"], listed["waiting"], listed["failed"]) == ("portal", 1, 0, 0)
        assert "secret" not in listed
        shown = httpx2.get(f"{address}/admin?lang=en", headers=cookie).text
        assert f"{there.url}/hook" in shown
        assert "Last delivered" in shown
        counted = httpx2.get(f"{address}/metrics").text
        assert 'citymark_webhook_deliveries{state="delivered"} 1.0' in counted

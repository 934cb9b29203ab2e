"""Single sign-on against a real OpenID Connect provider, started here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

with warnings.catch_warnings():
    # The provider's own imports are its own affair.
    warnings.simplefilter("ignore")
    from oidc_provider_mock import User, run_server_in_thread

from app.main import create_app
from app.settings import Settings
from tests.dashboard.served.conftest import PASSWORD, Site
from tests.servers import serving

KEY = "Zx8-u2Kq_7vB1nM4sD9fG6hJ3kL5pQ0w"
USERS = [
    User(sub="1", claims={"email": "Reviewer@city.example", "email_verified": True}),
    User(sub="2", claims={"email": "reviewer@city.example", "email_verified": False}),
    User(sub="3", claims={"email": "nobody@city.example", "email_verified": True}),
    User(sub="4", claims={"email": "reviewer@city.example", "email_verified": True, "acr": "two-factors"}),
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with run_server_in_thread(user_claims=USERS) as server:
            yield f"http://localhost:{server.server_port}"


def through(site: Site, issuer: str, **more: Any) -> TestClient:
    settings = Settings(
        database_url=site.url,
        oidc_issuer=issuer,
        oidc_client_id="citymark",
        oidc_client_secret="a secret of the tests",
        oidc_name="МинЦифры",
        public_url="http://testserver",
        **more,
    )
    return TestClient(create_app(settings), follow_redirects=False)


@pytest.fixture
def browser(site: Site, issuer: str) -> TestClient:
    return through(site, issuer)


def way(
    browser: TestClient, subject: str, wanted: str = "/review", home: TestClient | None = None
) -> httpx2.Response:
    """There, through the provider's own page as this person, and back, with `home` to another process."""
    there = browser.get(f"/sign-in/provider/?next={wanted}")
    assert there.status_code == 302, there.text
    address = there.headers["location"]
    asked = parse_qs(urlsplit(address).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://testserver/sign-in/provider/back"]
    answer = httpx2.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    back = urlsplit(answer.headers["location"])
    if home:
        home.cookies.update(browser.cookies)
    return (home or browser).get(f"{back.path}?{back.query}")  # type: ignore[return-value]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_person_with_an_account_comes_in(browser: TestClient) -> None:
    assert "Войти через МинЦифры" in browser.get("/sign-in").text
    answer = way(browser, "1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/review")
    assert browser.get("/review").status_code == 200
    browser.post("/sign-out")
    assert way(browser, "1", "//evil.example").headers["location"] == "/account"


@pytest.mark.parametrize("subject", ["2", "3"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_address_that_is_not_verified_or_has_no_account_stays_out(browser: TestClient, subject: str) -> None:
    answer = way(browser, subject)
    assert answer.status_code == 401
    assert "не удался" in answer.text
    assert browser.get("/review").status_code == 303


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_way_back_that_was_not_begun_here_leads_nowhere(browser: TestClient) -> None:
    assert browser.get("/sign-in/provider/back?code=stolen&state=forged").status_code == 401
    begun = browser.get("/sign-in/provider/")
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    assert browser.get(f"/sign-in/provider/back?code=stolen&state={state}").status_code == 401
    assert browser.get("/review").status_code == 303


def test_the_way_is_sealed_by_sha_256(site: Site, issuer: str) -> None:
    """Computed without the library: its key is the hash of salt, purpose and secret, as its guide says."""
    browser = through(site, issuer, secret_key=KEY)
    browser.get("/sign-in/provider/")
    sealed, _, signature = browser.cookies["citymark-way"].rpartition(".")
    key = hashlib.sha256(b"citymark-way" + b"signer" + KEY.encode()).digest()
    expected = base64.urlsafe_b64encode(hmac.digest(key, sealed.encode(), "sha256")).rstrip(b"=")
    assert signature == expected.decode()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_way_begun_before_the_key_was_changed_leads_home_and_a_new_one_is_sealed_by_the_new_key(
    site: Site, issuer: str
) -> None:
    other = "m7-Rw2Tb_9xQ4pZ8vK1nH6sL3dJ5gF0y"
    begun = through(site, issuer, secret_key=KEY)
    changed = through(site, issuer, secret_key=other, secret_key_before=KEY)
    stranger = through(site, issuer, secret_key=other)
    assert way(begun, "1", home=stranger).status_code == 401
    assert way(begun, "1", home=changed).headers["location"] == "/review"
    assert way(changed, "1", home=stranger).headers["location"] == "/review"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_only_those_come_in_of_whom_the_provider_made_as_sure_as_asked(site: Site, issuer: str) -> None:
    browser = through(site, issuer, oidc_acr="two-factors hardware")
    there = urlsplit(browser.get("/sign-in/provider/").headers["location"])
    assert parse_qs(there.query)["acr_values"] == ["two-factors hardware"]
    assert way(browser, "1").status_code == 401
    assert browser.get("/review").status_code == 303
    assert way(browser, "4").headers["location"] == "/review"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_where_passwords_are_not_used_none_opens_anything(site: Site, issuer: str) -> None:
    browser = through(site, issuer, passwords=False)
    page = browser.get("/sign-in").text
    assert "Войти через МинЦифры" in page
    assert 'type="password"' not in page
    right = {"email": "reviewer@city.example", "password": PASSWORD}
    assert browser.post("/sign-in", data=right).status_code == 404
    for path in ("/sign-in/invitation", "/account"):
        assert browser.get(path).status_code in (404, 303)
    assert way(browser, "1").headers["location"] == "/review"
    assert 'type="password"' not in browser.get("/account").text
    new = {"old": PASSWORD, "password": PASSWORD[::-1]}
    assert browser.post("/account/password", data=new).status_code == 404
    with pytest.raises(ValueError, match="CITYMARK_PASSWORDS=false needs CITYMARK_OIDC_ISSUER"):
        Settings(passwords=False)


def test_a_provider_that_does_not_answer_is_told(site: Site) -> None:
    settings = Settings(database_url=site.url, oidc_issuer="http://localhost:9", oidc_client_id="x")
    answer = TestClient(create_app(settings), follow_redirects=False).get("/sign-in/provider/")
    assert answer.status_code == 401
    assert re.search("войдите по паролю", answer.text)


def test_a_provider_that_says_it_is_another_leads_nowhere(site: Site, issuer: str) -> None:
    def metadata(_request: Request) -> JSONResponse:
        return JSONResponse({**httpx2.get(f"{issuer}/.well-known/openid-configuration").json(), "issuer": issuer})

    with serving(Starlette(routes=[Route("/.well-known/openid-configuration", metadata)])) as other:
        settings = Settings(
            database_url=site.url, oidc_issuer=other, oidc_client_id="citymark", oidc_client_secret="a secret"
        )
        answer = TestClient(create_app(settings), follow_redirects=False).get("/sign-in/provider/")
    assert answer.status_code == 401
    assert "location" not in answer.headers

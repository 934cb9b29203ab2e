"""Addresses as they are in the world: busy, broken, slow, endless, leading elsewhere, inside the house."""

from __future__ import annotations

import gzip
import hashlib
import logging
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.client.retries import wait_s
from app.errors import Invalid
from ingest.guard import reachable, shown
from ingest.jobs.fetch import Fetcher, Known
from ingest.jobs.source import File, Limits, files
from ingest.jobs.source_keys import Fetch, Source
from tests.ingest.jobs.services import Told, in_turn, service

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
HERE = Fetch(allow_private=True, min_interval_s=0)
LIMITS = Limits(max_bytes=1_000, max_rows=100, max_columns=10, timeout_s=5)


class Waits(list[float]):
    """A clock that stands still but for what is slept."""

    def sleep(self, seconds: float) -> None:
        self.append(seconds)

    def monotonic(self) -> float:
        return sum(self)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def fetcher(waits: Waits) -> Fetcher:
    return Fetcher(1_000, 5, waits.sleep, waits.monotonic)


@pytest.mark.parametrize(
    ("attempt", "retry_after", "seconds"),
    [
        (1, None, 1),
        (3, None, 4),
        (30, None, 60),
        (1, "7", 7),
        (1, "Thu, 26 Nov 2026 12:00:30 GMT", 30),
        (1, "Thu, 26 Nov 2026 11:00:00 GMT", 0),
        (2, "soon", 2),
        (2, "-5", 2),
    ],
)
def test_the_wait_is_what_the_server_asks_for_or_doubles(attempt: int, retry_after: str | None, seconds: int) -> None:
    assert wait_s(attempt, retry_after, NOW) == seconds


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_service_is_asked_again_when_it_says(status: int, fetcher: Fetcher, waits: Waits) -> None:
    busy = Told(status=status, headers={"Retry-After": "9"})
    with service(in_turn(busy, Told(status=503), Told(b"a,b\n1,2\n"))) as there:
        assert fetcher.get(f"{there.url}/t.csv", HERE).content == b"a,b\n1,2\n"
    # Pauses between requests are none here; the second wait is the second of 1, 2, 4, …
    assert [wait for wait in waits if wait] == [9, 2]
    assert len(there.asked) == 3


def test_patience_ends_after_the_attempts(fetcher: Fetcher, waits: Waits) -> None:
    with (
        service(in_turn(Told(status=503))) as there,
        pytest.raises(Invalid, match="cannot be fetched, tried 4 times: it answered 503"),
    ):
        fetcher.get(there.url, HERE)
    assert [wait for wait in waits if wait] == [1, 2, 4]


def test_a_service_that_asks_for_an_hour_is_left_alone(fetcher: Fetcher, waits: Waits) -> None:
    with (
        service(in_turn(Told(status=429, headers={"Retry-After": "3600"}))) as there,
        pytest.raises(Invalid, match="tried 1 times: it answered 429; it asks to come back in 3600 s"),
    ):
        fetcher.get(there.url, HERE)
    assert [wait for wait in waits if wait] == []


def test_the_deadline_counts_waits(fetcher: Fetcher, waits: Waits) -> None:
    how = Fetch(allow_private=True, min_interval_s=0, deadline_s=100)
    with (
        service(in_turn(Told(status=503, headers={"Retry-After": "60"}))) as there,
        pytest.raises(Invalid, match="tried 2 times"),
    ):
        fetcher.get(there.url, how)
    assert [wait for wait in waits if wait] == [60]


def test_other_errors_are_told_at_once_in_the_services_words(fetcher: Fetcher) -> None:
    with (
        service(in_turn(Told(b"No such series:\n Q.XX", status=404))) as there,
        pytest.raises(Invalid, match="answered 404: No such series: Q.XX"),
    ):
        fetcher.get(there.url, HERE)
    assert len(there.asked) == 1


def test_a_cut_answer_is_never_taken_for_whole(fetcher: Fetcher) -> None:
    with service(in_turn(Told(b"a,b\n1", missing=4), Told(b"a,b\n1,2\n"))) as there:
        assert fetcher.get(there.url, HERE).content == b"a,b\n1,2\n"
    with service(in_turn(Told(b"a,b\n1", missing=4))) as there, pytest.raises(Invalid, match="tried 4 times"):
        fetcher.get(there.url, HERE)


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """What a slow service waits for; set when the test ends."""
    event = threading.Event()
    yield event
    event.set()


def test_a_slow_answer_is_given_up(waits: Waits, held: threading.Event) -> None:
    fetcher = Fetcher(1_000, 0.2, waits.sleep, waits.monotonic)
    once = Fetch(allow_private=True, attempts=1)
    slow = Told(b"late", before=lambda: held.wait(20))
    with service(in_turn(slow)) as there:
        try:
            with pytest.raises(Invalid, match="tried 1 times: .*timed out"):
                fetcher.get(there.url, once)
        finally:
            held.set()


def test_more_bytes_than_allowed_are_not_read(fetcher: Fetcher) -> None:
    with (
        service(in_turn(Told(b"x" * 1_001))) as there,
        pytest.raises(Invalid, match=r"larger than 1000 bytes \(CITYMARK_MAX_SOURCE_BYTES\)"),
    ):
        fetcher.get(there.url, HERE)


def test_the_hash_that_a_job_demands_is_held_against_the_bytes(fetcher: Fetcher) -> None:
    content = b"a,b\n1,2\n"
    right = hashlib.sha256(content).hexdigest()
    with service(in_turn(Told(content))) as there:
        source = Source(url=f"{there.url}/t.csv", sha256=right, fetch=HERE)
        (file,) = files(source, (), LIMITS, fetcher)
        assert (file.name, file.content) == ("t.csv", content)
        other = source.model_copy(update={"sha256": "0" * 64})
        with pytest.raises(Invalid, match=f"t.csv has the sha256 {right}, the job demands 0000"):
            files(other, (), LIMITS, fetcher)


def test_what_is_known_is_not_sent_again(fetcher: Fetcher) -> None:
    def answers(request: object) -> Told:
        known = getattr(request, "headers", {}).get("if-none-match") == '"v1"'
        return Told(status=304) if known else Told(b"new", headers={"ETag": '"v1"', "Last-Modified": "yesterday"})

    with service(answers) as there:
        answer = fetcher.ask(there.url, HERE, "*/*", Known(None, None))
        assert answer is not None
        assert (answer.etag, answer.last_modified) == ('"v1"', "yesterday")
        assert fetcher.ask(there.url, HERE, "*/*", Known(answer.etag, answer.last_modified)) is None
    assert there.asked[1].headers["if-modified-since"] == "yesterday"


def test_requests_keep_their_distance_and_say_who_asks(fetcher: Fetcher, waits: Waits) -> None:
    how = Fetch(allow_private=True, min_interval_s=1.5)
    with service(in_turn(Told(b"x"))) as there:
        fetcher.get(there.url, how)
        fetcher.get(there.url, how)
    assert waits == [1.5]
    assert there.asked[0].headers["user-agent"].startswith("Citymark/")


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("http://127.0.0.1:9/x", "127.0.0.1"),
        ("http://localhost:9/x", ""),
        ("http://10.1.2.3/", "10.1.2.3"),
        ("http://169.254.169.254/latest/meta-data", "169.254.169.254"),
        ("http://[::1]/", "::1"),
        ("http://[::ffff:10.0.0.1]/", "::ffff"),
        ("http://[64:ff9b::7f00:1]/", "64:ff9b"),
        ("http://[2002:7f00:1::]/", "2002:7f00"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://0/", "0.0.0"),
        ("http://224.0.0.1/", "224.0.0.1"),
    ],
)
def test_nothing_inside_the_house_is_reached_unless_the_job_says_so(
    address: str, number: str, fetcher: Fetcher
) -> None:
    with pytest.raises(Invalid, match="inside this machine or a private network") as refused:
        fetcher.get(address, Fetch())
    assert number in refused.value.message


@pytest.mark.parametrize(
    "address", ["ftp://example.org/x.csv", "file:///etc/hosts", "gopher://x/", "http:///x", "x.csv"]
)
def test_only_http_and_https_are_fetched(address: str, fetcher: Fetcher) -> None:
    with pytest.raises(Invalid, match="only http and https"):
        fetcher.get(address, HERE)


def test_public_numbers_pass_as_they_are() -> None:
    assert reachable(httpx2.URL("https://93.184.215.14/x"), allow_private=False) == ["93.184.215.14"]


def test_redirects_are_followed_within_the_rules(fetcher: Fetcher) -> None:
    with service(in_turn(Told(status=302, headers={"Location": "/real.csv"}), Told(b"x"))) as there:
        assert fetcher.get(f"{there.url}/old", HERE).address == f"{there.url}/old"
        assert [request.path for request in there.asked] == ["/old", "/real.csv"]


@pytest.mark.parametrize(
    ("location", "words"),
    [("ftp://example.org/x", "only http and https"), ("/again", "leads on more than 5 times")],
)
def test_redirects_that_lead_astray_are_refused(location: str, words: str, fetcher: Fetcher) -> None:
    with (
        service(in_turn(Told(status=302, headers={"Location": location}))) as there,
        pytest.raises(Invalid, match=words),
    ):
        fetcher.get(there.url, HERE)


def test_a_secret_comes_from_the_environment_and_stays_with_its_host(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("STAT_TOKEN", "Bearer canary-5d1f")
    how = Fetch(allow_private=True, min_interval_s=0, secret_headers={"Authorization": "STAT_TOKEN"})
    with service(in_turn(Told(b"elsewhere"))) as other:
        away = Told(status=302, headers={"Location": f"{other.url}/x?key=hidden"})
        with service(in_turn(away)) as there:
            assert fetcher.get(there.url, how).content == b"elsewhere"
    assert there.asked[0].headers["authorization"] == "Bearer canary-5d1f"
    assert "authorization" not in other.asked[0].headers
    assert "canary" not in caplog.text


def test_a_secret_that_is_not_set_stops_the_job_by_name(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAT_TOKEN", raising=False)
    with service(in_turn(Told(b"x"))) as there, pytest.raises(Invalid, match="STAT_TOKEN is not set"):
        fetcher.get(there.url, Fetch(allow_private=True, secret_headers={"Authorization": "STAT_TOKEN"}))
    assert there.asked == []


def test_settings_of_the_installation_are_not_lent() -> None:
    with pytest.raises(ValueError, match="CITYMARK_SECRET_KEY is a setting of this installation"):
        Fetch(secret_headers={"X": "CITYMARK_SECRET_KEY"})
    assert Fetch(secret_headers={"X": "CITYMARK_SOURCE_ONS"}).secret_headers


def test_a_password_in_an_address_is_refused_and_not_repeated(fetcher: Fetcher) -> None:
    with pytest.raises(Invalid, match="holds a password") as refused:
        fetcher.get("http://me:canary@example.org/x", HERE)
    assert "canary" not in refused.value.message


def test_what_stands_in_a_query_is_not_shown() -> None:
    assert shown(httpx2.URL("https://example.org:8443/a?key=canary")) == "https://example.org:8443/a?…"


def test_a_file_knows_where_it_came_from() -> None:
    assert File("t.csv", b"").address == "t.csv"


def test_a_service_that_repeats_a_secret_does_not_bring_it_into_the_report(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAT_TOKEN", "Bearer canary-5d1f")
    how = Fetch(allow_private=True, secret_headers={"Authorization": "STAT_TOKEN"})
    echo = Told(b"unknown token canary-5d1f in 'Bearer canary-5d1f'", status=403)
    with service(in_turn(echo)) as there, pytest.raises(Invalid, match="answered 403: unknown token") as refused:
        fetcher.get(there.url, how)
    assert "canary" not in refused.value.message


@pytest.mark.parametrize("secret", ["Bearer canary\n", " canary", "canary\u00e9"])
def test_a_secret_that_no_header_may_hold_is_named_and_not_shown(
    secret: str, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAT_TOKEN", secret)
    with service(in_turn(Told(b"x"))) as there, pytest.raises(Invalid, match="STAT_TOKEN holds") as refused:
        fetcher.get(there.url, Fetch(allow_private=True, secret_headers={"Authorization": "STAT_TOKEN"}))
    assert "canary" not in refused.value.message


def test_a_damaged_encoding_is_refused(fetcher: Fetcher) -> None:
    with (
        service(in_turn(Told(b"not gzip", headers={"Content-Encoding": "gzip"}))) as there,
        pytest.raises(Invalid, match="cannot be fetched, tried 4 times"),
    ):
        fetcher.get(there.url, HERE)


def test_a_small_answer_that_unpacks_to_a_large_one_is_refused(fetcher: Fetcher) -> None:
    bomb = Told(gzip.compress(b"0" * 1_000_000), headers={"Content-Encoding": "gzip"})
    with service(in_turn(bomb)) as there, pytest.raises(Invalid, match="larger than 1000 bytes"):
        fetcher.get(there.url, HERE)


def test_a_proxy_of_the_environment_looks_names_up_but_no_numbers(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service(in_turn(Told(b"by proxy"))) as proxy:
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert fetcher.get("http://stat.example.org/t.csv", Fetch(min_interval_s=0)).content == b"by proxy"
        with pytest.raises(Invalid, match="inside this machine or a private network"):
            fetcher.get("http://10.0.0.1/", Fetch(min_interval_s=0))
        with service(in_turn(Told(b"direct"))) as there:
            assert fetcher.get(there.url, HERE).content == b"direct"
    assert [request.headers["host"] for request in proxy.asked] == ["stat.example.org"]


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for the name localhost alone, which this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begin = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = tmp_path / "public.pem", tmp_path / "private.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context


def test_a_certificate_is_held_against_the_name_that_was_asked_for(
    fetcher: Fetcher, certified: ssl.SSLContext
) -> None:
    with service(in_turn(Told(b"sealed")), certified) as there:
        named = there.url.replace("127.0.0.1", "localhost")
        assert fetcher.get(named, HERE).content == b"sealed"
        with pytest.raises(Invalid, match="(?i)certificate"):
            fetcher.get(there.url, HERE)
    assert there.asked[0].headers["host"] == named.removeprefix("https://")

"""Every text that somebody can write, on every page that shows it, in Chromium: it is shown as it stands, and nothing
of it runs, opens, loads or becomes an element."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request

from tests.dashboard.served.conftest import PASSWORD
from tests.security.hostile import PAYLOADS, Ministry, city, indicator

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("hostile")]
#: Before anything of the page: whoever sets x7q, opens a dialog or breaks the policy is written down.
WATCH = """
window.ran = [];
Object.defineProperty(window, 'x7q', { set: (value) => window.ran.push('x7q=' + value), configurable: false });
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) window[name] = () => window.ran.push(name);
document.addEventListener('securitypolicyviolation', (event) => {
  window.ran.push(`policy ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""
#: What no page of ours has: handlers in attributes, addresses that are programs, elements that bring foreign content.
ALIVE = """() => {
  // Of ours: this host, and whom the register is owed to.
  const HOSTS = [location.host, 'www.geonames.org', 'creativecommons.org'];
  const found = [...window.ran];
  const say = (element) => found.push(element.outerHTML.slice(0, 160));
  for (const element of document.querySelectorAll('*')) {
    for (const { name, value } of element.attributes) {
      if (name.startsWith('on')) say(element);
      const leads = ['href', 'src', 'action', 'formaction', 'xlink:href', 'data', 'poster', 'srcdoc'].includes(name);
      const plain = value.replace(/[\\u0000-\\u0020]/g, '').toLowerCase();
      if (leads && /^(javascript|vbscript|data:text|data:application|data:image.svg)/.test(plain)) say(element);
      const isFar = leads && /^(https?:)?\\/\\//.test(plain);
      if (isFar && !HOSTS.includes(new URL(value, location.href).host)) say(element);
    }
  }
  document.querySelectorAll(`iframe, object, embed, base, math, video, audio, marquee, animate, foreignObject, extra,
    meta[http-equiv], svg script, svg use, form[id], svg a, main b, main br + a[href*=x7q]`).forEach(say);
  document.querySelectorAll('script:not([src])').forEach((each) => {
    if (/x7q|alert/.test(each.textContent)) say(each);
  });
  if (window.dash_clientside && window.dash_clientside.nodeType) found.push('clobbered');
  return found;
}"""
#: Everything a reader can come upon, in one text: words, fields, and what is said aloud or shown in passing.
SHOWN = """() => {
  const said = [document.documentElement.textContent];
  for (const element of document.querySelectorAll('*'))
    for (const { value } of element.attributes) said.push(value);
  document.querySelectorAll('input, textarea').forEach((each) => said.push(each.value));
  return said.join('\\n').replace(/\\s+/g, ' ');
}"""


@dataclass
class Reader:
    """A window in which nothing may happen."""

    address: str
    page: Page
    happened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(WATCH)
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.on("console", self._console)
        self.page.on("popup", lambda page: self.happened.append(f"window {page.url}"))
        self.page.on("pageerror", lambda error: self.happened.append(f"error {error}"))

    def _dialog(self, dialog: Dialog) -> None:
        self.happened.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        is_ours = request.url.startswith((self.address, "data:", "blob:"))
        if not is_ours or parts.path.startswith("/x7q"):
            self.happened.append(f"asked {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        # A page that answers 4xx is a line in the console; that is no event.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.happened.append(message.text)

    def open(self, path: str) -> str:
        """Go there; everything that is shown."""
        self.page.goto(self.address + path, wait_until="load")
        return self.looked(path)

    def looked(self, where: str) -> str:
        alive = [*self.page.evaluate(ALIVE), *self.happened]
        assert alive == [], where
        return str(self.page.evaluate(SHOWN))

    def sign_in(self, who: str) -> None:
        self.page.goto(f"{self.address}/sign-in")
        self.page.fill("[name=email]", f"{who}@city.example")
        self.page.fill("[name=password]", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "sign-in" not in url)

    def post(self, path: str, fields: dict[str, str]) -> str:
        """Send a form as the page of ours would."""
        with self.page.expect_navigation():
            self.page.evaluate(SEND, [path, fields])
        return self.looked(f"POST {path} {fields}")


SEND = """([path, fields]) => {
  const form = document.createElement('form');
  form.method = 'post'; form.action = path;
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement('textarea');
    field.name = name; field.value = value; form.append(field);
  }
  document.body.append(form); form.submit();
}"""


@pytest.fixture(scope="module")
def address(ministry: Ministry, serve: Any) -> str:
    return str(serve(ministry.url))


@pytest.fixture
def reader(chromium: Browser, address: str) -> Iterator[Reader]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield Reader(address, context.new_page())
    context.close()


def missing(shown: str, payloads: tuple[str, ...] = PAYLOADS) -> list[str]:
    """The payloads that do not stand there letter for letter."""
    return [text for text in payloads if " ".join(text.split()) not in shown]


def test_the_watch_sees_what_it_is_there_for(reader: Reader) -> None:
    """Written into a page without care, most of the payloads are noticed; the others are for other readers."""
    seen = []
    # One leads away from the page on which it would be noticed.
    for text in (each for each in PAYLOADS if "refresh" not in each):
        reader.page.goto(f"{reader.address}/healthz")
        reader.happened.clear()
        written = f"<main><p title='{text}'>{text}</p><a href='{text}'>x</a></main>"
        reader.page.evaluate("(written) => document.body.insertAdjacentHTML('beforeend', written)", written)
        noticed = [*reader.page.evaluate(ALIVE), *reader.happened]
        if noticed:
            seen.append(text)
    assert set(PAYLOADS[3:13]) <= set(seen)
    assert len(seen) > 30


@pytest.mark.parametrize("language", ["ru", "en"])
def test_names_of_the_register_and_the_catalogue_are_shown_as_they_stand(reader: Reader, language: str) -> None:
    """Cities, regions, countries, indicators with every word of theirs, principles, nodes of an index."""
    lang = f"lang={language}"
    for path in (
        "/indicator",
        f"/indicator/{indicator(3)}?peer=all",
        "/coverage",
        "/index?all=1",
        "/data",
        "/method",
    ):
        shown = reader.open(f"{path}{'&' if '?' in path else '?'}{lang}")
        if path == "/indicator":
            assert missing(shown) == [], path
    for path in (
        "/", f"/city/{city(0)}?more=all", f"/city/{city(30)}", f"/peers?c={city(0)}&n=30", "/embed/index/ranks",
        f"/embed/indicator/{indicator(0)}/ranking", f"/indicator/{indicator(0)}?i={indicator(1)}&c={city(0)}",
        f"/chart/indicator/{indicator(0)}/ranking.svg", f"/chart/indicator/{indicator(0)}/trend.svg?c={city(0)}",
        "/chart/index/ranks.svg",
    ):  # fmt: skip
        reader.open(f"{path}{'&' if '?' in path else '?'}{lang}")
    assert missing(reader.open(f"/city/{city(0)}?more=all&{lang}"), PAYLOADS[:30]) == []


def test_points_of_charts_say_names_as_they_stand(reader: Reader) -> None:
    reader.open(f"/indicator/{indicator(0)}?c={city(0)}~{city(1)}~{city(2)}&lang=en")
    said, points = [], reader.page.locator(".plot [data-say]")
    assert points.count() > 10
    for number in range(0, points.count(), 5):
        point = points.nth(number)
        point.dispatch_event("pointerover")
        tip = reader.page.locator(".tip")
        said.append(tip.text_content() or "")
        assert tip.locator("*").count() == 0
        assert said[-1] == point.get_attribute("data-say")
        reader.looked("a point of a chart")
    assert any(text in "".join(said) for text in PAYLOADS)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_comparing_shows_names_as_they_stand(reader: Reader, language: str) -> None:
    """The page that Plotly draws: titles, ticks, hover, the search, what it could not read."""
    for start in (0, 20, 40) if language == "ru" else (10, 30):
        chosen = "~".join(city(n) for n in range(start, start + 10))
        drawn = "~".join(indicator(n) for n in range(start % 30, start % 30 + 5))
        reader.page.goto(f"{reader.address}/compare?c={chosen}&i={drawn}&change=year&lang={language}")
        reader.page.locator("main .card:not(.bone)").first.wait_for()
        reader.page.wait_for_load_state("networkidle")
        shown = reader.looked("/compare")
        assert missing(shown, PAYLOADS[start : start + 10]) == []
    reader.page.locator(".picture").first.scroll_into_view_if_needed()
    charts = reader.page.locator(".js-plotly-plot .nsewdrag")
    charts.first.wait_for()
    charts.first.hover()
    charts.first.hover(position={"x": 40, "y": 40})
    reader.looked("a point of Plotly")
    search = reader.page.locator("#compare-search")
    for text in PAYLOADS[::9]:
        search.fill(f"x7q {text}"[:80])
        reader.page.wait_for_load_state("networkidle")
        reader.looked(f"the search for {text}")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_what_people_write_to_each_other_is_shown_as_it_stands(
    reader: Reader, ministry: Ministry, language: str
) -> None:
    """Cells, notes, names of files, reasons, comments, tokens, accounts, and the trail of all that."""
    reader.sign_in("kazan")
    shown = reader.open(f"/submission/{ministry.doubtful}?lang={language}")
    assert missing(shown) == []
    reader.page.locator("details").evaluate_all("all => all.forEach((each) => { each.open = true; })")
    assert missing(reader.open(f"/submission/{ministry.faulty}?lang={language}"), PAYLOADS[:20]) == []
    for number in ministry.named[::4]:
        reader.open(f"/submission/{number}?lang={language}")
    reader.open(f"/receipt/{ministry.doubtful}?lang={language}")
    assert missing(reader.open(f"/account?lang={language}"), PAYLOADS[:45]) == []
    reader.open(f"/submit?lang={language}")
    reader.page.context.clear_cookies()
    reader.sign_in("administrator")
    assert missing(reader.open(f"/admin?lang={language}")) == []
    reader.page.context.clear_cookies()
    reader.sign_in("reviewer")
    for path in ("/review", "/status", f"/submission/{ministry.doubtful}"):
        reader.open(f"{path}?lang={language}")


ASKED = (
    "/?q={}",
    "/indicator?q={}",
    "/city/{}",
    "/indicator/{}",
    "/index?peer={}&weights={}&t={}&framework={}&as_of={}&q={}&cite=ranks:{}",
    "/peers?c={}&add={}&n={}&w-population={}&peer={}",
    f"/indicator/{indicator(0)}?c={{}}&add={{}}&t={{}}&i={{}}&peer={{}}&as_of={{}}&cite=ranking:{{}}&p={{}}&x={{}}",
    f"/city/{city(0)}?t={{}}&peer={{}}&as_of={{}}&add={{}}&more={{}}",
    "/coverage?t={}&peer={}&c={}",
    "/sign-in?next={}",
    "/receipt?sha256={}",
    "/sign-in/invitation?key={}#{}",
    "/embed/index/{}",
    f"/chart/indicator/{indicator(0)}/{{}}.svg",
    "/data?t={}&peer={}&c={}&as_of={}",
    "/method?as_of={}&lang={}",
)


def test_addresses_are_shown_as_they_stand(reader: Reader) -> None:
    """Each payload in two kinds of address, in every parameter that the address has; each kind with many."""
    for number, text in enumerate(PAYLOADS):
        for pattern in ASKED[number % 8 :: 8]:
            where = pattern.replace("{}", quote(text, safe=""))
            shown = reader.open(where)
            if pattern == "/?q={}":
                assert missing(shown, (text[:80],)) == []


def test_forms_sent_back_show_what_was_sent_as_it_stands(reader: Reader, ministry: Ministry) -> None:
    reader.open("/sign-in")
    for text in PAYLOADS[::9]:
        reader.post("/sign-in", {"email": text, "password": text, "next": text})
        reader.post("/sign-in/invitation", {"key": text, "password": text})
    reader.sign_in("administrator")
    for text in PAYLOADS[1::9]:
        reader.post("/admin/people", {"email": text, "name": text, "role": "analyst", "cities": text})
        reader.post("/account/tokens", {"name": text, "days": text, "scope": text})
    reader.page.context.clear_cookies()
    reader.sign_in("kazan")
    for text in PAYLOADS[2::9]:
        reader.post("/submit", {"city": text, "period": text, "late_reason": text, "deed": "nothing"})
        reader.post(f"/submission/{ministry.faulty}", {"deed": text, "comment": text, "plan": text, "at": text})
        reader.post("/receipt", {"sha256": text})

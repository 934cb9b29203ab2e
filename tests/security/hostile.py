"""Texts that want to be more than text, and a ministry in which everything that can be named has one for a name.

A payload that runs sets `x7q`, opens a dialog, or asks for an address under /x7q or of x7q.example.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

import migrations
from app.accounts import people, tokens
from app.accounts.people import Rights
from app.db import connect, writing
from app.main import create_app
from app.models import CityAlias, Country, IndicatorDefinition, Methodology, Principle, Region
from app.settings import Settings
from ingest.frameworks import load_frameworks
from ingest.publish import Provenance, figures, publish
from ingest.scoring import bring_up_to_date
from tests.dashboard.served.conftest import PASSWORD, period
from tests.makers import make_city, make_indicator
from tests.office import HEADER, OPERATOR, PEOPLE

PAYLOADS = (
    # Elements that run by themselves.
    "<script>x7q=1</script>",
    "</script><script>x7q=2</script>",
    "</textarea></title></style><script>alert(3)</script>",
    "<img src=/x7q onerror=x7q=4>",
    "<svg onload=x7q=5>",
    "<svg/onload=x7q=6//",
    '<iframe srcdoc="<script>parent.x7q=7</script>">',
    "<iframe src=javascript:parent.x7q=8>",
    "<details open ontoggle=x7q=9>",
    "<input autofocus onfocus=x7q=10>",
    "<video><source onerror=x7q=11></video>",
    "<svg><animate onbegin=x7q=12 attributeName=x dur=1s>",
    '<svg><use href="data:image/svg+xml,<svg id=x onload=x7q=13>#x">',
    # Elements that ask for something, or take the page over.
    "<style>@import '/x7q'</style>",
    "<link rel=stylesheet href=/x7q>",
    '<meta http-equiv=refresh content="0;url=/x7q">',
    "<base href=//x7q.example/>",
    "<object data=/x7q></object><embed src=/x7q>",
    "<form action=/x7q><button formaction=javascript:x7q=19>x",
    "<form id=dash_clientside><input name=set_props></form>",
    # Markup that one parser reads otherwise than another.
    "<math><mtext><table><mglyph><style><img src=x onerror=x7q=21>",
    '<noscript><p title="</noscript><img src=x onerror=x7q=22>">',
    "--><img src=x onerror=x7q=23><!--",
    "]]><script>x7q=24</script><![CDATA[",
    "<scr<script>ipt>x7q=25</scr</script>ipt>",
    # Addresses.
    '<a href="javascript:x7q=26">x</a>',
    "javascript:x7q=27",
    "java&Tab;script:x7q=28",
    "data:text/html,<script>x7q=29</script>",
    "//x7q.example/x",
    # Out of an attribute, out of a string.
    '" onmouseover="x7q=31" autofocus onfocus="x7q=31',
    "' onfocus='x7q=32' autofocus x='",
    "` onload=x7q=33 `",
    "';x7q=34;//",
    "\\';x7q=35;//\\",
    # Templates and formats.
    "{{constructor.constructor('x7q=36')()}}",
    "{{7*7}}{% raw %}${7*7}#{7*7}<%= 7*7 %>",
    "%(x)s {0} {x!r} %{x} $& \\1",
    # What Plotly takes for markup.
    '<b>x</b><br><a href="javascript:x7q=39">y</a>',
    "$\\href{javascript:x7q=40}{y}$",
    "%{customdata} %{x}<extra>x</extra>",
    # Written otherwise: to be shown as it stands, decoded by nobody.
    "&lt;script&gt;x7q=42&lt;/script&gt;",
    "%3Cscript%3Ex7q=43%3C/script%3E",
    "+ADw-script+AD4-x7q=44+ADw-/script+AD4-",
    "＜script＞x7q=45＜/script＞",
    "<\u0338script>x7q=46</script>",
    "[x](javascript:x7q=47) ![x](/x7q)",
    # Formulas of spreadsheets.
    '=HYPERLINK("//x7q.example","x")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    # Names of things that programs have.
    "__proto__",
    "'); DROP TABLE city; --",
)
HIDDEN_LOCK = 45


@dataclass(frozen=True)
class Ministry:
    """Where the hostile ministry lies, and the submissions in it."""

    url: str
    doubtful: str
    faulty: str
    named: tuple[str, ...]


def city(number: int) -> str:
    return f"ru-h{number:02d}"


def indicator(number: int) -> str:
    return f"XX_H{number:02d}"


def build(folder: Path) -> Ministry:
    """A database in which every text that somebody can write, or load, is a payload."""
    url = f"sqlite:///{folder / 'hostile.db'}"
    engine = connect(url)
    migrations.upgrade(engine)
    with writing(engine) as session:
        places(session)
        catalogue(session)
        index(session, folder)
        published(session)
        staff(session)
    bring_up_to_date(engine)
    with TestClient(create_app(Settings(database_url=url)), follow_redirects=False) as client:
        made = submissions(client, url)
    engine.dispose()
    return made


def places(session: Session) -> None:
    """A city for each payload, near the others, of a hostile region in a hostile country."""
    session.add(Country(code="RU", name_en=PAYLOADS[0], name_ru=PAYLOADS[3], groups="cis brics"))
    session.flush()
    for number, text in enumerate(PAYLOADS):
        region = f"RU-H{number:02d}"
        session.add(Region(code=region, country="RU", name_en=text, name_ru=text))
        session.flush()
        made = make_city(
            session, city(number), name_en=text, name_ru=text, region=region, climate=text[:40], register=text[:80],
            population=1_000_000 + number, latitude=50 + number / 10, longitude=40 + number / 10,
        )  # fmt: skip
        session.add(CityAlias(city_id=made.id, alias=f"x7q {text}"))


def catalogue(session: Session) -> None:
    for number, text in enumerate(PAYLOADS):
        words = {name: text for name in WORDS_OF_INDICATORS}
        make_indicator(
            session, indicator(number), unit=text[:80], soft_change_pct="25", valid_min="0", valid_max="1000",
            goalpost_min="0", goalpost_max="100", **words,
        )  # fmt: skip
    session.execute(update(Principle).values(name_en=PAYLOADS[3], name_ru=PAYLOADS[25], description_en=PAYLOADS[0]))
    session.execute(update(Methodology).values(title_en=PAYLOADS[30], title_ru=PAYLOADS[0]))


WORDS_OF_INDICATORS = [
    column.name
    for column in IndicatorDefinition.__table__.columns
    if column.name.partition("_")[0] in ("name", "definition", "numerator", "denominator", "note", "source")
    or column.name.startswith(("unit_label", "goalpost_source"))
]


def index(session: Session, folder: Path) -> None:
    """An index whose nodes are payloads; its leaves are the first indicators."""
    texts = [json.dumps(text) for text in PAYLOADS]
    groups = [f"n{at}" for at in range(10)]
    lines = [
        'code = "citymark-5p"', 'version = "1"', f"name = {{ en = {texts[0]}, ru = {texts[3]} }}",
        f"source = {texts[25]}", "minimum_coverage = 0.5", "[defaults]", "scale = 100", "goalposts = [0, 100]",
        "[nodes.index]", f"name = {{ en = {texts[30]}, ru = {texts[30]} }}", f"children = {json.dumps(groups)}",
    ]  # fmt: skip
    for at, group in enumerate(groups):
        leaves = ", ".join(f'{{ code = "{indicator(3 * at + step)}" }}' for step in range(3))
        lines += [
            f"[nodes.{group}]",
            f"name = {{ en = {texts[at]}, ru = {texts[at + 10]} }}",
            f"children = [{leaves}]",
        ]
    folder = folder / "frameworks"
    folder.mkdir()
    (folder / "hostile.toml").write_text("\n".join(lines), encoding="utf-8")
    methodology = session.scalars(select(Methodology)).one()
    load_frameworks(session, folder, {}, methodology)


def published(session: Session) -> None:
    """Figures of three quarters, with hostile notes and attributes, published by a hostile job."""
    before = [period_before(period(), steps) for steps in (5, 4, 1)]
    for at, quarter in enumerate(before):
        rows = [
            {
                "city": city(place), "indicator": indicator(what), "period": quarter,
                "value": str(10 + (place * 7 + what * 3 + at) % 80), "note": PAYLOADS[(place + what) % len(PAYLOADS)],
                "attributes": json.dumps({"x7q": PAYLOADS[place]}),
            }
            for place in range(len(PAYLOADS)) for what in range(len(PAYLOADS)) if place < 6 or what < 30
        ]  # fmt: skip
        said = PAYLOADS[at]
        provenance = Provenance("job", source=said, published_by=said, reason=said)
        publish(session, figures(rows), provenance=provenance, now=datetime.now(UTC))


def period_before(code: str, steps: int) -> str:
    year, quarter = int(code[:4]), int(code[-1]) - 1
    at = year * 4 + quarter - steps
    return f"{at // 4}-Q{at % 4 + 1}"


def staff(session: Session) -> None:
    """People with ordinary names who do the work, people with hostile names, and hostile tokens."""
    now = datetime.now(UTC)
    for name, (roles, _) in PEOPLE.items():
        rights = Rights(frozenset(roles), frozenset({city(0), city(1)}))
        person = people.add_person(session, OPERATOR, f"{name}@city.example", name, rights, now=now)
        people.set_password(session, person.actor(), PASSWORD, now=now)
        if name == "kazan":
            for text in PAYLOADS[:HIDDEN_LOCK]:
                tokens.add_token(session, person.actor(), text, frozenset(), 90, now=now)
    for number, text in enumerate(PAYLOADS):
        analyst = Rights(frozenset({next(iter(PEOPLE["analyst"][0]))}))
        people.add_person(session, OPERATOR, f"h{number}@city.example", text, analyst, now=now)


def lines(*rows: tuple[str, str, str], place: int = 0) -> bytes:
    """A file as an office sends it: indicator, value, note; every cell quoted."""

    def quoted(*cells: str) -> str:
        return ";".join('"' + cell.replace('"', '""') + '"' for cell in cells)

    body = [quoted(city(place), what, period(), value, "", note) for what, value, note in rows]
    return "\r\n".join([HEADER, *body, ""]).encode("utf-8-sig")


def submissions(client: TestClient, url: str) -> Ministry:
    """One whose every value is asked about and answered, one that is all errors, one for each file name."""
    signed_in(client, "kazan")
    doubtful = sent(client, lines(*((indicator(n), "999", text) for n, text in enumerate(PAYLOADS))), PAYLOADS[3])
    page = client.get(doubtful).text
    form = {}
    for number, text in enumerate(PAYLOADS * 3, start=1):
        if f'name="why-{number}"' in page:
            form |= {f"kind-{number}": "other", f"why-{number}": text}
    assert len(form) >= len(PAYLOADS), len(form)
    assert client.post(doubtful, data={**form, "deed": "confirm"}).status_code == 303
    for text in PAYLOADS:
        assert client.post(doubtful, data={"deed": "comment", "comment": text}).status_code == 303
    assert client.post(doubtful, data={"deed": "submit"}).status_code == 303
    rows = [(text, text, text) for text in PAYLOADS]
    faulty = sent(client, lines(*rows, place=1), PAYLOADS[0], place=1)
    named = [
        sent(client, lines((indicator(n), str(n), ""), place=1), text, place=1) for n, text in enumerate(PAYLOADS)
    ]
    return Ministry(
        url,
        *(path.rpartition("/")[2] for path in (doubtful, faulty)),
        tuple(path.rpartition("/")[2] for path in named),
    )


def signed_in(client: TestClient, who: str) -> None:
    answer = client.post("/sign-in", data={"email": f"{who}@city.example", "password": PASSWORD})
    assert answer.status_code == 303, answer.text


def sent(client: TestClient, content: bytes, name: str, *, place: int = 0) -> str:
    """Send a file of this name; the path of its page."""
    data = {"city": city(place), "period": period(), "deed": "file"}
    answer = client.post("/submit", data=data, files={"file": (f"{name}.csv", content, "text/csv")})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])

"""What users ask: API reads, pages, callbacks, exports and uploads, each varied as people vary them."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote

import orjson
import xlsxwriter

#: Of a hundred actions; the dashboard's quarter is half pages and half callbacks.
MIX = {"api": 70.0, "page": 12.5, "callback": 12.5, "export": 4.0, "upload": 1.0}
PERIOD = "2026-Q3"
#: How often an action is one the user has done before and knows the answer's tag of.
AGAIN = 0.3
OFFICE = "load@city.example"
HEADER = ("город", "показатель", "период", "значение", "статус", "примечание")
BOUNDARY = "citymark-load-7d3f"


@dataclass(frozen=True)
class Ask:
    """One request."""

    kind: str
    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class World:
    """What there is to ask for, and what lets an upload in."""

    cities: list[str]
    indicators: list[str]
    quarterly: list[str]
    periods: list[str]
    offices: list[str]
    token: str


class Deck:
    """The asks of one user, seeded."""

    def __init__(self, world: World, seed: int, mix: dict[str, float] | None = None) -> None:
        self.world = world
        self.dice = random.Random(seed)
        weights = MIX if mix is None else mix
        self.kinds, self.weights = list(weights), list(weights.values())
        self.tags: dict[str, str] = {}

    def deal(self) -> Ask:
        """The next one."""
        kind = self.dice.choices(self.kinds, self.weights)[0]
        return {
            "api": self._api,
            "page": self._page,
            "callback": self._callback,
            "export": self._export,
            "upload": self._upload,
        }[kind]()

    def remember(self, path: str, tag: str | None) -> None:
        """The tag an answer came with, so that it can be asked for again."""
        if tag:
            self.tags[path] = tag

    def _city(self) -> str:
        # Large cities are looked at more often than small ones: a few take half of the looks.
        some = self.world.cities[:20] if self.dice.random() < 0.5 else self.world.cities
        return self.dice.choice(some)

    def _indicator(self) -> str:
        return self.dice.choice(self.world.indicators)

    def _period(self) -> str:
        return self.dice.choice(self.world.periods)

    def _api(self) -> Ask:
        if self.tags and self.dice.random() < AGAIN:
            path = self.dice.choice(list(self.tags))
            return Ask("api", path, headers={"If-None-Match": self.tags[path]})
        city, indicator, period = self._city(), self._indicator(), self._period()
        figures = "/api/v1/observations"
        return Ask(
            "api",
            self.dice.choice(
                (
                    f"{figures}?city={city}&period={period}",
                    f"{figures}?indicator={indicator}&period={period}&limit=300",
                    f"{figures}?indicator={indicator}&city={city},{self._city()}&layout=columns",
                    f"{figures}?city={city}&period=latest&as_of={self.dice.randrange(1, 43)}",
                    f"{figures}/{city}/{indicator}/{period}/history",
                    f"{figures}?indicator={indicator}&period=latest&sort=-value&limit=20",
                    f"/api/v1/cities/{city}",
                    f"/api/v1/cities/{city}/similar",
                    f"/api/v1/scores?period={period}",
                    f"/api/v1/scores/{city}?period={period}",
                    f"/api/v1/indicators/{indicator}",
                    f"/api/v1/changes?since={self.dice.randrange(38, 43)}&limit=200",
                )
            ),
        )

    def _page(self) -> Ask:
        city, indicator = self._city(), self._indicator()
        return Ask(
            "page",
            self.dice.choice(
                (
                    "/",
                    f"/index?t={self._period()}",
                    f"/city/{city}",
                    f"/city/{city}",
                    f"/indicator/{indicator}",
                    f"/indicator/{indicator}?c={city}",
                    f"/compare?c={city}~{self._city()}",
                    "/coverage",
                )
            ),
            headers={"Accept": "text/html"},
        )

    def _callback(self) -> Ask:
        """As the browser posts them: the page Compare drawn for an address, or a city searched while typing."""
        search = f"?c={self._city()}~{self._city()}&t={self._period()}"
        if self.dice.random() < 0.3:
            text = self.dice.choice(("каз", "пер", "sam", "ufa", "нов", "моск", "tom", "кра"))
            return _posted(
                "compare-found.children",
                [("compare-found", "children")],
                [("compare-search", "value", text)],
                [("url", "search", search)],
            )
        return _posted(
            "..url.search...page.children..",
            [("url", "search"), ("page", "children")],
            [("url", "pathname", "/compare"), ("url", "search", search), ("choice", "data", None)],
            [],
        )

    def _export(self) -> Ask:
        form = self.dice.choice(("csv", "csv", "xlsx", "parquet"))
        of = self.dice.choice((f"city={self._city()}", f"indicator={self._indicator()}"))
        return Ask("export", f"/api/v1/observations?{of}&format={form}")

    def _upload(self) -> Ask:
        city = self.dice.choice(self.world.offices)
        codes = self.dice.sample(self.world.quarterly, min(20, len(self.world.quarterly)))
        rows = [(city, code, PERIOD, f"{self.dice.uniform(1, 99):.2f}") for code in codes]
        is_book = self.dice.random() < 0.5
        return sent(self.world, city, as_workbook(rows) if is_book else as_csv(rows), "xlsx" if is_book else "csv")


def _posted(
    output: str,
    outputs: list[tuple[str, str]],
    inputs: list[tuple[str, str, str | None]],
    state: list[tuple[str, str, str]],
) -> Ask:
    named = [{"id": id_, "property": name} for id_, name in outputs]
    body = {
        "output": output,
        "outputs": named if len(named) > 1 else named[0],
        "inputs": [{"id": id_, "property": name, "value": value} for id_, name, value in inputs],
        "changedPropIds": [f"{inputs[0][0]}.{inputs[0][1]}"],
        "state": [{"id": id_, "property": name, "value": value} for id_, name, value in state],
    }
    return Ask(
        "callback",
        "/_dash-update-component",
        "POST",
        {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"},
        orjson.dumps(body),
    )


def as_csv(rows: list[tuple[str, str, str, str]]) -> bytes:
    """A file as an office saves it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(HEADER)
    writer.writerows([*row[:3], row[3].replace(".", ","), "", ""] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_workbook(rows: list[tuple[str, str, str, str]]) -> bytes:
    """The same as a workbook."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for at, row in enumerate(rows, start=1):
            sheet.write_row(at, 0, row[:3])
            sheet.write_number(at, 3, float(row[3]))
    return buffer.getvalue()


def sent(world: World, city: str, content: bytes, ending: str, *, dry_run: bool = False) -> Ask:
    """The upload of a file by token."""
    fields = {"city": city, "period": PERIOD, **({"dry_run": "true"} if dry_run else {})}
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    file = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="q3.{ending}"\r\n\r\n'
    body = "".join([*parts, file]).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Authorization": f"Bearer {world.token}",
    }
    return Ask("upload", "/api/v1/submissions", "POST", headers, body)


@cache
def heaviest(world_cities: tuple[str, ...], codes: tuple[str, ...]) -> list[tuple[str, str, str, str]]:
    """As many rows as one file may have within ten megabytes, most of them wrong: every row is said something of."""
    return [
        (world_cities[n % len(world_cities)], codes[n % len(codes)], PERIOD, f"{n % 100}.5") for n in range(90_000)
    ]


def heavy_asks(world: World) -> dict[str, Ask]:
    """The heaviest exports and uploads there are, by name."""
    every = "/api/v1/observations?format="
    rows = heaviest(tuple(world.offices), tuple(world.quarterly))
    city = world.offices[0]
    return {
        **{f"all figures as {form}": Ask("export", every + quote(form)) for form in ("csv", "parquet", "xlsx")},
        "90,000 rows sent as csv": sent(world, city, as_csv(rows), "csv", dry_run=True),
        "90,000 rows sent as xlsx": sent(world, city, as_workbook(rows), "xlsx", dry_run=True),
    }

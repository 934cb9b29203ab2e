"""Services of the field as files: what is asked of each, page by page where it gives pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

import httpx2

from app.errors import Invalid
from ingest.guard import parsed
from ingest.jobs.fetch import Answer, Fetcher
from ingest.jobs.json_tables import ckan_page, ckan_result, worldbank_page
from ingest.jobs.source_keys import Ckan, Eurostat, Sdmx, Source, WorldBank

SDMX_CSV = "application/vnd.sdmx.data+csv"
SDMX_ACCEPT = {
    ("csv", "1"): f"{SDMX_CSV};version=1.0.0, {SDMX_CSV};version=2.0.0;q=0.9, {SDMX_CSV};q=0.8",
    ("csv", "2"): f"{SDMX_CSV};version=2.0.0, {SDMX_CSV};q=0.8",
    ("xml", "1"): "application/vnd.sdmx.genericdata+xml;version=2.1",
    ("xml", "2"): "application/vnd.sdmx.structurespecificdata+xml;version=2.1",
}
MOST_PAGES = 10_000
# A download whose name has none of these endings is read as what the portal calls it.
FORMATS = ("csv", "xlsx", "parquet")
Page = tuple[Answer, str, str | None]


def accept_of(source: Source) -> str:
    """What is asked for at the source's addresses."""
    return SDMX_ACCEPT[source.sdmx.form, source.sdmx.api] if source.sdmx else "*/*"


def fetched(source: Source, fetcher: Fetcher) -> Iterator[Page]:
    """What the source's addresses give, with the name each is reported under and its format where that is known."""

    def get(address: str) -> Answer:
        return fetcher.get(address, source.fetch, accept_of(source))

    if source.sdmx:
        yield get(_sdmx_address(source.sdmx)), source.sdmx.flow, "sdmx"
    elif source.eurostat:
        yield get(_eurostat_address(source.eurostat)), source.eurostat.dataset, "jsonstat"
    elif source.worldbank:
        yield from _worldbank(source.worldbank, get, fetcher.max_bytes)
    elif source.ckan and source.ckan.resource:
        yield from _ckan_rows(source.ckan, source.ckan.resource, get, fetcher.max_bytes)
    elif source.ckan:
        yield _ckan_file(source.ckan, get)
    else:
        url = source.url or ""
        yield get(url), PurePosixPath(parsed(url).path).name or "download", None


def _address(base: str, path: str, query: Mapping[str, Any]) -> str:
    url = httpx2.URL(parsed(base.rstrip("/") + path))
    return str(url.copy_merge_params({name: value for name, value in query.items() if value is not None}))


def _sdmx_address(spec: Sdmx) -> str:
    if spec.api == "1":
        key = f"/{quote(spec.key, safe='.+,')}" if spec.key else ""
        span = {"startPeriod": spec.start, "endPeriod": spec.end}
        return _address(spec.url, f"/data/{quote(spec.flow, safe=',')}{key}", span | spec.params)
    parts = spec.flow.split(",")
    agency, flow, number = {1: ["*", *parts, "*"], 2: [*parts, "*"]}.get(len(parts), parts)
    ends = [f"ge:{spec.start}" if spec.start else "", f"le:{spec.end}" if spec.end else ""]
    span = {"c[TIME_PERIOD]": "+".join(filter(None, ends)) or None}
    path = "/".join(quote(part, safe="*.+,") for part in (agency, flow, number, spec.key or "*"))
    return _address(spec.url, f"/data/dataflow/{path}", span | spec.params)


def _eurostat_address(spec: Eurostat) -> str:
    query = {"format": "JSON", "lang": spec.language, **spec.filters}
    return _address(spec.url, f"/{quote(spec.dataset, safe='')}", query)


def _worldbank(spec: WorldBank, get: Callable[[str], Answer], max_bytes: int) -> Iterator[Page]:
    path = f"/country/{quote(';'.join(spec.countries), safe=';')}/indicator/{quote(spec.indicator, safe='')}"
    size, heads, number, pages, rows = 0, set(), 1, 1, 0
    while number <= pages:
        answer = get(
            _address(
                spec.url, path, {"format": "json", "date": spec.dates, "per_page": spec.page_rows, "page": number}
            )
        )
        name = f"{spec.indicator}, page {number}"
        head, records = worldbank_page(name, answer.content)
        pages, size, rows = int(head.get("pages", 0)), size + len(answer.content), rows + len(records)
        heads.add((str(head.get("total")), str(head.get("lastupdated"))))
        _refuse_endless(spec.indicator, pages, size, max_bytes)
        yield answer, name, "worldbank"
        number += 1
    _refuse_changed(spec.indicator, heads, rows)


def _ckan_rows(spec: Ckan, resource: str, get: Callable[[str], Answer], max_bytes: int) -> Iterator[Page]:
    filters = json.dumps(spec.filters, ensure_ascii=False) if spec.filters else None
    size, totals, rows, number = 0, set(), 0, 1
    while True:
        query = {"resource_id": resource, "filters": filters, "sort": "_id", "limit": spec.page_rows, "offset": rows}
        answer = get(_address(spec.url, "/api/3/action/datastore_search", query))
        name = f"{resource}, page {number}"
        result, records = ckan_page(name, answer.content)
        size, rows = size + len(answer.content), rows + len(records)
        totals.add((str(result.get("total")), ""))
        _refuse_endless(resource, number, size, max_bytes)
        if records or number == 1:
            yield answer, name, "ckan"
        if not records or rows >= int(result.get("total", 0)):
            break
        number += 1
    _refuse_changed(resource, totals, rows)


def _ckan_file(spec: Ckan, get: Callable[[str], Answer]) -> Page:
    """The package's file; Invalid lists them where it is not clear which is meant."""
    package = ckan_result(
        spec.package or "", get(_address(spec.url, "/api/3/action/package_show", {"id": spec.package})).content
    )
    listed = [item for item in package.get("resources", []) if isinstance(item, dict) and item.get("url")]
    wanted = [item for item in listed if spec.file is None or spec.file in (item.get("id"), item.get("name"))]
    if len(wanted) != 1:
        names = ", ".join(str(item.get("name") or item.get("id")) for item in listed) or "none"
        raise Invalid(f"package {spec.package} has the files {names}: name one in source.ckan.file")
    address = str(parsed(spec.url).join(str(wanted[0]["url"])))
    name = PurePosixPath(parsed(address).path).name or str(spec.package)
    called = str(wanted[0].get("format", "")).lower()
    is_named = PurePosixPath(name).suffix.lower().lstrip(".") in FORMATS
    return get(address), name, called if called in FORMATS and not is_named else None


def _refuse_endless(name: str, pages: int, size: int, max_bytes: int) -> None:
    if pages > MOST_PAGES:
        raise Invalid(f"{name} has {pages} pages, at most {MOST_PAGES} are read: ask for less, or for longer pages")
    if size > max_bytes:
        raise Invalid(f"{name} is larger than {max_bytes} bytes (CITYMARK_MAX_SOURCE_BYTES)")


def _refuse_changed(name: str, heads: set[tuple[str, str]], rows: int) -> None:
    """Pages of different states of a table are no table."""
    if len(heads) > 1 or next(iter(heads))[0] not in (str(rows), "None"):
        said = ", ".join(sorted(total for total, _ in heads))
        raise Invalid(f"{name} gave {rows} rows where it counts {said}: it changed meanwhile, run the job again")

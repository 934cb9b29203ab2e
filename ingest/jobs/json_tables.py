"""JSON of statistical services as tables of texts: every digit as it was written, every record with its number. Pure.

A line is the number of the record in its page; in JSON-stat the place in the cube, counted from 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from app.domain.block import Texts
from app.errors import Invalid

Record = Mapping[str, Any]
Columns = dict[str, Texts]
SHOWN_CHARACTERS = 200


def read_json(name: str, content: bytes) -> Any:
    """JSON with numbers as the texts they were written as."""
    try:
        return json.loads(content, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{name} is not JSON: {error}") from error


def table_of(records: Sequence[Record], names: Iterable[str] = ()) -> Columns:
    """Records as columns, in the order in which names first appear; what a record lacks is empty."""
    order = dict.fromkeys(names)
    for record in records:
        order.update(dict.fromkeys(record))
    return {name: Texts.of([_text(record.get(name)) for record in records]) for name in order}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def ckan_result(name: str, content: bytes) -> dict[str, Any]:
    """What a CKAN action gives; Invalid with the portal's own words where it failed."""
    body = read_json(name, content)
    if not isinstance(body, dict) or body.get("success") is not True or not isinstance(body.get("result"), dict):
        said = body.get("error") if isinstance(body, dict) else body
        raise Invalid(f"{name}: the portal does not answer as CKAN does: {str(said)[:SHOWN_CHARACTERS]}")
    result: dict[str, Any] = body["result"]
    return result


def ckan_page(name: str, content: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The head and the records of a page of datastore_search."""
    result = ckan_result(name, content)
    return result, _records(name, result.get("records"))


def ckan_table(name: str, content: bytes) -> Columns:
    """A page of datastore_search; the columns are the portal's fields."""
    result, records = ckan_page(name, content)
    fields = [str(field["id"]) for field in _records(name, result.get("fields", [])) if "id" in field]
    return table_of(records, fields)


def worldbank_page(name: str, content: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The head and the records of a page; Invalid with the bank's own words where it failed."""
    body = read_json(name, content)
    if not isinstance(body, list) or not body or not isinstance(body[0], dict) or "page" not in body[0]:
        raise Invalid(f"{name}: the World Bank answers {json.dumps(body, ensure_ascii=False)[:SHOWN_CHARACTERS]}")
    return body[0], _records(name, (body[1] if len(body) > 1 else None) or [])


def worldbank_table(name: str, content: bytes) -> Columns:
    """A page of indicator values; `country.id` is the id inside `country`."""
    _, records = worldbank_page(name, content)
    return table_of([_flat(record) for record in records], ("indicator.id", "country.id", "date", "value"))


def _flat(record: Record) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in record.items():
        inner = {f"{name}.{part}": text for part, text in value.items()} if isinstance(value, dict) else {name: value}
        flat.update(inner)
    return flat


def _records(name: str, found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise Invalid(f"{name}: records are not a list of objects")
    return found


def jsonstat_table(name: str, content: bytes) -> tuple[Columns, list[int]]:
    """A JSON-stat 2.0 dataset: a row for every place that has a value or a status, and the place of each.

    Columns: every dimension's code, its label as `NAME label` where the dataset has labels, `value`, `status`.
    """
    cube = _cube(name, read_json(name, content))
    dimensions = [_categories(name, cube, key) for key in cube["id"]]
    sizes = [len(codes) for codes, _ in dimensions]
    if sizes != [_whole(name, size) for size in cube["size"]]:
        raise Invalid(f"{name}: size {cube['size']} does not fit the categories {sizes}")
    values = _by_place(name, cube.get("value"), prod(sizes), "value")
    said = cube.get("status", {})
    # One status may stand for all values.
    statuses = dict.fromkeys(values, said) if isinstance(said, str) else _by_place(name, said, prod(sizes), "status")
    places = sorted(place for place in values.keys() | statuses.keys())
    columns: Columns = {}
    shape = (
        np.unravel_index(np.asarray(places, dtype=np.int64), sizes)
        if places
        else [np.zeros(0, np.int64)] * len(sizes)
    )
    for key, (codes, labels), at in zip(cube["id"], dimensions, shape, strict=True):
        columns[key] = _picked(codes, at.tolist())
        if labels is not None:
            columns[f"{key} label"] = _picked(labels, at.tolist())
    columns["value"] = Texts.of([values.get(place) for place in places])
    columns["status"] = Texts.of([statuses.get(place) for place in places])
    return columns, [place + 1 for place in places]


def _cube(name: str, body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or body.get("class") != "dataset":
        said = body.get("error", body.get("class")) if isinstance(body, dict) else None
        because = f": {json.dumps(said, ensure_ascii=False)[:SHOWN_CHARACTERS]}" if said else ""
        raise Invalid(f"{name} is not a JSON-stat 2.0 dataset{because}")
    whole = all(isinstance(body.get(key), list) for key in ("id", "size")) and isinstance(body.get("dimension"), dict)
    if not whole or not body["id"] or len(body["id"]) != len(body["size"]):
        raise Invalid(f"{name}: a dataset needs id, size and dimension, as many sizes as dimensions")
    return body


def _categories(name: str, cube: Mapping[str, Any], key: Any) -> tuple[list[str], list[str] | None]:
    """The codes of a dimension in their order, and their labels."""
    category = cube["dimension"].get(key, {}).get("category")
    if not isinstance(category, dict):
        raise Invalid(f"{name}: the dimension {key} has no categories")
    index, labels = category.get("index"), category.get("label")
    if index is None and isinstance(labels, dict) and len(labels) == 1:
        index = list(labels)
    if isinstance(index, dict):
        places = {code: _whole(name, place) for code, place in index.items()}
        if sorted(places.values()) != list(range(len(places))):
            raise Invalid(f"{name}: the index of the dimension {key} skips or repeats a place")
        index = sorted(places, key=lambda code: places[code])
    if not isinstance(index, list):
        raise Invalid(f"{name}: the dimension {key} has no index of categories")
    codes = [str(code) for code in index]
    return codes, [str(labels.get(code, code)) for code in codes] if isinstance(labels, dict) else None


def _by_place(name: str, found: Any, places: int, part: str) -> dict[int, str]:
    """Values or statuses by place: a list has all places, an object only some."""
    if isinstance(found, list):
        if len(found) != places:
            raise Invalid(f"{name} has {len(found)} of {places} places in its {part}: it is not whole")
        pairs: Iterable[tuple[Any, Any]] = enumerate(found)
    elif isinstance(found, dict):
        pairs = found.items()
    else:
        raise Invalid(f"{name} has no {part} that is a list or an object")
    kept = {_whole(name, place): _text(text) for place, text in pairs if text is not None}
    if kept and max(kept) >= places:
        raise Invalid(f"{name}: a {part} stands at place {max(kept)}, there are {places}")
    return {place: text for place, text in kept.items() if text is not None}


def _whole(name: str, text: Any) -> int:
    if isinstance(text, int) or (isinstance(text, str) and text.isascii() and text.isdigit()):
        return int(text)
    raise Invalid(f"{name}: {text!r} is not the number of a place")


def _picked(texts: Sequence[str], places: Sequence[int]) -> Texts:
    return Texts.of([texts[place] for place in places])

"""Figures as SDMX-JSON: 2.0 as the standard has it, and the flat form of 1.0 that older readers take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.formats.sdmx.model import (
    AGENCY,
    COMPONENTS,
    FLOW,
    STRUCTURE,
    Codelist,
    Component,
    Header,
    Names,
    Series,
    at,
    urn,
)
from app.formats.sdmx.structure_json import meta, named, relationship

MEDIA_TYPE = "application/vnd.sdmx.data+json;version=2.0.0"
FLAT_MEDIA_TYPE = "application/vnd.sdmx.data+json;version=1.0.0"


def json_message(header: Header, series: Iterable[Series], codelists: Iterable[Codelist]) -> dict[str, Any]:
    """A message of SDMX-JSON 2.0: values and attributes by their places in lists of the structure."""
    cube = _Cube(codelists, is_flat=False)
    found = cube.placed(series)
    structure = {
        "links": [{"rel": "datastructure", "urn": urn("datastructure.DataStructure", STRUCTURE)}],
        "dimensions": cube.dimensions(),
        "measures": {"observation": [{"id": each.id, **named(each.names)} for each in at("value")]},
        "attributes": cube.attributes(),
        "dataSets": [0],
    }
    links = [{"rel": "dataflow", "urn": urn("datastructure.Dataflow", FLOW)}]
    data_set = {"structure": 0, "action": "Information", "links": links, "series": found}
    return {"meta": meta(header, "data"), "data": {"structures": [structure], "dataSets": [data_set]}}


def flat_json_message(header: Header, series: Iterable[Series], codelists: Iterable[Codelist]) -> dict[str, Any]:
    """A message of SDMX-JSON 1.0 in its early flat form: header, structure and data sets at the top."""
    cube = _Cube(codelists, is_flat=True)
    found = cube.placed(series)
    return {
        "header": {
            "id": header.id,
            "test": header.is_test,
            "prepared": header.prepared,
            "sender": {"id": AGENCY, "name": "Citymark"},
        },
        "structure": {
            "name": "Citymark",
            "dimensions": cube.dimensions(),
            "attributes": cube.attributes(),
        },
        "dataSets": [{"action": "Information", "series": found}],
    }


@dataclass
class _Values:
    """The values of one component in the order they came in."""

    component: Component
    names: dict[str, Names]
    places: dict[str, int] = field(default_factory=dict)

    def place(self, value: str) -> int:
        return self.places.setdefault(value, len(self.places))

    def listed(self, *, is_flat: bool) -> list[dict[str, Any]]:
        """As the structure lists them; the flat form knows one name of a code and calls a text a name."""
        if self.component.codelist is None and self.component.level != "time":
            return [{"name" if is_flat else "value": value} for value in self.places]
        codes = {value: self.names.get(value, {"en": value}) for value in self.places}
        return [{"id": value, **_named(names, is_flat)} for value, names in codes.items()]


class _Cube:
    """Series and observations by the places of their keys."""

    def __init__(self, codelists: Iterable[Codelist], *, is_flat: bool) -> None:
        self._is_flat = is_flat
        names = {listed.id: {code.id: code.names for code in listed.codes} for listed in codelists}
        self._values = {each.id: _Values(each, names.get(each.codelist or "", {})) for each in COMPONENTS}

    def placed(self, series: Iterable[Series]) -> dict[str, Any]:
        """The data set; read it before dimensions and attributes are asked for."""
        return {self._key(each.key): self._series(each) for each in series}

    def dimensions(self) -> dict[str, Any]:
        """Dimensions with the values that occur."""
        keys = [self._described(each, number) for number, each in enumerate(at("key"))]
        times = [self._described(each, len(keys)) for each in at("time")]
        return {"dataSet": [], "series": keys, "observation": times}

    def attributes(self) -> dict[str, Any]:
        """Attributes with the values that occur."""
        return {
            "dataSet": [],
            "series": [self._attribute(each) for each in at("series")],
            "observation": [self._attribute(each) for each in at("observation")],
        }

    def _described(self, component: Component, position: int | None = None) -> dict[str, Any]:
        place = {} if position is None else {"keyPosition": position}
        names = _named(component.names, self._is_flat)
        values = self._values[component.id].listed(is_flat=self._is_flat)
        # The schema has no list without values.
        listed = {"values": values} if values or self._is_flat else {}
        return {"id": component.id, **names, **place, **listed}

    def _attribute(self, component: Component) -> dict[str, Any]:
        related = {} if self._is_flat else {"relationship": relationship(component)}
        return {**self._described(component), **related}

    def _key(self, key: dict[str, str]) -> str:
        return ":".join(str(self._values[name].place(value)) for name, value in key.items())

    def _series(self, series: Series) -> dict[str, Any]:
        observations = {
            str(self._values["TIME_PERIOD"].place(figure.period)): [
                None if figure.value is None else orjson.Fragment(figure.value),
                *self._attributes(figure.attributes),
            ]
            for figure in series.observations
        }
        return {"attributes": self._attributes(series.attributes), "observations": observations}

    def _attributes(self, attributes: dict[str, str | None]) -> list[int | None]:
        return [None if text is None else self._values[name].place(text) for name, text in attributes.items()]


def _named(names: Names, is_flat: bool) -> dict[str, Any]:
    return {"name": names["en"]} if is_flat else named(names)

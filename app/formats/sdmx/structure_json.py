"""The structure of our figures as SDMX-JSON 2.0."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from app.formats.sdmx.model import (
    AGENCY,
    COMPONENTS,
    FLOW,
    SCHEME,
    STRUCTURE,
    VERSION,
    Codelist,
    Component,
    Header,
    Names,
    at,
    urn,
)

MEDIA_TYPE = "application/vnd.sdmx.structure+json;version=2.0.0"
SCHEMA = "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/develop/{kind}-message/tools/schemas/2.0.0/sdmx-json-{kind}-schema.json"
_FLOW_NAMES = {"en": "Figures of cities", "ru": "Показатели городов"}


def structure_message(header: Header, kinds: Collection[str], codelists: Sequence[Codelist]) -> dict[str, Any]:
    """A message with the artefacts of `kinds` (dataflow, codelist, conceptscheme, datastructure)."""
    parts: dict[str, tuple[str, Callable[[], list[dict[str, Any]]]]] = {
        "dataflow": ("dataflows", _dataflows),
        "codelist": ("codelists", lambda: [_codelist(listed) for listed in codelists]),
        "conceptscheme": ("conceptSchemes", _schemes),
        "datastructure": ("dataStructures", _datastructures),
    }
    data = {name: write() for kind, (name, write) in parts.items() if kind in kinds}
    return {"meta": meta(header, "structure"), "data": data}


def meta(header: Header, kind: str) -> dict[str, Any]:
    """What a message of SDMX-JSON 2.0 says of itself."""
    return {
        "schema": SCHEMA.format(kind=kind),
        "id": header.id,
        "prepared": header.prepared,
        "test": header.is_test,
        "contentLanguages": ["en", "ru"],
        "sender": {"id": AGENCY, "name": "Citymark", "names": {"en": "Citymark"}},
    }


def named(names: Names) -> dict[str, Any]:
    """A name and the names by language."""
    return {"name": next(iter(names.values())), "names": dict(names)}


def _identity(id_: str, names: Names) -> dict[str, Any]:
    return {"id": id_, "agencyID": AGENCY, "version": VERSION, **named(names)}


def _dataflows() -> list[dict[str, Any]]:
    structure = urn("datastructure.DataStructure", STRUCTURE)
    return [{**_identity(FLOW, _FLOW_NAMES), "structure": structure}]


def _codelist(listed: Codelist) -> dict[str, Any]:
    codes = [{"id": code.id, **named(code.names)} for code in listed.codes]
    # The schema has no list without codes.
    return {**_identity(listed.id, listed.names), **({"codes": codes} if codes else {})}


def _schemes() -> list[dict[str, Any]]:
    concepts = [{"id": component.id, **named(component.names)} for component in COMPONENTS]
    return [{**_identity(SCHEME, {"en": "Concepts", "ru": "Понятия"}), "concepts": concepts}]


def _datastructures() -> list[dict[str, Any]]:
    dimensions = [{**_component(each), "position": number} for number, each in enumerate(at("key"))]
    attributes = [{**_component(each), **_use(each)} for each in (*at("series"), *at("observation"))]
    components = {
        "dimensionList": {
            "id": "DimensionDescriptor",
            "dimensions": dimensions,
            "timeDimension": _component(at("time")[0]),
        },
        "attributeList": {"id": "AttributeDescriptor", "attributes": attributes},
        "measureList": {"id": "MeasureDescriptor", "measures": [_component(at("value")[0])]},
    }
    return [{**_identity(STRUCTURE, _FLOW_NAMES), "dataStructureComponents": components}]


def _use(component: Component) -> dict[str, Any]:
    usage = "mandatory" if component.id == "OBS_STATUS" else "optional"
    return {"usage": usage, "attributeRelationship": relationship(component)}


def relationship(attribute: Component) -> dict[str, Any]:
    """What an attribute's value varies with."""
    if attribute.level == "observation":
        return {"observation": {}}
    return {"dimensions": [each.id for each in at("key")]}


def _component(component: Component) -> dict[str, Any]:
    return {
        "id": component.id,
        "conceptIdentity": urn("conceptscheme.Concept", SCHEME, component.id),
        "localRepresentation": (
            {"enumeration": urn("codelist.Codelist", component.codelist)}
            if component.codelist
            else {"format": {"dataType": component.text}}
        ),
    }

"""The structure of our figures as SDMX-ML 2.1."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from app.formats.sdmx.ml import NAMESPACES, write_head, write_names
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
    at,
    urn,
)
from app.formats.xml import Writer

MEDIA_TYPE = "application/vnd.sdmx.structure+xml;version=2.1"
_FLOW_NAMES = {"en": "Figures of cities", "ru": "Показатели городов"}
_SCHEME_NAMES = {"en": "Concepts", "ru": "Понятия"}


def structure_message(header: Header, kinds: Collection[str], codelists: Sequence[Codelist]) -> bytes:
    """A message with the artefacts of `kinds` (dataflow, codelist, conceptscheme, datastructure)."""
    out = Writer()
    parts: dict[str, Callable[[], None]] = {
        "dataflow": lambda: _dataflow(out),
        "codelist": lambda: _codelists(out, codelists),
        "conceptscheme": lambda: _concepts(out),
        "datastructure": lambda: _datastructure(out),
    }
    namespaces = {name: NAMESPACES[name] for name in ("xmlns:mes", "xmlns:com", "xmlns:str")}
    with out.inside("mes:Structure", namespaces):
        with out.inside("mes:Header"):
            write_head(out, header)
        with out.inside("mes:Structures"):
            for kind, write in parts.items():
                if kind in kinds:
                    write()
    return out.taken()


def error_message(code: int, text: str) -> bytes:
    """A refusal, by a code of the SDMX web service guidelines."""
    out = Writer()
    with out.inside("mes:Error", {name: NAMESPACES[name] for name in ("xmlns:mes", "xmlns:com")}):
        with out.inside("mes:ErrorMessage", {"code": str(code)}):
            out.element("com:Text", text)
    return out.taken()


def _identity(id_: str, kind: str) -> dict[str, str | None]:
    return {"id": id_, "urn": urn(kind, id_), "agencyID": AGENCY, "version": VERSION, "isFinal": "true"}


def _dataflow(out: Writer) -> None:
    with out.inside("str:Dataflows"), out.inside("str:Dataflow", _identity(FLOW, "datastructure.Dataflow")):
        write_names(out, _FLOW_NAMES)
        with out.inside("str:Structure"):
            _reference(out, STRUCTURE, "datastructure", "DataStructure")


def _reference(out: Writer, id_: str, package: str, kind: str) -> None:
    out.element("Ref", **{"id": id_, "version": VERSION, "agencyID": AGENCY, "package": package, "class": kind})


def _codelists(out: Writer, codelists: Sequence[Codelist]) -> None:
    with out.inside("str:Codelists"):
        for listed in codelists:
            with out.inside("str:Codelist", _identity(listed.id, "codelist.Codelist")):
                write_names(out, listed.names)
                for code in listed.codes:
                    with out.inside("str:Code", {"id": code.id, "urn": urn("codelist.Code", listed.id, code.id)}):
                        write_names(out, code.names)


def _concepts(out: Writer) -> None:
    with out.inside("str:Concepts"):
        with out.inside("str:ConceptScheme", _identity(SCHEME, "conceptscheme.ConceptScheme")):
            write_names(out, _SCHEME_NAMES)
            for component in COMPONENTS:
                identity = {"id": component.id, "urn": urn("conceptscheme.Concept", SCHEME, component.id)}
                with out.inside("str:Concept", identity):
                    write_names(out, component.names)


def _datastructure(out: Writer) -> None:
    with (
        out.inside("str:DataStructures"),
        out.inside("str:DataStructure", _identity(STRUCTURE, "datastructure.DataStructure")),
    ):
        write_names(out, _FLOW_NAMES)
        with out.inside("str:DataStructureComponents"):
            with out.inside("str:DimensionList", {"id": "DimensionDescriptor"}):
                for position, component in enumerate(at("key"), start=1):
                    _component(out, "str:Dimension", component, {"position": str(position)})
                time = str(len(at("key")) + 1)
                _component(out, "str:TimeDimension", at("time")[0], {"position": time})
            with out.inside("str:AttributeList", {"id": "AttributeDescriptor"}):
                for component in [*at("series"), *at("observation")]:
                    usage = "Mandatory" if component.id == "OBS_STATUS" else "Conditional"
                    _component(out, "str:Attribute", component, {"assignmentStatus": usage})
            with out.inside("str:MeasureList", {"id": "MeasureDescriptor"}):
                _component(out, "str:PrimaryMeasure", at("value")[0], {})


def _component(out: Writer, name: str, component: Component, attributes: dict[str, str]) -> None:
    with out.inside(name, {"id": component.id, **attributes}):
        with out.inside("str:ConceptIdentity"):
            out.element(
                "Ref",
                **{
                    "id": component.id,
                    "maintainableParentID": SCHEME,
                    "maintainableParentVersion": VERSION,
                    "agencyID": AGENCY,
                    "package": "conceptscheme",
                    "class": "Concept",
                },
            )
        with out.inside("str:LocalRepresentation"):
            if component.codelist:
                with out.inside("str:Enumeration"):
                    _reference(out, component.codelist, "codelist", "Codelist")
            else:
                out.element("str:TextFormat", textType=component.text)
        if component.level in ("series", "observation"):
            with out.inside("str:AttributeRelationship"):
                _relationship(out, component)


def _relationship(out: Writer, component: Component) -> None:
    if component.level == "observation":
        with out.inside("str:PrimaryMeasure"):
            out.element("Ref", id="OBS_VALUE")
    else:
        for dimension in at("key"):
            with out.inside("str:Dimension"):
                out.element("Ref", id=dimension.id)

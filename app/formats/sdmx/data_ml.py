"""Figures as SDMX-ML 2.1, generic or specific to the structure; a piece some series."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.formats.sdmx.ml import NAMESPACES, write_head
from app.formats.sdmx.model import AGENCY, FLOW, STRUCTURE, VERSION, Header, Observation, Series, urn
from app.formats.xml import Writer

GENERIC = "application/vnd.sdmx.genericdata+xml;version=2.1"
SPECIFIC = "application/vnd.sdmx.structurespecificdata+xml;version=2.1"
_SPACE = f"{urn('datastructure.DataStructure', STRUCTURE)}:ObsLevelDim:TIME_PERIOD"
SERIES_AT_ONCE = 500


def generic_chunks(header: Header, series: Iterable[Series]) -> Iterator[bytes]:
    """A generic message: every key and attribute named by an element."""
    out = Writer()
    namespaces = {name: NAMESPACES[name] for name in ("xmlns:mes", "xmlns:com", "xmlns:gen")}
    with out.inside("mes:GenericData", namespaces):
        _header(out, header, None)
        with out.inside("mes:DataSet", {"structureRef": FLOW, "action": "Information"}):
            for number, each in enumerate(series, start=1):
                _generic(out, each)
                if number % SERIES_AT_ONCE == 0:
                    yield out.taken()
    yield out.taken()


def specific_chunks(header: Header, series: Iterable[Series]) -> Iterator[bytes]:
    """A message specific to our structure: keys, values and attributes as attributes of series and observation."""
    out = Writer()
    names = ("xmlns:mes", "xmlns:com", "xmlns:ss", "xmlns:xsi")
    namespaces = {**{name: NAMESPACES[name] for name in names}, "xmlns:ours": _SPACE}
    about = {
        "ss:structureRef": FLOW,
        "xsi:type": "ours:DataSetType",
        "ss:dataScope": "DataStructure",
        "ss:action": "Information",
    }
    with out.inside("mes:StructureSpecificData", namespaces):
        _header(out, header, _SPACE)
        with out.inside("mes:DataSet", about):
            for number, each in enumerate(series, start=1):
                with out.inside("Series", {**each.key, **each.attributes}):
                    for figure in each.observations:
                        attributes = {"TIME_PERIOD": figure.period, "OBS_VALUE": figure.value, **figure.attributes}
                        with out.inside("Obs", attributes):
                            pass
                if number % SERIES_AT_ONCE == 0:
                    yield out.taken()
    yield out.taken()


def _header(out: Writer, header: Header, space: str | None) -> None:
    with out.inside("mes:Header"):
        write_head(out, header)
        about = {"structureID": FLOW, "namespace": space, "dimensionAtObservation": "TIME_PERIOD"}
        with out.inside("mes:Structure", about), out.inside("com:Structure"):
            reference = {"id": STRUCTURE, "version": VERSION, "agencyID": AGENCY}
            out.element("Ref", **{**reference, "package": "datastructure", "class": "DataStructure"})


def _generic(out: Writer, series: Series) -> None:
    with out.inside("gen:Series"):
        _values(out, "gen:SeriesKey", series.key)
        _values(out, "gen:Attributes", series.attributes)
        for figure in series.observations:
            _generic_observation(out, figure)


def _generic_observation(out: Writer, figure: Observation) -> None:
    with out.inside("gen:Obs"):
        out.element("gen:ObsDimension", value=figure.period)
        if figure.value is not None:
            out.element("gen:ObsValue", value=figure.value)
        _values(out, "gen:Attributes", figure.attributes)


def _values(out: Writer, name: str, values: dict[str, str] | dict[str, str | None]) -> None:
    with out.inside(name):
        for id_, text in values.items():
            if text is not None:
                out.element("gen:Value", id=id_, value=text)

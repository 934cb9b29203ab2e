"""SDMX as the programs of statisticians read it: sdmx1 and pysdmx against a running server.

What the figures are stands in the fixture `figures`; the one that was withdrawn is not served.
"""

from __future__ import annotations

import pandas as pd
import pytest
import sdmx
from pysdmx.api.qb import ApiVersion, DataContext, DataFormat, DataQuery, RestService, StructureFormat, StructureQuery
from pysdmx.api.qb.structure import StructureReference, StructureType
from pysdmx.io import read_sdmx

from tests.makers import MORNING

LIGHT = {"FREQ": "Q", "REF_AREA": "ru-kazan", "INDICATOR": "TI_SMART_LIGHTING"}


def _client(site: str, form: str) -> sdmx.Client:
    source = {"id": "CITYMARK", "url": f"{site}/sdmx/{form.lower()}", "name": "Citymark", "data_content_type": form}
    sdmx.add_source(source, override=True)
    return sdmx.Client("CITYMARK")


@pytest.mark.parametrize("form", ["XML", "JSON"])
def test_sdmx1_reads_values_and_statuses(site: str, form: str) -> None:
    message = _client(site, form).data("FIGURES", key="Q.ru-kazan.TI_SMART_LIGHTING")
    found = sdmx.to_pandas(message, attributes="o")
    assert found["value"].droplevel(["FREQ", "REF_AREA", "INDICATOR"]).dropna().to_dict() == {"2024-Q3": 61.5}
    statuses = found["OBS_STATUS"].droplevel(["FREQ", "REF_AREA", "INDICATOR"]).map(str).to_dict()
    assert statuses == {"2024-Q3": "A", "2024-Q4": "L"}


def test_sdmx1_asks_by_names_of_dimensions_with_the_structure(site: str) -> None:
    """A key as a dict makes it fetch the structure and check the key against it."""
    client = _client(site, "XML")
    message = client.data("FIGURES", key={"REF_AREA": ["ru-kazan"], "FREQ": "A"})
    assert sdmx.to_pandas(message).tolist() == [12.25]


def test_sdmx1_reads_the_structure_in_both_languages(site: str) -> None:
    client = _client(site, "XML")
    assert list(client.dataflow().dataflow) == ["FIGURES"]
    message = client.dataflow("FIGURES", params={"references": "all"})
    structure = message.structure["CITY_FIGURES"]
    assert [each.id for each in structure.dimensions] == ["FREQ", "REF_AREA", "INDICATOR", "TIME_PERIOD"]
    city = message.codelist["CL_AREA"]["ru-kazan"]
    assert city.name["ru"] == "Казань"
    status = client.codelist("CL_OBS_STATUS").codelist["CL_OBS_STATUS"]["P"]
    assert status.name["en"] == "provisional"


def test_sdmx1_reads_data_specific_to_the_structure(site: str) -> None:
    client = _client(site, "XML")
    structure = client.dataflow("FIGURES", params={"references": "all"}).structure["CITY_FIGURES"]
    message = client.data("FIGURES", key="Q.ru-kazan.TI_SMART_LIGHTING", dsd=structure)
    assert sdmx.to_pandas(message).dropna().tolist() == [61.5]


def test_sdmx1_bounds_time_and_finds_nothing_without_failing(site: str) -> None:
    client = _client(site, "XML")
    found = sdmx.to_pandas(client.data("FIGURES", params={"startPeriod": "2024-Q4", "endPeriod": "2024-Q4"}))
    assert list(found.index.get_level_values("TIME_PERIOD")) == ["2024-Q4"]
    nothing = client.data("FIGURES", key="Q.ru-nowhere.TI_SMART_LIGHTING")
    assert len(sdmx.to_pandas(nothing)) == 0


def _service(site: str, version: ApiVersion, form: DataFormat) -> RestService:
    return RestService(f"{site}/sdmx", version, form, StructureFormat.SDMX_JSON_2_0_0)


def _query(**more: object) -> DataQuery:
    key = "Q.ru-kazan.TI_SMART_LIGHTING"
    return DataQuery(DataContext.DATAFLOW, "CITYMARK", "FIGURES", "1.0", key, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [ApiVersion.V1_5_0, ApiVersion.V2_0_0])
@pytest.mark.parametrize("form", [DataFormat.SDMX_CSV_2_0_0, DataFormat.SDMX_CSV_2_1_0])
def test_pysdmx_reads_csv(site: str, version: ApiVersion, form: DataFormat) -> None:
    content = _service(site, version, form).data(_query())
    frame = read_sdmx(content.decode(), validate=False).data[0].data.set_index("TIME_PERIOD")
    assert float(frame.loc["2024-Q3", "OBS_VALUE"]) == 61.5
    assert pd.isna(float(frame.loc["2024-Q4", "OBS_VALUE"]))
    assert frame["OBS_STATUS"].to_dict() == {"2024-Q3": "A", "2024-Q4": "L"}
    assert frame["COMMENT_OBS"].to_dict()["2024-Q3"] == "late data"


def test_pysdmx_asks_for_what_was_known_at_an_instant(site: str) -> None:
    service = _service(site, ApiVersion.V2_2_0, DataFormat.SDMX_CSV_2_1_0)
    frame = read_sdmx(service.data(_query(as_of=MORNING)).decode(), validate=False).data[0].data
    assert float(frame.set_index("TIME_PERIOD").loc["2024-Q3", "OBS_VALUE"]) == 62.5


@pytest.mark.parametrize("references", [StructureReference.DESCENDANTS, StructureReference.ALL])
def test_pysdmx_reads_the_structure(site: str, references: StructureReference) -> None:
    service = _service(site, ApiVersion.V2_0_0, DataFormat.SDMX_JSON_2_0_0)
    query = StructureQuery(StructureType.DATAFLOW, "CITYMARK", "FIGURES", "1.0", references=references)
    message = read_sdmx(service.structure(query).decode(), validate=True)
    structure = message.get_data_structure_definitions()[0]
    assert [each.id for each in structure.components.dimensions] == [*LIGHT, "TIME_PERIOD"]
    assert {each.id for each in message.get_codelists()} >= {"CL_AREA", "CL_INDICATOR", "CL_OBS_STATUS"}

"""Published tables, stage by stage; figures are read from the shared folder or typed from the publications."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.domain.composite.ranking import half_up, ranks
from app.domain.composite.score import Scored, score
from app.domain.composite.sensitivity import leave_one_out
from tests.app.domain.composite.frames import bundled, small

pytestmark = pytest.mark.shared_data

HDI = ("le", "eys", "mys", "gnipc")


def hdi_table(folder: Path) -> pd.DataFrame:
    return pd.read_csv(next((folder / "index_hdi").glob("*.csv"))).set_index("iso3")


def hdi_year(table: pd.DataFrame, year: int) -> tuple[pd.DataFrame, np.ndarray]:
    values = table[[f"{name}_{year}" for name in HDI]].set_axis(list(HDI), axis=1)
    return values, table[f"hdi_{year}"].to_numpy(dtype=float)


def matches(folder: Path, framework: str | None = None, **changes: str) -> int:
    recipe = bundled("hdi")
    if framework:
        recipe = small(framework, "minimum_coverage = 1.0\nindex = 'HDI'\n[defaults]\nscale = 1")
    table, equal = hdi_table(folder), 0
    for year in range(1990, 2022):
        values, published = hdi_year(table, year)
        ours = score(values, recipe).index_score
        equal += int((half_up(ours, 3)[~np.isnan(published)] == published[~np.isnan(published)]).sum())
    return equal


def test_all_5923_published_values_of_the_hdi_come_out_at_three_decimals(shared_data: Path) -> None:
    published = hdi_table(shared_data).filter(regex=r"^hdi_(19|20)\d\d$")
    assert int(published.notna().sum().sum()) == 5923
    groups = published.loc[published.index.str.startswith("ZZ")]
    assert int(groups.notna().sum().sum()) == 352
    assert matches(shared_data) == 5923


PARTS = """
[nodes.HDI]
mean = "{mean}"
zeros = "zero"
children = [
  {{ code = "le", goalposts = [20, 85], clip = {clip} }},
  "EI",
  {{ code = "gnipc", transform = "log", goalposts = [100, 75000], clip = {clip} }},
]
[nodes.EI]
children = [
  {{ code = "eys", goalposts = [0, 18], clip = {clip} }},
  {{ code = "mys", goalposts = [0, 15], clip = {clip} }},
]
"""


def test_the_hdi_oracle_tells_a_wrong_mean_and_missing_caps_apart(shared_data: Path) -> None:
    assert matches(shared_data, PARTS.format(mean="arithmetic", clip="true")) == 611
    assert matches(shared_data, PARTS.format(mean="geometric", clip="false")) == 5657


def test_four_countries_without_a_component_never_have_an_hdi(shared_data: Path) -> None:
    table = hdi_table(shared_data)
    for year in (1990, 2005, 2021):
        values, _ = hdi_year(table, year)
        scored = score(values.loc[["MCO", "NRU", "PRK", "SOM"]], bundled("hdi"))
        assert np.isnan(scored.index_score).all()
        assert all(reason is not None and "missing: " in reason for reason in scored.reasons)


def asem(folder: Path, *, raw: bool = True) -> pd.DataFrame:
    """Raw indicators and denominators under the framework's names."""
    values = stage(folder, "Raw")
    below = pd.read_csv(folder / "index_asem" / "Input_Denominators.csv").set_index("UnitCode")
    names = {"Den_Area": "Area", "Den_Energy": "Energy", "Den_GDP": "GDP", "Den_Pop": "Population"}
    values = values.rename(columns={"Group_EurAsia": "EurAsia_group"})
    return values.join(below[list(names)].rename(columns=names))


def stage(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "index_asem" / f"Data_{name}.csv").set_index("UnitCode")


def asem_scored(folder: Path) -> Scored:
    return score(asem(folder), bundled("asem"))


def published(folder: Path, name: str, scored: Scored) -> np.ndarray:
    codes = [leaf.code for leaf in scored.framework.leaves]
    return stage(folder, name).loc[scored.stages.index, codes].to_numpy(dtype=float).T


def test_asem_denominated_has_no_difference_in_2499_cells(shared_data: Path) -> None:
    scored = asem_scored(shared_data)
    expected = published(shared_data, "Denominated", scored)
    assert expected.size == 2499
    np.testing.assert_array_equal(scored.stages.reported, expected)


def test_asem_imputed_fills_65_cells_by_the_mean_of_the_continent(shared_data: Path) -> None:
    scored = asem_scored(shared_data)
    untreated = small(
        "[nodes.I]\nchildren = [" + ", ".join(f'"{leaf.code}"' for leaf in scored.framework.leaves) + "]\n"
        "[indicators]\n" + "\n".join(_leaf_text(leaf.code, leaf.denominator) for leaf in scored.framework.leaves),
        '[defaults]\nnormalise = "minmax"\nimpute = { method = "group_mean", group = "EurAsia_group" }',
    )
    stages = score(asem(shared_data), untreated).stages
    assert stages.imputed.sum() == 65
    np.testing.assert_allclose(stages.values, published(shared_data, "Imputed", scored), rtol=0, atol=1.5e-14)


def _leaf_text(code: str, denominator: str | None) -> str:
    return f'{code} = {{ denominator = "{denominator}" }}' if denominator else f"{code} = {{}}"


MOVED = {
    "Services": 4,
    **dict.fromkeys(("ForPort", "Tariff", "CultServ", "Bord", "Gas", "Poverty", "NGOs"), 3),
    **dict.fromkeys(("FDI", "StMob", "Forest"), 2),
    **dict.fromkeys(("CostImpEx", "Flights", "PubDebt"), 1),
}


def test_asem_treatment_moves_the_published_points_of_15_indicators(shared_data: Path) -> None:
    scored = asem_scored(shared_data)
    found = {code: done[0] for code, done in scored.stages.treatments.items()}
    assert len(found) == 49
    assert {code: one.high for code, one in found.items() if one.high} == MOVED
    assert {code: one.low for code, one in found.items() if one.low} == {"FemLab": 1}
    assert not any(one.logged for one in found.values())
    np.testing.assert_allclose(scored.stages.values, published(shared_data, "Treated", scored), rtol=0, atol=1.5e-14)


def test_asem_normalised_and_all_eleven_aggregates(shared_data: Path) -> None:
    scored = asem_scored(shared_data)
    ours = np.stack([scored.parts[leaf.code] for leaf in scored.framework.leaves])
    np.testing.assert_allclose(ours, published(shared_data, "Normalised", scored), rtol=0, atol=1e-12)
    expected = stage(shared_data, "Aggregated").loc[scored.stages.index]
    assert len(scored.framework.nodes) == 11
    for node in scored.framework.nodes:
        np.testing.assert_allclose(scored.parts[node.code], expected[node.code], rtol=0, atol=1e-12)


def test_asem_ranks_of_the_index_and_every_aggregate(shared_data: Path) -> None:
    """The published table ranks its printed two decimals: Japan and Russia share 47 in ConEcFin at 6.62."""
    scored = asem_scored(shared_data)
    expected = pd.read_csv(shared_data / "index_asem" / "Results_AggregatesRank.csv").set_index("UnitCode")
    expected = expected.loc[scored.stages.index]
    for node in scored.framework.nodes:
        printed = half_up(scored.parts[node.code], 2)
        np.testing.assert_array_equal(ranks(printed), expected[node.code].to_numpy())
    np.testing.assert_array_equal(scored.ranks, expected["Index"].to_numpy())
    assert scored.table().loc["IND", "rank"] == 45
    head = half_up(scored.table().loc[["CHE", "NLD", "DNK", "NOR", "BEL", "SWE"], "score"].to_numpy(), 2)
    assert head.tolist() == [68.38, 64.82, 64.80, 64.47, 63.54, 63.00]


def test_leaving_out_each_asem_pillar_shifts_ranks_as_published(shared_data: Path) -> None:
    found = leave_one_out(asem_scored(shared_data), level="pillar")
    assert {code: round(shift, 6) for code, shift in found.items()} == {
        "Physical": 1.529412,
        "ConEcFin": 2.627451,
        "Political": 2.901961,
        "Instit": 1.176471,
        "P2P": 1.686275,
        "Environ": 3.098039,
        "Social": 3.960784,
        "SusEcFin": 2.627451,
    }


@pytest.mark.parametrize(
    ("code", "file", "head"),
    [
        (
            "kz-equal",
            "equal_weight",
            {"West Kazakhstan Region": 0.555363, "Almaty city": 0.542742, "North Kazakhstan Region": 0.530918},
        ),
        (
            "kz-ahp",
            "environment",
            {"West Kazakhstan Region": 0.603486, "Jetisu Region": 0.603280, "Almaty city": 0.559766},
        ),
    ],
)
def test_kazakhstan_columns_and_score(shared_data: Path, code: str, file: str, head: dict[str, float]) -> None:
    folder = shared_data / "kz_city_ranking"
    scored = score(pd.read_csv(folder / "cleaned_data.csv").set_index("Region"), bundled(code))
    columns = pd.read_csv(folder / "scaled_final.csv").set_index("region").loc[scored.stages.index]
    assert len(columns.columns) == 16
    for leaf in scored.framework.leaves:
        np.testing.assert_allclose(scored.parts[leaf.code], columns[leaf.code], rtol=0, atol=1e-12)
    expected = pd.read_csv(folder / f"weight_with_sustainability_score_{file}.csv").set_index("region")
    totals = expected.loc[scored.stages.index, "sustainability_score"]
    np.testing.assert_allclose(scored.index_score, totals, rtol=0, atol=1e-12)
    best = scored.table().sort_values("rank").head(3)
    assert best["score"].round(6).to_dict() == head


def test_minstroy_total_is_the_plain_sum_in_1116_cities(shared_data: Path) -> None:
    table = pd.read_csv(shared_data / "ru_minstroy_igs" / "cities.csv").set_index("id")
    scored = score(table, bundled("minstroy"))
    assert len(table) == 1116
    np.testing.assert_array_equal(scored.index_score, table["points"].to_numpy(dtype=float))


def test_a_table_that_does_not_follow_from_its_components_is_not_confirmed(shared_data: Path) -> None:
    """One component changed in the last published digit is one city that no longer agrees."""
    table = pd.read_csv(shared_data / "ru_minstroy_igs" / "cities.csv").set_index("id")
    table.loc[table.index[7], "green spaces"] += 1
    assert int((score(table, bundled("minstroy")).index_score != table["points"]).sum()) == 1

"""The bill of materials holds what is installed, and an audit that could not ask is never a clean one."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest

from bench.audit import verdict
from bench.sbom import bill
from tests.conftest import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return bill(LOCK, PROJECT, ROOT / "dashboard")


def test_every_locked_package_is_in_the_bill_with_all_its_hashes(made: dict[str, Any]) -> None:
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    expected = {}
    for block in blocks:
        name, _, version = block.split(" ")[0].partition("==")
        expected[f"pkg:pypi/{name}@{version}"] = set(re.findall(r"sha256:(\w{64})", block))
    told = {
        each["purl"]: {item["hashes"][0]["content"] for item in each["externalReferences"]}
        for each in made["components"]
        if each.get("purl", "").startswith("pkg:pypi/")
    }
    assert len(expected) > 70
    assert told == expected


def test_what_the_project_names_is_what_it_depends_on(made: dict[str, Any]) -> None:
    edges = {each["ref"]: each["dependsOn"] for each in made["dependencies"]}
    direct = {name.rpartition("/")[2].partition("@")[0] for name in edges[f"pkg:pypi/citymark@{PROJECT['version']}"]}
    named = {re.split(r"[\[><=;]", line)[0] for line in PROJECT["dependencies"]}
    assert named <= direct
    known = {each["bom-ref"] for each in made["components"]}
    assert {end for ends in edges.values() for end in ends} <= known
    assert "pkg:pypi/starlette" in "".join(edges[next(ref for ref in edges if ref.startswith("pkg:pypi/fastapi@"))])


def test_scripts_and_the_typeface_carried_in_the_repository_are_in_the_bill(made: dict[str, Any]) -> None:
    names = [each["name"] for each in made["components"]]
    assert {"plotly.js", "Golos Text"} <= set(names)
    references = [each["bom-ref"] for each in made["components"]]
    assert len(references) == len(set(references))


def test_the_bill_is_the_same_each_time_and_names_no_package_index(made: dict[str, Any]) -> None:
    assert bill(LOCK, PROJECT, ROOT / "dashboard") == made
    hosts = re.findall(r"https?://[^/\"]+", json.dumps(made))
    assert set(hosts) == {"http://cyclonedx.org"}


LOOKED_UP = {"name": "starlette", "version": "1.10.0", "vulns": []}
HOLE = {"id": "CVE-2026-1", "fix_versions": ["1.10.1"], "aliases": [], "description": "a hole"}


@pytest.mark.parametrize(
    ("found", "code", "words"),
    [
        ([LOOKED_UP], 0, "1 packages looked up"),
        ([{**LOOKED_UP, "vulns": [HOLE]}], 1, "starlette 1.10.0: CVE-2026-1, mended in 1.10.1"),
        ([{**LOOKED_UP, "vulns": [{**HOLE, "fix_versions": []}]}], 1, "no version yet"),
        (
            [LOOKED_UP, {"name": "dash", "skip_reason": "not found"}],
            2,
            "1 of 2 packages could not be looked up: dash",
        ),
        ([], 2, "could not be looked up"),
    ],
)
def test_an_audit_is_clean_only_when_everything_was_looked_up(found: list[Any], code: int, words: str) -> None:
    told, lines = verdict({"starlette", "dash"}, {"dependencies": found, "fixes": []})
    assert told == code
    assert words in "\n".join(lines)

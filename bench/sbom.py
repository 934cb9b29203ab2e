"""What the program is made of, as a bill of materials in CycloneDX: `dist/sbom.json` from requirements.lock.

The lock is the truth: each of its packages with version, marker and the hashes by which it is installed. Licences and
who needs whom come from what is installed here. The same lock in the same environment gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from uuid import UUID

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "dist" / "sbom.json"
PINNED = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))?"
    r"(?P<hashes>(?: \\\n +--hash=\S+)*)$",
    re.MULTILINE,
)
CARRIED = re.compile(r"^== (\S+) ([^\s:]+): ?(.*)$", re.MULTILINE)
CLASSIFIER = "License :: "
Package = dict[str, Any]


def locked(text: str) -> list[Package]:
    """The packages of a lock file, in its order: name, version, marker, hashes."""
    return [
        {
            "name": canonicalize_name(found["name"]),
            "version": found["version"],
            "marker": (found["marker"] or "").strip(),
            "hashes": sorted(re.findall(r"sha256:([0-9a-f]{64})", found["hashes"])),
        }
        for found in PINNED.finditer(text)
    ]


def bill(lock: str, project: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The bill of materials of a lock file and a project; `folder` holds what is carried in the repository itself."""
    packages = locked(lock)
    whole = _reference("citymark", project["version"])
    carried = list(_carried(folder))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": UUID(bytes=hashlib.sha256(lock.encode()).digest()[:16], version=4).urn,
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": whole,
                "name": "citymark",
                "version": project["version"],
                "description": project["description"],
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": [*map(_component, packages), *carried],
        "dependencies": _edges(whole, packages, project["dependencies"], carried),
    }


def _reference(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{version}"


def _component(package: Package) -> dict[str, Any]:
    address = _reference(package["name"], package["version"])
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": address,
        "name": package["name"],
        "version": package["version"],
        "purl": address,
        "scope": "optional" if package["marker"] else "required",
        "externalReferences": [
            {"type": "distribution", "url": address, "hashes": [{"alg": "SHA-256", "content": digest}]}
            for digest in package["hashes"]
        ],
    }
    if package["marker"]:
        made["properties"] = [{"name": "citymark:installed-when", "value": package["marker"]}]
    installed = _installed(package["name"])
    if installed is not None and installed.version == package["version"]:
        made |= _licences(installed)
    return made


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _is_installed(component: dict[str, Any]) -> bool:
    installed = _installed(component["name"])
    return installed is not None and installed.version == component["version"]


def _licences(installed: Distribution) -> dict[str, Any]:
    words = installed.metadata
    if expression := words.get("License-Expression"):
        return {"licenses": [{"expression": expression}]}
    named = [text.rpartition(" :: ")[2] for text in words.get_all("Classifier") or [] if text.startswith(CLASSIFIER)]
    first = (words.get("License") or "").strip().splitlines()
    names = named or first[:1]
    return {"licenses": [{"license": {"name": name}} for name in names]} if names else {}


def _carried(folder: Path) -> Iterator[dict[str, Any]]:
    """Scripts in the built charts, and the typeface: no installer brings them."""
    licences = (folder / "plotly" / "LICENSES.txt").read_text(encoding="utf-8")
    # A package that two others brought along stands there twice.
    for name, version, licence in dict.fromkeys(CARRIED.findall(licences)):
        address = f"pkg:npm/{name.replace('@', '%40')}@{version}"
        made = {"type": "library", "bom-ref": address, "name": name, "version": version, "purl": address}
        yield made | ({"licenses": [{"license": {"name": licence}}]} if licence else {})
    yield {
        "type": "file",
        "bom-ref": "golos-text",
        "name": "Golos Text",
        "licenses": [{"license": {"id": "OFL-1.1"}}],
    }


def _edges(
    whole: str, packages: list[Package], needed: list[str], carried: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    # Where the lock has a version for each Python, the one that is installed here stands for the others.
    references = {each["name"]: each["bom-ref"] for each in sorted(map(_component, packages), key=_is_installed)}
    asked: dict[str, set[str]] = {}
    direct = list(_needed(needed, {""}, references, asked))
    edges: dict[str, set[str]] = {whole: {references[name] for name in direct} | {c["bom-ref"] for c in carried}}
    waiting, seen = direct, set[tuple[str, frozenset[str]]]()
    while waiting:
        name = waiting.pop()
        key = (name, frozenset(asked[name]))
        if key in seen:
            continue
        seen.add(key)
        installed = _installed(name)
        found = list(_needed((installed.requires if installed else None) or [], asked[name], references, asked))
        edges[references[name]] = {references[each] for each in found}
        waiting += found
    for package in packages:
        edges.setdefault(_reference(package["name"], package["version"]), set())
    return [{"ref": ref, "dependsOn": sorted(edges[ref])} for ref in sorted(edges)]


def _needed(
    lines: list[str], extras: set[str], references: dict[str, str], asked: dict[str, set[str]]
) -> Iterator[str]:
    """The locked packages that these lines ask for, and in `asked` with which extras."""
    for line in lines:
        wanted = Requirement(line)
        name = canonicalize_name(wanted.name)
        applies = wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras)
        if applies and name in references:
            asked.setdefault(name, {""}).update(wanted.extras)
            yield name


def _faults(text: str) -> str | None:
    """What the schema of CycloneDX finds wrong, by the validator of its own library."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return None if found is None else str(found)[-500:]


def main() -> int:
    """Write the bill; where the library of CycloneDX is installed, hold it against its schema."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    made = bill((ROOT / "requirements.lock").read_text(encoding="utf-8"), project, ROOT / "dashboard")
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    if "--check" in sys.argv:
        fault = _faults(Path(TARGET).read_text(encoding="utf-8"))
        print(f"{TARGET.relative_to(ROOT)}: {fault or 'valid by the schema of CycloneDX 1.6'}")
        return int(fault is not None)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}: {len(made['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Are there known holes in what we install? pip-audit over requirements.lock, and an answer that cannot be misread.

0: every locked package was looked up and none has a known hole. 1: these have. 2: not everything could be looked up,
or the service did not answer: that is no clean bill. CITYMARK_AUDIT_PYTHON names a Python with pip-audit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.sbom import locked

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
#: The services that pip-audit knows; the second is asked where the first does not answer.
SERVICES = ("pypi", "osv")
TIMEOUT_S = 300


def verdict(names: set[str], report: dict[str, Any]) -> tuple[int, list[str]]:
    """The exit code and the words to a report of pip-audit about the packages of these names."""
    found = report["dependencies"]
    holes = [
        f"{each['name']} {each['version']}: {hole['id']}, mended in {_versions(hole)}"
        for each in found
        for hole in each.get("vulns", [])
    ]
    if holes:
        return 1, holes
    asked = {each["name"] for each in found if "vulns" in each}
    # With markers for other systems a lock holds more than is looked up here.
    skipped = sorted({each["name"] for each in found if "vulns" not in each})
    if skipped or not asked:
        told = f"{len(skipped) or len(names)} of {len(names)} packages could not be looked up"
        return 2, [f"{told}: {', '.join(skipped[:5]) or 'all of them'} …"]
    return 0, [f"{len(asked)} packages looked up, no known hole"]


def _versions(hole: dict[str, Any]) -> str:
    return ", ".join(hole["fix_versions"]) or "no version yet"


def _report(python: str, service: str) -> dict[str, Any] | str:
    """What pip-audit reports of the lock, or why there is no report."""
    command = [python, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", str(LOCK), "-f", "json"]
    told = subprocess.run(
        [*command, "-s", service, "--progress-spinner", "off"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    try:
        found: dict[str, Any] = json.loads(told.stdout)
    except ValueError:
        return (told.stderr.strip().splitlines() or ["no answer"])[-1][:200]
    return found


def main() -> int:
    """Ask each service until one has looked everything up."""
    python = os.environ.get("CITYMARK_AUDIT_PYTHON", sys.executable)
    names = {each["name"] for each in locked(LOCK.read_text(encoding="utf-8"))}
    for service in SERVICES:
        report = _report(python, service)
        code, words = (2, [f"no answer: {report}"]) if isinstance(report, str) else verdict(names, report)
        print("\n".join(f"{service}: {line}" for line in words))
        if code < 2:
            return code
    print(
        "NOT AUDITED: no vulnerability service could be asked from here. Run `make audit` where one can be reached."
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())

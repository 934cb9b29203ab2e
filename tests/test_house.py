"""The house rules that no linter of ours knows: sizes, and what may not stand anywhere in the repository."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("app", "dashboard", "ingest", "migrations")
MODULES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts
)
MOST_LINES = 400
MOST_FUNCTION_LINES = 40


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return [ROOT / name for name in listed.stdout.split("\0") if name]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    functions = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > MOST_FUNCTION_LINES]
    assert len(text.splitlines()) <= MOST_LINES
    assert long == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_files_name_no_host_and_hash_everything(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    pinned = re.findall(r"^[a-z0-9][^ \n]*==", text, re.MULTILINE)
    assert len(pinned) > 40
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z0-9])", text) if "==" in block)


def test_no_file_is_large_and_none_names_a_machine() -> None:
    files = tracked()
    assert [path for path in files if path.stat().st_size > 1_500_000] == []
    home = re.compile(rb"(^|[^A-Za-z0-9_.])/(home|root|Users)/[a-z]")
    assert [path for path in files if path.suffix in (".py", ".md", ".toml") and home.search(path.read_bytes())] == []

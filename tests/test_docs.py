"""What a stranger must find in the documentation: every setting, every address, every command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from ingest.__main__ import _parser
from tests.conftest import ROOT

OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_operations_guide_with_its_default(name: str) -> None:
    row = next(line for line in OPERATIONS.splitlines() if f"`CITYMARK_{name.upper()}`" in line)
    assert f"`{Settings.model_fields[name].default}`" in row
    assert str(Settings.model_fields[name].description) in row


def test_every_address_stands_in_the_api_guide(tmp_path: Path) -> None:
    client = TestClient(create_app(Settings(database_url=f"sqlite:///{tmp_path / 'x.db'}")))
    paths = [path.removeprefix("/v1") for path in client.get("/api/openapi.json").json()["paths"]]
    assert len(paths) > 10
    assert [path for path in paths if f"`{path}`" not in API] == []


def test_every_command_stands_in_the_operations_guide() -> None:
    commands = re.findall(r"^    (\w+)", _parser().format_help(), re.MULTILINE)
    assert "load" in commands
    assert [command for command in commands if f"`citymark {command}`" not in OPERATIONS] == []


def test_compose_asks_for_a_password_and_waits_for_the_database() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert ":?" in services["database"]["environment"]["POSTGRES_PASSWORD"]
    assert services["web1"]["depends_on"]["database"]["condition"] == "service_healthy"


def test_what_compose_sets_are_settings_of_the_program() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    known = {f"CITYMARK_{name.upper()}" for name in Settings.model_fields}
    assert {*services["web1"]["environment"], *services["schema"]["environment"]} - known == set()
    assert services["web1"]["environment"]["CITYMARK_TRUSTED_PROXIES"] == "*"


def test_the_image_has_the_programs_of_the_server_that_compose_starts() -> None:
    image = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["database"]["image"]
    version = re.findall(r"^postgres:(\d+)", image)
    assert re.findall(r"postgresql-client-(\d+)", (ROOT / "Dockerfile").read_text(encoding="utf-8")) == version


def test_the_image_runs_without_root_and_says_how_it_is() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "USER citymark" in text
    assert "HEALTHCHECK" in text
    assert "--require-hashes" in text
    copied = re.findall(r"^COPY (\w+) \1$", text, re.MULTILINE)
    assert all((ROOT / name).is_dir() for name in copied)


@pytest.mark.parametrize(
    "path", sorted({ROOT / "README.md", *(ROOT / "docs").glob("*.md")}), ids=lambda path: path.name
)
def test_links_of_the_documentation_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []

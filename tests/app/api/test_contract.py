"""Every address of the OpenAPI description under generated calls: no server error, nothing undocumented."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

import migrations
from app.api.app import create_api
from app.api.deps import Limits
from app.db import connect
from app.door import Door
from tests.tiny import build

load_all_checks()
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
#: Some 44 operations: more than 2,000 calls altogether; `make fuzz-api` asks for more.
CALLS_AN_OPERATION = int(os.environ.get("CITYMARK_FUZZ_CALLS", "50"))
# Described without a database: nothing is opened before something is asked.
DESCRIPTION = create_api(connect("sqlite:///nothing.db"), Limits(max_page_rows=50)).openapi()
OPERATIONS = [(path, method) for path, methods in DESCRIPTION["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    """The description as it is served, over a small database."""
    folder = tmp_path_factory.mktemp("contract")
    url = f"sqlite:///{folder}/contract.db"
    engine = connect(url)
    migrations.upgrade(engine)
    build(engine, folder)
    api = create_api(engine, Limits(max_page_rows=50))
    app = Starlette(routes=[Mount("/api", api)], middleware=[Middleware(Door)])
    yield schemathesis.openapi.from_asgi("/api/openapi.json", app)
    engine.dispose()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_operation_keeps_to_its_description(described: schemathesis.BaseSchema, path: str, method: str) -> None:
    @settings(
        max_examples=CALLS_AN_OPERATION,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described[path][method.upper()].as_strategy())
    def calls(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    calls()


def test_there_are_as_many_operations_as_documented() -> None:
    assert len(OPERATIONS) * CALLS_AN_OPERATION >= 2_000

"""Templates over HTTP: the three files of a city and period, and what is refused."""

from __future__ import annotations

import io

import openpyxl
from starlette.testclient import TestClient


def test_the_workbook_and_the_csv_name_the_city_and_its_indicators(client: TestClient) -> None:
    answer = client.get("/api/v1/templates/ru-kazan/2024-Q3.xlsx?language=en")
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert (sheet["A1"].value, sheet["A2"].value, sheet["E2"].value) == ("city", "ru-kazan", "2024-Q3")
    text = client.get("/api/v1/templates/ru-kazan/2024-Q3.csv").content.decode("utf-8-sig")
    assert text.startswith("город;показатель;")


def test_the_value_of_the_period_before_stands_beside_the_one_to_fill_in(client: TestClient) -> None:
    text = client.get("/api/v1/templates/ru-kazan/2024-Q4.csv").content.decode("utf-8-sig")
    head, line = (row.split(";") for row in text.splitlines()[:2])
    assert line[head.index("прошлое значение")] == "61,5"
    assert line[head.index("значение")] == ""


def test_the_schema_is_served_beside_them(client: TestClient) -> None:
    schema = client.get("/api/v1/templates/ru-kazan/2024-Q3/schema.json").json()
    assert schema["primaryKey"] == ["город", "показатель", "период"]


def test_an_unknown_city_or_period_is_not_found(client: TestClient) -> None:
    assert client.get("/api/v1/templates/ru-nowhere/2024-Q3.csv").status_code == 404
    assert client.get("/api/v1/templates/ru-kazan/2024-Q9.xlsx").status_code == 404


def test_the_limits_of_uploads_are_told(client: TestClient) -> None:
    limits = client.get("/api/v1/config").json()["data"]["limits"]
    assert (limits["max_upload_bytes"], limits["max_upload_rows"], limits["max_upload_columns"]) == (
        10_000_000,
        100_000,
        1_000,
    )

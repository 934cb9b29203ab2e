from __future__ import annotations

import pytest
from starlette.testclient import TestClient


def test_the_catalogue_shows_exact_decimals_as_numbers(client: TestClient) -> None:
    found = client.get("/api/v1/indicators/QM_PM25").json()["data"]
    assert (found["goalpost_max"], found["direction"], found["methodology_version"]) == (35.5, "lower", "1")


def test_indicators_are_found_by_principle_and_by_text(client: TestClient) -> None:
    assert [row["code"] for row in client.get("/api/v1/indicators?principle=management").json()["data"]] == [
        "QM_PM25"
    ]
    assert [row["code"] for row in client.get("/api/v1/indicators?q=pm25").json()["data"]] == ["QM_PM25"]


def test_principles_stand_in_their_order(client: TestClient) -> None:
    assert [row["code"] for row in client.get("/api/v1/principles").json()["data"]] == [
        "infrastructure",
        "management",
    ]


def test_periods_stand_in_time_order(client: TestClient) -> None:
    assert [row["code"] for row in client.get("/api/v1/periods").json()["data"]] == ["2024", "2024-Q3", "2024-Q4"]


@pytest.mark.parametrize("text", ["Казань", "КАЗАНЬ", "каза", "Kazan", "ru-kazan"])
def test_a_city_is_found_by_any_of_its_names(client: TestClient, text: str) -> None:
    assert [row["code"] for row in client.get("/api/v1/cities", params={"q": text}).json()["data"]] == ["ru-kazan"]


def test_yo_and_ye_are_one_letter_to_a_search(client: TestClient) -> None:
    assert [row["code"] for row in client.get("/api/v1/cities?q=орел").json()["data"]] == ["ru-oryol"]


def test_a_city_shows_its_size_class(client: TestClient) -> None:
    found = client.get("/api/v1/cities/ru-kazan").json()["data"]
    assert (found["size"], found["region"], found["population"]) == ("over_1m", "RU-TA", 1_300_000)


def test_cities_come_in_pages(client: TestClient) -> None:
    first = client.get("/api/v1/cities?limit=1").json()
    second = client.get(f"/api/v1/cities?limit=1&cursor={first['meta']['next']}").json()
    assert [row["code"] for row in first["data"] + second["data"]] == ["ru-kazan", "ru-oryol"]
    assert (first["meta"]["total"], second["meta"]["next"]) == (2, None)


def test_vintages_say_why_but_not_who(client: TestClient) -> None:
    found = client.get("/api/v1/vintages").json()["data"]
    assert [row["number"] for row in found] == [3, 2, 1]
    assert found[0]["withdrawn"] == 1
    assert "published_by" not in found[0]
    assert client.get("/api/v1/vintages/2").json()["data"]["revised"] == 1


def test_the_limits_told_are_the_limits_enforced(client: TestClient) -> None:
    limit = client.get("/api/v1/config").json()["data"]["limits"]["max_page_rows"]
    assert client.get(f"/api/v1/observations?limit={limit}").status_code == 200
    assert client.get(f"/api/v1/observations?limit={limit + 1}").status_code == 422


@pytest.mark.parametrize(
    "address",
    ["/api/v1/cities/ru-nowhere", "/api/v1/indicators/NOTHING", "/api/v1/vintages/99", "/api/v1/nothing", "/api/v2"],
)
def test_what_is_not_there_is_a_problem_and_not_a_page(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_method_that_is_not_served_is_a_problem(client: TestClient) -> None:
    answer = client.delete("/api/v1/cities")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")


@pytest.mark.parametrize("address", ["config", "principles", "indicators", "periods", "vintages", "cities/ru-kazan"])
def test_every_address_refuses_a_parameter_it_does_not_know(client: TestClient, address: str) -> None:
    answer = client.get(f"/api/v1/{address}?limti=1")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-parameter")


def test_the_description_names_examples_and_errors_for_every_address(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    assert len(described["paths"]) >= 11
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            assert {"422", "503"} < answers.keys(), (method, path)
            assert answers.keys() & {"200", "201"}, (method, path)
            assert "$ref" in answers["422"]["content"]["application/problem+json"]["schema"], path
    assert "ProblemBody" in described["components"]["schemas"]


def test_the_docs_page_needs_no_other_host(client: TestClient) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    assert client.get("/api/docs/assets/swagger-ui.css").status_code == 200

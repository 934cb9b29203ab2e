"""A script reports for its city: sends, answers doubts, hands over, waits; nothing is sent twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.client import Citymark, Conflict, FileRefused, Forbidden, NotFound, Unauthenticated
from tests.app.client.conftest import Log
from tests.office import CLEAN, PERIOD, Office, csv_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "q3.csv"
    path.write_bytes(CLEAN)
    return path


def test_a_file_goes_from_the_script_to_published_figures(official: Citymark, office: Office, file: Path) -> None:
    sent = official.submit(file, "ru-kazan", PERIOD)
    assert (sent.state, sent.plan) == ("checked", {"new": 3, "revised": 0, "unchanged": 0, "withdrawn": 0})
    assert sent.submit().state == "submitted"
    assert sent.id
    assert office.step("reviewer", sent.id, "approve").status_code == 200
    acted: list[float] = []

    def ministry(seconds: float) -> None:
        acted.append(seconds)
        assert office.step("reviewer", str(sent.id), "publish").status_code == 200

    assert sent.wait(sleep=ministry).state == "published"
    assert (acted, sent.vintage) == ([1.0], 2)
    assert sent.receipt()["city"] == "ru-kazan"
    figures = official.observations(city="ru-kazan", period=PERIOD)
    assert dict(zip(figures["indicator"], figures["value"], strict=True)) == {
        "TI_SMART_LIGHTING": 64.5,
        "QM_WATER_LOSS": 12.5,
        "CE_OPEN_DATA": 31.0,
    }


def test_waiting_ends_with_the_time_or_a_decision(official: Citymark, office: Office, file: Path) -> None:
    sent = official.submit(file, "ru-kazan", PERIOD).submit()
    slept: list[float] = []
    with pytest.raises(TimeoutError, match="is still submitted after 10 s"):
        sent.wait(timeout_s=10, sleep=slept.append)
    assert slept == [1, 2, 4, 3]
    assert office.step("reviewer", str(sent.id), "return", {"comment": "once more"}).status_code == 200
    assert sent.wait(["approved"]).state == "returned"
    assert official.submissions(state=["returned"])["id"].tolist() == [sent.id]


def test_a_script_that_runs_again_sends_nothing_twice(
    official: Citymark, office_log: Log, waits: list[float], file: Path
) -> None:
    office_log.told = [(503, {"Retry-After": "3"})]
    first, second = official.submit(file, "ru-kazan", PERIOD), official.submit(file, "ru-kazan", PERIOD)
    assert first.id == second.id
    assert waits == [3]
    assert len(official.submissions()) == 1
    assert official.submission(str(first.id)).state == "checked"


def test_doubts_are_shown_and_answered(official: Citymark, tmp_path: Path) -> None:
    path = tmp_path / "q3.csv"
    path.write_bytes(csv_of(("TI_SMART_LIGHTING", 95), ("QM_WATER_LOSS", 12.5), ("CE_OPEN_DATA", 31)))
    sent = official.submit(path, "ru-kazan", PERIOD)
    assert sent.state == "draft"
    doubts = sent.findings
    doubt = doubts[doubts["severity"] == "confirm"].iloc[0]
    sent.confirm({int(doubt["number"]): "the new districts are lit"})
    assert sent.state == "checked"


def test_a_dry_run_keeps_nothing(official: Citymark, file: Path) -> None:
    tried = official.submit(file, "ru-kazan", PERIOD, dry_run=True)
    assert (tried.id, tried.state, tried.plan["new"]) == (None, None, 3)
    assert official.submissions().empty
    with pytest.raises(ValueError, match="a dry run is kept nowhere"):
        tried.submit()


def test_a_file_that_cannot_be_read_says_where(official: Citymark, tmp_path: Path) -> None:
    path = tmp_path / "q3.csv"
    path.write_bytes('город;показатель;период;значение\nru-kazan;TI_SMART_LIGHTING;2026-Q3;"62\n'.encode())
    with pytest.raises(FileRefused) as refused:
        official.submit(path, "ru-kazan", PERIOD)
    assert refused.value.findings
    assert refused.value.submission
    assert refused.value.code == "file-refused"


def test_rights_are_told_as_types(official: Citymark, office_site: str, file: Path) -> None:
    with pytest.raises(Forbidden):
        official.submit(file, "ru-ufa", PERIOD)
    with pytest.raises(NotFound):
        official.submission("00000000-0000-0000-0000-000000000000")
    with Citymark(office_site, "cm_wrong") as stranger, pytest.raises(Unauthenticated):
        stranger.submit(file, "ru-kazan", PERIOD)


def test_a_plan_that_no_longer_holds_is_a_conflict(official: Citymark, file: Path) -> None:
    sent = official.submit(file, "ru-kazan", PERIOD)
    official.submission(str(sent.id)).withdraw()
    with pytest.raises(Conflict):
        sent.submit()


def test_the_token_is_not_shown_and_private_answers_are_not_kept(
    official: Citymark, token: str, file: Path, office_log: Log
) -> None:
    sent = official.submit(file, "ru-kazan", PERIOD)
    assert token not in repr(official) + repr(sent) + str(office_log.asked)
    sent.refresh()
    sent.refresh()
    assert [status for _, path, status in office_log.asked if path.endswith(str(sent.id))] == [200, 200]

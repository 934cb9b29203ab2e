"""From a file to published figures, over HTTP, on both engines."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256

import openpyxl
import pytest
from sqlalchemy import func, select

from app import audit
from app.db import reading, writing
from app.models import AuditEvent, ReceivedBytes, Submission
from ingest.submissions.due import run_due
from ingest.upload import UploadLimits
from tests.makers import publish_figures
from tests.office import CLEAN, PERIOD, Office, csv_of


def events(office: Office) -> list[str]:
    with reading(office.engine) as session:
        assert list(audit.faults(session)) == []
        return [event.action for event in audit.events(session, kind="submission", limit=99)][::-1]


def figures(office: Office, period: str = PERIOD) -> dict[str, tuple[float, str | None]]:
    rows = office.get(None, f"/observations?city=ru-kazan&period={period}").json()["data"]
    return {row["indicator"]: (row["value"], row["note"]) for row in rows}


def test_a_clean_file_goes_from_upload_to_published_in_four_steps(office: Office) -> None:
    sent = office.send("kazan")
    assert sent.status_code == 201, sent.text
    data = sent.json()["data"]
    assert (data["state"], data["verdict"], data["next_actor"]) == ("checked", "ready", "official")
    assert data["counts"] == {"new": 3, "revised": 0, "unchanged": 0, "withdrawn": 0}
    assert data["detected"]["encoding"] == "cp1251"
    number = data["id"]
    assert office.step("kazan", number, "submit", {"plan": data["plan"]}).json()["data"]["next_actor"] == "reviewer"
    assert figures(office) == {}
    assert office.step("reviewer", number, "approve").json()["data"]["deeds"] == ["return", "publish", "withdraw"]
    assert figures(office) == {}
    done = office.step("reviewer", number, "publish").json()["data"]
    assert (done["state"], done["vintage"], done["next_actor"]) == ("published", 2, "nobody")
    assert {name: value for name, (value, _) in figures(office).items()} == {
        "TI_SMART_LIGHTING": 64.5,
        "QM_WATER_LOSS": 12.5,
        "CE_OPEN_DATA": 31,
    }
    assert events(office) == ["receive", "submit", "approve", "publish"]
    assert office.get("kazan", f"/submissions/{number}/file").content == CLEAN


def test_the_same_file_again_changes_nothing(office: Office) -> None:
    first = office.send("kazan").json()["data"]
    assert office.send("kazan").json()["data"]["id"] == first["id"]
    number = office.approved()
    assert number == first["id"]
    office.step("reviewer", number, "publish")
    second = office.send("kazan").json()["data"]
    assert second["id"] != first["id"]
    assert second["counts"] == {"new": 0, "revised": 0, "unchanged": 3, "withdrawn": 0}
    office.step("kazan", second["id"], "submit")
    office.step("reviewer", second["id"], "approve")
    assert office.step("reviewer", second["id"], "publish").json()["data"]["vintage"] is None
    with reading(office.engine) as session:
        assert session.scalar(select(func.count()).select_from(ReceivedBytes)) == 1


def test_a_jump_asks_for_a_reason_that_travels_with_the_figure(office: Office) -> None:
    content = csv_of(("TI_SMART_LIGHTING", 95))
    data = office.send("kazan", content).json()["data"]
    assert (data["state"], data["verdict"]) == ("draft", "confirm")
    (asked,) = [finding for finding in data["findings"] if finding["severity"] == "confirm"]
    assert (asked["check"], asked["cell"], asked["text"]) == ("jump", "D2", "95")
    assert "60" in asked["message_ru"]
    assert office.step("kazan", data["id"], "submit").status_code == 409
    wrong = office.step("kazan", data["id"], "confirm", {"confirmations": {"99": "because"}})
    assert wrong.status_code == 422
    assert office.step("kazan", data["id"], "confirm", {"confirmations": {asked["number"]: " "}}).status_code == 422
    answer = office.step("kazan", data["id"], "confirm", {"confirmations": {asked["number"]: "новая сеть фонарей"}})
    assert (answer.json()["data"]["state"], answer.json()["data"]["verdict"]) == ("checked", "ready")
    assert answer.json()["data"]["answers"][0]["reason"] == "новая сеть фонарей"
    for who, deed in (("kazan", "submit"), ("reviewer", "approve"), ("reviewer", "publish")):
        assert office.step(who, data["id"], deed).status_code == 200
    assert figures(office) == {"TI_SMART_LIGHTING": (95, "новая сеть фонарей")}
    again = office.send("kazan2", content).json()["data"]
    assert again["verdict"] == "ready"
    other = office.send("kazan2", csv_of(("TI_SMART_LIGHTING", 20))).json()["data"]
    assert other["verdict"] == "confirm"


def test_a_published_figure_is_withdrawn_with_its_reason(office: Office) -> None:
    office.step("reviewer", office.approved(), "publish")
    bare = office.send("kazan", csv_of(("TI_SMART_LIGHTING", "", "отозвано"))).json()["data"]
    assert [finding["check"] for finding in bare["findings"] if finding["severity"] == "error"] == [
        "withdrawal-without-reason"
    ]
    kept = office.send("kazan", csv_of(("TI_SMART_LIGHTING", 1, "withdrawn", "x"))).json()["data"]
    assert "withdrawal-with-value" in {finding["check"] for finding in kept["findings"]}
    sent = office.send("kazan", csv_of(("TI_SMART_LIGHTING", "", "отозвано", "счётчик врал"))).json()["data"]
    assert sent["counts"] == {"new": 0, "revised": 0, "unchanged": 0, "withdrawn": 1}
    for who, deed in (("kazan", "submit"), ("reviewer", "approve"), ("reviewer", "publish")):
        assert office.step(who, sent["id"], deed).status_code == 200
    assert figures(office)["TI_SMART_LIGHTING"] == (None, "счётчик врал")
    history = office.get(None, f"/observations/ru-kazan/TI_SMART_LIGHTING/{PERIOD}/history").json()["data"]
    assert [(row["value"], row["withdrawn"], row["note"]) for row in history] == [
        (64.5, False, None),
        (None, True, "счётчик врал"),
    ]


def test_a_file_with_errors_is_kept_with_its_report_and_cannot_be_submitted(office: Office) -> None:
    sent = office.send("kazan", csv_of(("TI_SMART_LIGHTING", 164.5), ("QM_WATER_LOSS", "много")))
    data = sent.json()["data"]
    assert (sent.status_code, data["state"], data["verdict"]) == (201, "draft", "errors")
    assert {finding["check"] for finding in data["findings"] if finding["severity"] == "error"} == {
        "out-of-range",
        "not-a-number",
    }
    refused = office.step("kazan", data["id"], "submit")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    report = office.get("kazan", f"/submissions/{data['id']}/report.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(report.content)).worksheets[0]
    assert [cell.value for cell in sheet[1]][:3] == ["строка", "период", "что не так и что сделать"]
    assert "много" in [row[6].value for row in sheet.iter_rows(min_row=2)]
    assert figures(office) == {}


def test_what_is_no_table_is_refused_and_nothing_of_it_is_published(office: Office) -> None:
    sent = office.send("kazan", b"\x89PNG\r\n\x1a\n" + bytes(100), name="figures.csv")
    assert (sent.status_code, sent.json()["code"]) == (422, "file-refused")
    number = sent.json()["submission"]
    kept = office.get("kazan", f"/submissions/{number}").json()["data"]
    assert (kept["state"], kept["verdict"], kept["counts"]["new"]) == ("draft", "refused", 0)
    assert office.step("kazan", number, "submit").status_code == 409


def test_a_dry_run_keeps_nothing_at_all(office: Office) -> None:
    said = office.send("kazan", dry_run="true")
    assert said.status_code == 200
    assert (said.json()["data"]["id"], said.json()["data"]["plan"]["new"]) == (None, 3)
    with reading(office.engine) as session:
        for table in (Submission, ReceivedBytes):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        assert session.scalar(select(func.count()).where(AuditEvent.kind == "submission")) == 0


def test_a_key_names_one_request(office: Office) -> None:
    first = office.send("kazan", key="q3-1")
    again = office.send("kazan", key="q3-1")
    assert first.json()["data"]["id"] == again.json()["data"]["id"]
    other = office.send("kazan", csv_of(("CE_OPEN_DATA", 7)), key="q3-1")
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert office.send("ufa", city="ru-ufa", key="q3-1").status_code == 201
    assert events(office).count("receive") == 2


def test_of_two_officials_one_wins_and_the_other_is_told(office: Office) -> None:
    first = office.send("kazan").json()["data"]["id"]
    second = office.send("kazan2", csv_of(("CE_OPEN_DATA", 33))).json()["data"]["id"]
    assert first != second
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda pair: office.step(pair[0], pair[1], "submit"), (("kazan", first), ("kazan2", second)))
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    told = next(answer for answer in answers if answer.status_code == 409)
    assert "it has to be withdrawn or returned first" in told.text


def test_a_plan_that_does_not_hold_any_more_is_shown_anew_and_not_carried_out(office: Office) -> None:
    number = office.approved()
    with writing(office.engine) as session:
        publish_figures(
            session,
            {"indicator": "TI_SMART_LIGHTING", "period": PERIOD, "value": "61"},
            now=office.now,
        )
    stale = office.step("reviewer", number, "publish")
    assert (stale.status_code, stale.json()["code"]) == (409, "stale-plan")
    plan = stale.json()["plan"]
    assert (plan["new"], plan["revised"]) == (2, 1)
    assert plan["largest"][0]["before"] == "61"
    assert figures(office) == {"TI_SMART_LIGHTING": (61, None)}
    assert office.get("reviewer", f"/submissions/{number}/diff").json()["data"]["is_stale"] is True
    assert office.step("reviewer", number, "publish", {"plan": "0" * 64}).status_code == 409
    done = office.step("reviewer", number, "publish", {"plan": plan["sha256"]})
    assert done.status_code == 200
    assert figures(office)["TI_SMART_LIGHTING"] == (64.5, None)


def test_a_plan_holds_when_other_figures_change(office: Office) -> None:
    number = office.approved()
    with writing(office.engine) as session:
        publish_figures(session, {"city": "ru-ufa", "period": PERIOD, "value": "61"}, now=office.now)
    assert office.step("reviewer", number, "publish").status_code == 200


def test_a_wrong_quarter_is_blocked_with_both_readings(office: Office) -> None:
    sent = office.send("kazan", csv_of(("CE_OPEN_DATA", 3), period="2026-Q2"))
    assert sent.status_code == 422
    assert "2026-Q2" in sent.text
    assert "2026-Q3" in sent.text


def test_a_closed_quarter_takes_a_reason(office: Office) -> None:
    content = csv_of(("CE_OPEN_DATA", 32), period="2025-Q1")
    data = office.send("kazan", content, period="2025-Q1").json()["data"]
    assert [finding["check"] for finding in data["findings"] if finding["severity"] == "confirm"] == ["closed-period"]
    late = office.send("kazan", content, period="2025-Q1", late_reason="ошибка в отчёте").json()["data"]
    assert (late["verdict"], late["late_reason"]) == ("ready", "ошибка в отчёте")


def test_nothing_to_report_is_said_aloud(office: Office) -> None:
    assert office.send("kazan", None).status_code == 422
    data = office.send("kazan", None, nothing_to_report="true").json()["data"]
    assert (data["state"], data["nothing_to_report"], data["sha256"]) == ("checked", True, None)
    for who, deed in (("kazan", "submit"), ("reviewer", "approve"), ("reviewer", "publish")):
        assert office.step(who, data["id"], deed).status_code == 200
    assert office.get("kazan", f"/submissions/{data['id']}/file").status_code == 404


def test_nothing_of_an_embargoed_publication_is_told_before_its_hour(office: Office) -> None:
    number = office.approved()
    at = office.now + timedelta(hours=2)
    public = ("/observations", "/vintages", "/periods", "/scores?framework=none", "/config")
    receipt = f"/receipts/{sha256(CLEAN).hexdigest()}"
    before = [office.get(None, path).content for path in public]
    tags = [office.get(None, path).headers.get("etag") for path in public]
    answer = office.step("reviewer", number, "publish", {"at": at.isoformat()})
    assert answer.json()["data"]["publish_at"] is not None
    assert [office.get(None, path).content for path in public] == before
    assert [office.get(None, path).headers.get("etag") for path in public] == tags
    assert office.get(None, receipt).json()["data"][0]["state"] == "submitted"
    assert run_due(office.engine, UploadLimits(), now=at - timedelta(seconds=1)) == 0
    assert [office.get(None, path).content for path in public] == before
    assert run_due(office.engine, UploadLimits(), now=at) == 1
    assert run_due(office.engine, UploadLimits(), now=at) == 0
    assert figures(office)["CE_OPEN_DATA"] == (31, None)
    assert events(office)[-2:] == ["schedule", "publish"]


def test_what_cannot_be_published_at_its_hour_waits_for_a_person(office: Office) -> None:
    number = office.approved()
    at = office.now + timedelta(hours=2)
    office.step("reviewer", number, "publish", {"at": at.isoformat()})
    with writing(office.engine) as session:
        publish_figures(session, {"period": PERIOD, "value": "61"}, now=office.now)
    assert run_due(office.engine, UploadLimits(), now=at) == 0
    data = office.get("reviewer", f"/submissions/{number}").json()["data"]
    assert (data["state"], data["publish_at"]) == ("approved", None)
    assert "not published at its hour" in data["comments"][-1]["text"]


def test_a_submission_comes_back_with_a_comment_and_another_takes_its_place(office: Office) -> None:
    number = office.send("kazan").json()["data"]["id"]
    office.step("kazan", number, "submit")
    office.step("kazan", number, "comments", {"comment": "лампы пересчитаны"})
    back = office.step("reviewer", number, "return", {"comment": "проверьте потери воды"}).json()["data"]
    assert (back["state"], back["next_actor"]) == ("returned", "official")
    assert [said["text"] for said in back["comments"]] == ["лампы пересчитаны", "проверьте потери воды"]
    assert [said["author"] for said in back["comments"]] == ["kazan", "reviewer"]
    mended = office.send("kazan", csv_of(("QM_WATER_LOSS", 12.1))).json()["data"]["id"]
    assert office.step("kazan", mended, "submit").status_code == 200
    assert office.step("kazan", mended, "withdraw").json()["data"]["state"] == "withdrawn"
    assert office.step("kazan", mended, "submit").status_code == 409


def test_nobody_decides_on_what_they_sent_themselves(office: Office) -> None:
    number = office.send("both").json()["data"]["id"]
    office.step("both", number, "submit")
    assert office.step("both", number, "approve").status_code == 403
    assert office.step("reviewer", number, "approve").status_code == 200
    assert office.step("both", number, "publish").status_code == 403


def test_a_receipt_proves_what_was_sent(office: Office) -> None:
    number = office.send("kazan").json()["data"]["id"]
    office.step("kazan", number, "submit")
    receipt = office.get("kazan", f"/submissions/{number}/receipt").json()["data"]
    assert (receipt["number"], receipt["sha256"], receipt["new"]) == (1, sha256(CLEAN).hexdigest(), 3)
    page = office.get("kazan", f"/submissions/{number}/receipt?format=pdf&language=en")
    assert page.content.startswith(b"%PDF-")
    found = office.get(None, f"/receipts/{receipt['sha256']}").json()["data"][0]
    assert (found["number"], found["state"], found["city"]) == (1, "submitted", "ru-kazan")
    assert "kazan@city.example" not in str(found)
    assert office.get(None, f"/receipts/{'0' * 64}").status_code == 404


def test_the_list_holds_what_one_may_see_and_goes_on(office: Office) -> None:
    for value in range(3):
        office.send("kazan", csv_of(("CE_OPEN_DATA", 30 + value)))
    office.send("ufa", csv_of(("CE_OPEN_DATA", 30), city="ru-ufa"), city="ru-ufa")
    assert [row["number"] for row in office.get("kazan", "/submissions").json()["data"]] == [3, 2, 1]
    assert len(office.get("reviewer", "/submissions").json()["data"]) == 4
    assert office.get("analyst", "/submissions").json()["data"] == []
    assert office.get(None, "/submissions").json()["data"] == []
    first = office.get("reviewer", "/submissions?limit=3").json()
    rest = office.get("reviewer", f"/submissions?limit=3&cursor={first['meta']['next']}").json()
    assert [row["number"] for row in first["data"] + rest["data"]] == [4, 3, 2, 1]
    chosen = office.get("reviewer", "/submissions?city=ru-ufa&state=checked&period=2026-Q3")
    assert chosen.json()["meta"]["count"] == 1
    assert office.get("reviewer", "/submissions?state=lost").status_code == 422


@pytest.mark.parametrize("city", ["ru-ufa", "ru-nowhere"])
def test_another_city_is_not_the_officials_to_report(office: Office, city: str) -> None:
    assert office.send("kazan", city=city).status_code == 403
    rows = csv_of(("CE_OPEN_DATA", 31), city="ru-ufa")
    data = office.send("kazan", rows).json()["data"]
    assert data["verdict"] in ("errors", "refused")
    assert {finding["check"] for finding in data["findings"]} & {"city-not-yours", "city-disagrees"}

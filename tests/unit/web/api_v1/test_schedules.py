"""Schedules of the API."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.database import Database
from models import Job, Schedule, Scope
from tests.cases import in_one_test
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token

_EVALUATE = {"kind": "evaluate", "options": {"dataset_id": 1, "version_ids": [1]}}


def _body(folder: Path | str, **more: Any) -> dict[str, Any]:
    job = {"kind": "predict", "options": {"folder": str(folder)}}
    return {"title": "Every night", "job": job, "cron": "0 3 * * *", **more}


@pytest.fixture
def address(call: Call, photos: Path) -> str:
    made = call("POST", "/schedules", json=_body(photos, time_zone="Europe/Berlin"))
    assert made.status_code == 201, made.text
    return made.headers["Location"].removeprefix("/api/v1")


def test_a_schedule_is_added_changed_paused_and_deleted(
    call: Call, address: str, photos: Path, database: Database
) -> None:
    schedule = call("GET", address).get_json()
    assert (schedule["title"], schedule["kind"], schedule["cron"]) == ("Every night", "predict", "0 3 * * *")
    assert (schedule["words"], schedule["overlap"], schedule["paused"]) == (
        "At 03:00 every day",
        "skip",
        False,
    )
    assert schedule["options"]["folder"] == str(photos)
    assert len(schedule["following"]) == 5 and schedule["following"][0] == schedule["next_at"]
    changed = call("PATCH", address, json={"cron": "30 4 * * 1", "renews_reports": True}).get_json()
    assert (changed["title"], changed["time_zone"]) == ("Every night", "Europe/Berlin")
    assert (changed["words"], changed["renews_reports"]) == ("At 04:30 on Monday", True)
    assert call("PATCH", address, json={"title": "Mondays"}).get_json()["renews_reports"]
    assert call("POST", f"{address}/pause").get_json()["paused"]
    assert not call("POST", f"{address}/resume").get_json()["paused"]
    assert [each["title"] for each in call("GET", "/schedules").get_json()["schedules"]] == ["Mondays"]
    assert call("DELETE", address).status_code == 204
    assert code_of(call("GET", address)) == "schedule_not_found"
    with database.read() as rows:
        assert rows.scalars(select(func.count()).select_from(Schedule)).one() == 0


def test_a_run_now_is_a_job_once_and_stands_in_the_history(call: Call, address: str) -> None:
    key = {"Idempotency-Key": "now"}
    made = [call("POST", f"{address}/run", headers=key) for _ in range(2)]
    job = made[0].get_json()
    assert (made[0].status_code, made[1].get_json()["id"]) == (202, job["id"])
    assert (job["title"], job["kind"]) == ("Every night", "predict")
    (run,) = call("GET", f"{address}/runs").get_json()["runs"]
    assert (run["job_id"], run["state"], run["job_state"]) == (job["id"], "started", "waiting")
    assert call("GET", address).get_json()["last_run"] == run


@in_one_test(
    ("more", "code"),
    [
        ({"cron": "61 * * * *"}, "cron_invalid"),
        ({"cron": "0 0 30 2 *"}, "cron_invalid"),
        ({"cron": ""}, "request_invalid"),
        ({"time_zone": "Europe/Nowhere"}, "time_zone_unknown"),
        ({"overlap": "both"}, "request_invalid"),
        ({"title": ""}, "request_invalid"),
        ({"every": 5}, "request_invalid"),
        ({"job": {"kind": "predict", "options": {"upload_id": 1}}}, "schedule_upload"),
        ({"job": {"kind": "predict", "options": {"folder": "/photos", "colour": 1}}}, "option_unknown"),
        (
            {"job": {"kind": "evaluate", "options": {"dataset_id": 1, "version_ids": [1]}}},
            "schedule_evaluation",
        ),
        ({"job": {"kind": "hat", "options": {}}}, "job_kind_unknown"),
    ],
)
def test_a_schedule_that_cannot_be(call: Call, database: Database, more: dict[str, Any], code: str) -> None:
    assert code_of(call("POST", "/schedules", json=_body("/photos", **more))) == code
    with database.read() as rows:
        assert rows.scalars(select(func.count()).select_from(Schedule)).one() == 0


def test_what_cannot_be_changed_stays(call: Call, address: str) -> None:
    before = call("GET", address).get_json()
    for body, code in (
        ({"cron": "61 * * * *"}, "cron_invalid"),
        ({"time_zone": "X"}, "time_zone_unknown"),
        ({"options": {}}, "request_invalid"),
    ):
        assert code_of(call("PATCH", address, json=body)) == code
    assert call("GET", address).get_json() == before
    for method, action in (
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/pause"),
        ("POST", "/run"),
        ("GET", "/runs"),
    ):
        answer = call(method, f"/schedules/99{action}", json={} if method == "PATCH" else None)
        assert code_of(answer) == "schedule_not_found"


def test_a_folder_is_watched(call: Call, photos: Path, database: Database) -> None:
    body = _body(photos, watch={"settle_seconds": 5, "reads_existing": False}) | {"title": "Gate"}
    body.pop("cron")
    made = call("POST", "/schedules", json=body)
    assert made.status_code == 201, made.text
    address = made.headers["Location"].removeprefix("/api/v1")
    schedule = call("GET", address).get_json()
    assert (schedule["trigger"], schedule["next_at"], schedule["following"]) == ("new_photos", None, [])
    assert schedule["words"] == f"When new photos arrive in {photos}"
    watch = schedule["watch"]
    assert (watch["settle_seconds"], watch["gather_seconds"], watch["reads_existing"]) == (5, 30, False)
    assert (watch["state"], watch["photos_taken"], watch["method"]) == ("starting", 0, None)
    changed = call("PATCH", address, json={"title": "Door", "watch": {"most_photos": 9}}).get_json()
    assert (changed["title"], changed["watch"]["most_photos"]) == ("Door", 9)
    assert changed["watch"]["settle_seconds"] == 5, "what is left out stays"
    assert call("PATCH", address, json={"title": "Gate"}).get_json()["watch"] == changed["watch"]
    assert code_of(call("PATCH", address, json={"cron": "@daily"})) == "option_invalid"
    assert code_of(call("POST", f"{address}/run")) == "schedule_trigger"
    looks = [call("POST", f"{address}/look") for _ in range(2)]
    assert [look.status_code for look in looks] == [202, 202]
    assert looks[0].get_json() == looks[1].get_json()
    assert (looks[0].get_json()["state"], looks[0].get_json()["job_id"]) == ("waiting", None)
    assert call("POST", f"{address}/pause").get_json()["paused"]
    assert not call("POST", f"{address}/resume").get_json()["paused"]
    assert call("GET", "/schedules").get_json()["schedules"][0]["watch"]["most_photos"] == 9
    assert call("DELETE", address).status_code == 204


@in_one_test(
    ("more", "code"),
    [
        ({"watch": {}}, "option_invalid"),
        ({"cron": None}, "option_invalid"),
        ({"cron": None, "watch": {"settle_seconds": 0}}, "request_invalid"),
        ({"cron": None, "watch": {"colour": 1}}, "request_invalid"),
        ({"cron": None, "watch": {}, "renews_reports": True}, "option_invalid"),
        (
            {"cron": None, "watch": {}, "job": {"kind": "predict", "options": {"folder": "/etc"}}},
            "folder_not_allowed",
        ),
        (
            {"cron": None, "watch": {}, "job": {"kind": "dedup", "options": {}}},
            "schedule_not_watchable",
        ),
    ],
)
def test_a_folder_that_cannot_be_watched(
    call: Call, photos: Path, database: Database, more: dict[str, Any], code: str
) -> None:
    assert code_of(call("POST", "/schedules", json=_body(photos, **more))) == code
    with database.read() as rows:
        assert rows.scalars(select(func.count()).select_from(Schedule)).one() == 0


def test_a_schedule_at_times_does_not_look(call: Call, address: str) -> None:
    assert code_of(call("POST", f"{address}/look")) == "schedule_trigger"
    assert code_of(call("PATCH", address, json={"watch": {}})) == "option_invalid"
    assert call("GET", address).get_json()["watch"] is None


def test_schedules_of_jobs_that_delete_pictures_need_the_scope_admin(
    app: Flask, call: Call, database: Database
) -> None:
    submit = caller(app, new_token(database, Scope.READ, Scope.SUBMIT))
    body = _body("") | {"job": {"kind": "retention", "options": {"by": "host", "value": "example.org"}}}
    assert code_of(submit("POST", "/schedules", json=body)) == "scope_missing"
    address = call("POST", "/schedules", json=body).headers["Location"].removeprefix("/api/v1")
    for method, action in (("PATCH", ""), ("POST", "/pause"), ("POST", "/resume"), ("POST", "/run")):
        answer = submit(method, f"{address}{action}", json={} if method == "PATCH" else None)
        assert code_of(answer) == "scope_missing", action
    assert code_of(submit("DELETE", address)) == "scope_missing"
    with database.read() as rows:
        assert rows.scalars(select(func.count()).select_from(Job)).one() == 0

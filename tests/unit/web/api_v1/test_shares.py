"""Audits, estimates, targets, groups and trends of the API."""

import pytest
from flask import Flask

from core.database import Database
from core.settings import Settings
from models import Job, JobState, Label, Scope
from tests.audit_rows import BARE, SURE, AuditedJob
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token
from tests.unit.web.test_groups import survey
from tests.unit.web.test_trend import nightly

__all__ = ["nightly", "survey"]


@pytest.fixture
def settings(app: Flask) -> Settings:
    return app.extensions["maskloop"].settings


@pytest.fixture
def job(database: Database, settings: Settings) -> AuditedJob:
    return AuditedJob(database, settings, [SURE] * 60 + [BARE] * 20)


def test_a_job_is_audited_once_and_its_shares_are_corrected(call: Call, job: AuditedJob) -> None:
    address = f"/jobs/{job.id}"
    before = call("GET", f"{address}/estimates").get_json()
    assert (before["sample"], before["shares"]) == (None, None)
    assert [plan["faces"] for plan in before["plans"]] == [50, 80]
    assert call("GET", f"{address}/audit/plan?faces=10").get_json()["plan"]["faces"] == 10
    key = {"Idempotency-Key": "a"}
    made = [call("POST", f"{address}/audit", json={"faces": 50}, headers=key) for _ in range(2)]
    sample = made[0].get_json()
    assert (made[0].status_code, made[1].get_json()) == (202, sample)
    assert made[0].headers["Location"] == f"/api/v1/jobs/{sample['draw_job_id']}"
    running = call("POST", f"{address}/audit", json={})
    assert (running.status_code, code_of(running)) == (409, "audit_running")
    job.work()
    wrong = set(job.faces[:60:5])
    job.review(
        1,
        lambda face: Label.WITHOUT_MASK if face in wrong or face in job.faces[60:] else Label.WITH_MASK,
    )
    found = call("GET", f"{address}/estimates").get_json()
    share = found["shares"]["with_mask"]
    assert (share["raw"], share["faces"], found["audited"], found["waiting"]) == (0.75, 80, 50, 0)
    assert share["low"] < share["corrected"] < share["raw"]
    assert call("POST", f"{address}/audit/count").status_code == 202


def test_a_target_is_set_judged_and_removed(call: Call, job: AuditedJob) -> None:
    address = f"/jobs/{job.id}"
    set_ = call("PUT", f"{address}/target", json={"label": "with_mask", "at_least": 0.95})
    assert set_.get_json()["target"] == {
        "label": "with_mask", "at_least": 0.95, "state": None, "faces_left": None,
    }  # fmt: skip
    for body, code in (
        ({"label": "with_mask", "at_least": 95}, "request_invalid"),
        ({"label": "not_a_face", "at_least": 0.5}, "target_invalid"),
        ({"label": "hat", "at_least": 0.5}, "request_invalid"),
    ):
        assert code_of(call("PUT", f"{address}/target", json=body)) == code
    assert call("DELETE", f"{address}/target").status_code == 204
    assert call("GET", f"{address}/estimates").get_json()["target"] is None


def test_what_cannot_be_audited(app: Flask, call: Call, job: AuditedJob, database: Database) -> None:
    for body, code in (
        ({"faces": 0}, "audit_empty"),
        ({"faces": -1}, "request_invalid"),
        ({"face": 1}, "request_invalid"),
    ):
        assert code_of(call("POST", f"/jobs/{job.id}/audit", json=body)) == code
    assert code_of(call("POST", f"/jobs/{job.id}/audit/count")) == "audit_not_found"
    for method, address in (
        ("POST", "/jobs/99/audit"),
        ("POST", "/jobs/99/audit/count"),
        ("GET", "/jobs/99/estimates"),
        ("GET", "/jobs/99/audit/plan?faces=5"),
        ("DELETE", "/jobs/99/target"),
        ("GET", "/jobs/99/groups"),
    ):
        answer = call(method, address, json={} if method == "POST" else None)
        assert code_of(answer) == "job_not_found", address
    with database.write() as rows:
        rows.get_one(Job, job.id).state = JobState.RUNNING
    unfinished = call("POST", f"/jobs/{job.id}/audit", json={})
    assert (unfinished.status_code, code_of(unfinished)) == (409, "audit_job_unfinished")
    reader = caller(app, new_token(database, Scope.READ))
    assert code_of(reader("POST", f"/jobs/{job.id}/audit", json={})) == "scope_missing"


def test_a_job_is_grouped(call: Call, survey: int) -> None:
    found = call("GET", f"/jobs/{survey}/groups?by=day").get_json()
    assert (len(found["groups"]), found["total"]["faces"], found["jobs"]) == (12, 220, [survey])
    low = found["groups"][8]
    assert (low["shares"]["with_mask"]["raw"], low["predicted"]["without_mask"]) == (0.05, 19)
    assert [point["name"] for point in found["chart"]["points"] if point["outside"] == "below"] == [
        low["name"]
    ]
    cameras = call("GET", f"/jobs/{survey}/groups?by=camera&label=without_mask").get_json()["groups"]
    assert sorted(group["key"] for group in cameras) == ["cam 0", "cam 1"]
    for query, code in (
        ("by=hat", "request_invalid"),
        ("by=pattern", "grouping_invalid"),
        ("by=day&zone=Nowhere", "time_zone_unknown"),
        ("by=pattern&pattern={site", "pattern_invalid"),
        ("label=not_a_face", "option_invalid"),
        ("level=99", "request_invalid"),
        ("job=99", "job_not_found"),
    ):
        assert code_of(call("GET", f"/jobs/{survey}/groups?{query}")) == code, query


def test_several_jobs_stand_in_one_table(call: Call, job: AuditedJob, survey: int) -> None:
    found = call("GET", f"/jobs/{job.id}/groups?by=job&job={survey}&job={job.id}").get_json()
    assert found["jobs"] == [job.id, survey]
    assert [group["faces"] for group in found["groups"]] == [80, 220]


def test_the_trend_of_a_schedule(call: Call, nightly: int, database: Database) -> None:
    found = call("GET", f"/schedules/{nightly}/trend").get_json()
    assert (len(found["runs"]), found["next"]) == (12, None)
    assert [run["counts"] for run in found["runs"]].count(True) == 8
    skipped = found["runs"][3]
    assert (skipped["run"]["state"], skipped["group"]["faces"]) == ("skipped", 0)
    odd = [point["outside"] for point in found["chart"]["points"]]
    assert odd[9] == "below" and odd.count(None) == 11
    assert call("GET", f"/schedules/{nightly}/trend?only_new=true").status_code == 200
    assert code_of(call("GET", "/schedules/99/trend")) == "schedule_not_found"
    body = {"title": "Train", "job": {"kind": "train", "options": {}}, "cron": "@weekly"}
    other = call("POST", "/schedules", json=body).get_json()["id"]
    assert code_of(call("GET", f"/schedules/{other}/trend")) == "schedule_without_shares"

"""Trained face detectors by the API: list, gate, promotion, rollback, evaluation, the end of a fit."""

import hashlib
from pathlib import Path

import pytest
from flask import Flask

from core.database import Database
from core.detectors.job_kind import (
    EVALUATE_DETECTOR,
    FIT_DETECTOR_STAGE,
    TRAIN_DETECTOR,
    TrainDetectorOptions,
)
from core.jobs.request import add_job
from core.settings import Settings
from core.versions.detectors.store import promote_detector
from models import Batch, Job, PromotionKind, Scope
from tests.detector_rows import BETTER, METRICS, add_detector
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with the data folder of the app."""
    return Settings(data=tmp_path / "data")


@pytest.fixture
def two(database: Database, settings: Settings) -> tuple[int, int]:
    """A detector that does not pass the gate, and one that does."""
    with database.write() as rows:
        worse = add_detector(rows, settings, "worse", METRICS).id
        return worse, add_detector(rows, settings, "better", BETTER).id


def test_detectors_are_listed_and_read_with_their_gate(call: Call, two: tuple[int, int]) -> None:
    worse, better = two
    listed = call("GET", "/detectors?limit=1").get_json()
    assert [each["id"] for each in listed["detectors"]] == [better]
    assert listed["detectors"][0]["ap_05"] == 0.85 and listed["detectors"][0]["champion"] is False
    rest = call("GET", f"/detectors?after={listed['next']}").get_json()
    assert [each["id"] for each in rest["detectors"]] == [worse] and rest["next"] is None
    found = call("GET", f"/detectors/{worse}").get_json()
    assert not found["gate"]["passed"] and found["gate"]["reasons"]
    assert found["evaluation"]["champion_name"] == "the installed detector"
    assert call("GET", f"/detectors/{better}").get_json()["gate"]["passed"] is True
    with call("GET", f"/detectors/{better}/file") as file:
        assert file.data == b"better"
    assert code_of(call("GET", "/detectors/99")) == "detector_not_found"


def test_promotion_by_the_gate_and_rollback(call: Call, two: tuple[int, int]) -> None:
    worse, better = two
    assert code_of(call("POST", "/detectors/rollback")) == "nothing_to_roll_back"
    refused = call("POST", f"/detectors/{worse}/promote", json={})
    assert (refused.status_code, code_of(refused)) == (409, "gate_not_passed")
    assert call("POST", f"/detectors/{better}/promote", json={}).get_json()["champion"]
    assert call("GET", f"/detectors/{better}").get_json()["gate"] is None
    # Measured beside another detector than the one in use now.
    assert code_of(call("POST", f"/detectors/{worse}/promote", json={})) == "detector_not_evaluated"
    back = call("POST", "/detectors/rollback").get_json()
    assert (back["detector_id"], back["detector"]) == (None, "the installed detector")
    history = call("GET", "/detectors/promotions").get_json()["promotions"]
    assert [each["kind"] for each in history] == ["rollback", "person"]


def test_a_rollback_that_is_sent_again_goes_back_no_further(
    call: Call, database: Database, settings: Settings, two: tuple[int, int]
) -> None:
    _, first = two
    with database.write() as rows:
        second = add_detector(rows, settings, "second", BETTER, beside=hashlib.sha256(b"better").hexdigest())
        for version_id in (first, second.id):
            promote_detector(rows, settings, version_id, kind=PromotionKind.PERSON, account_id=None)
    key = {"Idempotency-Key": "back"}
    answers = [call("POST", "/detectors/rollback", headers=key).get_json() for _ in range(2)]
    assert answers[0] == answers[1] and answers[0]["detector_id"] == first
    assert (
        call("POST", "/detectors/rollback", headers={"Idempotency-Key": "again"}).get_json()["detector_id"]
        is None
    )


def test_only_admins_promote(app: Flask, database: Database, two: tuple[int, int]) -> None:
    submit = caller(app, new_token(database, Scope.SUBMIT))
    assert code_of(submit("POST", f"/detectors/{two[1]}/promote", json={})) == "scope_missing"
    assert code_of(submit("POST", "/detectors/rollback")) == "scope_missing"


def test_an_evaluation_is_a_job_about_the_version(
    call: Call, two: tuple[int, int], database: Database, settings: Settings
) -> None:
    answer = call("POST", f"/detectors/{two[0]}/evaluate")
    assert answer.status_code == 202 and answer.get_json()["detector_id"] == two[0]
    asked = {"kind": "evaluate_detector", "options": {"version_id": two[0]}, "title": "Of camera 7"}
    assert call("POST", "/jobs", json=asked).get_json()["title"] == "Of camera 7"
    before = call("POST", f"/detectors/{two[1]}/evaluate").get_json()["id"]
    with database.write() as rows:
        job = rows.get_one(Job, answer.get_json()["id"])
        assert (job.kind, job.detector_version_id) == (EVALUATE_DETECTOR.name, two[0])
        promote_detector(rows, settings, two[1], kind=PromotionKind.PERSON, account_id=None)
    key = {"Idempotency-Key": "nightly"}
    assert call("POST", f"/detectors/{two[0]}/evaluate", headers=key).status_code == 202
    other = call("POST", f"/detectors/{two[1]}/evaluate", headers=key)
    assert (other.status_code, code_of(other)) == (422, "idempotency_key_reused")
    refused = call("POST", f"/detectors/{two[1]}/evaluate")
    assert (refused.status_code, code_of(refused)) == (400, "nothing_to_compare")
    again = call("POST", f"/jobs/{before}/again")
    assert (again.status_code, code_of(again)) == (400, "nothing_to_compare"), "by the same rule"


def test_the_fit_of_a_detector_is_ended_early(call: Call, database: Database) -> None:
    with database.write() as rows:
        job = add_job(rows, TRAIN_DETECTOR, TrainDetectorOptions(), title="a", account_id=None)
        job_id = job.id
    late = call("POST", f"/jobs/{job_id}/stop")
    assert (late.status_code, code_of(late)) == (409, "training_not_fitting")
    with database.write() as rows:
        rows.query(Batch).where(Batch.job_id == job_id).update({"kind": FIT_DETECTOR_STAGE.name})
    assert call("GET", f"/jobs/{job_id}/training").get_json()["fitting"] is True
    assert call("POST", f"/jobs/{job_id}/stop").get_json()["stopping"] is True

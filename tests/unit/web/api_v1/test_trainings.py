"""Trainings and assumed labels of the API."""

from flask import Flask

from core.database import Database
from core.training.job_kind import COMPARE_STAGE
from core.training.options import PromoteBy, TrainOptions
from models import Scope
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token
from tests.unit.web.running_training import add_running_training, set_batch_kind
from tests.unit.web.test_import_pages import imported

__all__ = ["imported"]


def test_a_training_is_read_and_stopped_early(app: Flask, call: Call, database: Database) -> None:
    job_id = add_running_training(database)
    training = call("GET", f"/jobs/{job_id}/training").get_json()
    assert [(epoch["stage"], epoch["number"]) for epoch in training["epochs"]] == [
        ("head", 1), ("head", 2), ("head", 3), ("fine_tune", 1),
    ]  # fmt: skip
    assert (training["fitting"], training["stopping"]) == (True, False)
    assert call("POST", f"/jobs/{job_id}/stop").get_json()["stopping"]
    set_batch_kind(database, job_id, COMPARE_STAGE.name)
    late = call("POST", f"/jobs/{job_id}/stop")
    assert (late.status_code, code_of(late)) == (409, "training_not_fitting")
    reader = caller(app, new_token(database, Scope.READ))
    assert code_of(reader("POST", f"/jobs/{job_id}/stop")) == "scope_missing"


def test_a_training_that_promotes_by_the_gate_is_stopped_by_admins(
    app: Flask, database: Database, job_id: int, call: Call
) -> None:
    options = TrainOptions(promote_by=PromoteBy.GATE)
    training = add_running_training(database, options)
    submit = caller(app, new_token(database, Scope.SUBMIT))
    assert code_of(submit("POST", f"/jobs/{training}/stop")) == "scope_missing"
    assert code_of(call("GET", f"/jobs/{job_id}/training")) == "training_not_found"
    for method, action in (
        ("GET", "training"),
        ("POST", "stop"),
        ("GET", "assumed"),
        ("POST", "assumed/undo"),
    ):
        assert code_of(call(method, f"/jobs/99/{action}")) == "job_not_found"


def test_labels_that_an_import_assumed_are_taken_back(call: Call, imported: int) -> None:
    found = call("GET", f"/jobs/{imported}/assumed").get_json()
    assert {each["label"] for each in found["assumed"]} == {"not_a_face"} and found["next"] is None
    first = call("GET", f"/jobs/{imported}/assumed?limit=1").get_json()
    assert len(first["assumed"]) == 1
    for labels in (len(found["assumed"]), 0):
        assert call("POST", f"/jobs/{imported}/assumed/undo").get_json() == {"labels": labels}
    assert {each["label"] for each in call("GET", f"/jobs/{imported}/assumed").get_json()["assumed"]} == {
        None
    }

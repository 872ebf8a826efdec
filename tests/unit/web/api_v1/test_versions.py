"""Versions, evaluations and datasets of the API."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from flask import Flask, Response

from core.database import Database
from core.library.files.store import photo_store
from core.library.uploads import open_upload, store_file
from core.settings import Settings
from core.training.job_kind import missing_modules
from core.versions.files import keep_shipped, version_files
from core.versions.queries import get_version, read_champion
from core.versions.store import register_version
from models import ClassifierVersion, Dataset, Label, Promotion, PromotionKind, Scope
from tests.labelled import add_labelled, freeze_now
from tests.stored_upload import add_file
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token
from tests.unit.web.test_versions import Setting


@pytest.fixture
def at(database: Database) -> Setting:
    return Setting(database)


def _champion(database: Database) -> int:
    with database.read() as rows:
        return read_champion(rows).id


def test_versions_are_listed_with_their_gate(call: Call, at: Setting) -> None:
    listed = call("GET", "/versions?limit=2").get_json()
    assert [version["id"] for version in listed["versions"]] == [at.worse, at.better]
    assert listed["versions"][1]["golden_macro_f1"] > listed["versions"][0]["golden_macro_f1"]
    rest = call("GET", f"/versions?after={listed['next']}").get_json()
    assert [version["champion"] for version in rest["versions"]] == [True]
    better, worse = (call("GET", f"/versions/{each}").get_json() for each in (at.better, at.worse))
    assert (better["gate"]["passed"], better["gate"]["gained"], better["gate"]["lost"]) == (True, 1, 0)
    assert not worse["gate"]["passed"] and worse["gate"]["reasons"]
    current = call("GET", "/versions/champion").get_json()
    assert (current["id"], current["gate"], current["card"]) == (at.champion, None, {})
    assert code_of(call("GET", "/versions/99")) == "version_not_found"


def test_the_gate_is_kept_by_promotion_and_overruled_with_a_reason(
    app: Flask, call: Call, at: Setting, database: Database
) -> None:
    refused = call("POST", f"/versions/{at.worse}/promote", json={})
    assert (refused.status_code, code_of(refused)) == (409, "gate_not_passed")
    short = {"overrule": True, "reason": "so"}
    assert code_of(call("POST", f"/versions/{at.worse}/promote", json=short)) == "reason_needed"
    assert _champion(database) == at.champion
    assert call("POST", f"/versions/{at.better}/promote", json={}).get_json()["champion"]
    assert code_of(call("POST", f"/versions/{at.better}/promote", json={"overrule": True})) in (
        "already_champion",
        "reason_needed",
    )
    reason = {"overrule": True, "reason": "It knows scarves, which the test set lacks."}
    assert call("POST", f"/versions/{at.worse}/promote", json=reason).status_code == 200
    key = {"Idempotency-Key": "back"}
    backs = [call("POST", "/versions/rollback", headers=key).get_json()["id"] for _ in range(2)]
    assert backs == [at.better, at.better], "sent again it goes back no further"
    kinds = [each["kind"] for each in call("GET", "/promotions").get_json()["promotions"]]
    assert kinds == ["rollback", "overruled", "person"]
    assert code_of(call("POST", "/versions/99/promote", json={})) == "version_not_found"
    submit = caller(app, new_token(database, Scope.SUBMIT, Scope.READ, Scope.REVIEW))
    assert code_of(submit("POST", f"/versions/{at.champion}/promote", json={})) == "scope_missing"
    assert code_of(submit("POST", "/versions/rollback")) == "scope_missing"


def test_without_a_golden_set_only_a_reason_promotes(call: Call, at: Setting, database: Database) -> None:
    with database.write() as rows:
        rows.get_one(Dataset, at.dataset).pinned_at = None
    none = call("POST", f"/versions/{at.better}/promote", json={})
    assert (none.status_code, code_of(none)) == (409, "no_golden_set")
    reason = {"overrule": True, "reason": "There is no golden set yet."}
    assert call("POST", f"/versions/{at.better}/promote", json=reason).status_code == 200
    with database.read() as rows:
        assert rows.query(Promotion).one().kind is PromotionKind.OVERRULED


def test_nothing_to_roll_back(call: Call) -> None:
    answer = call("POST", "/versions/rollback")
    assert (answer.status_code, code_of(answer)) == (409, "nothing_to_roll_back")


def test_an_evaluation_is_requested_and_read(call: Call, at: Setting) -> None:
    key = {"Idempotency-Key": "e"}
    body = {"dataset": at.dataset}
    made = [call("POST", f"/versions/{at.better}/evaluate", json=body, headers=key) for _ in range(2)]
    job = made[0].get_json()
    assert (made[0].status_code, made[1].get_json()["id"]) == (202, job["id"])
    assert made[0].headers["Location"] == f"/api/v1/jobs/{job['id']}"
    assert job["options"]["version_ids"] == [at.better, at.champion]
    asked = {"kind": "evaluate", "options": job["options"], "title": "Of camera 7"}
    assert call("POST", "/jobs", json=asked).get_json()["title"] == "Of camera 7"
    assert code_of(call("POST", f"/versions/{at.better}/evaluate", json={"dataset": 99})) == (
        "dataset_not_found"
    )
    assert code_of(call("POST", f"/versions/{at.better}/evaluate", json={})) == "request_invalid"
    (found,) = call("GET", f"/versions/{at.champion}/evaluations").get_json()["evaluations"]
    whole = call("GET", f"/evaluations/{found['id']}").get_json()
    assert whole["accuracy"] == found["accuracy"] == whole["metrics"]["accuracy"]["value"]
    wrong = call("GET", f"/evaluations/{found['id']}/wrong").get_json()
    assert [(face["face_id"], face["predicted"]) for face in wrong["faces"]] == [(at.wrong, "incorrect")]
    assert code_of(call("GET", "/evaluations/99")) == "evaluation_not_found"
    assert code_of(call("GET", "/versions/99/evaluations")) == "version_not_found"


def test_wrong_predictions_are_paged_and_filtered(call: Call, at: Setting) -> None:
    (found,) = call("GET", f"/versions/{at.worse}/evaluations").get_json()["evaluations"]
    address, seen, after = f"/evaluations/{found['id']}/wrong?limit=1", [], ""
    while after is not None:
        page = call("GET", f"{address}{f'&after={after}' if after else ''}").get_json()
        seen += [face["face_id"] for face in page["faces"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 3
    assert call("GET", f"{address}&label=not_a_face").get_json()["faces"] == []
    for cursor in ("x", "djE6MQ", "djE6eHg6MQ"):
        assert code_of(call("GET", f"{address}&after={cursor}")) == "cursor_invalid"


def test_two_versions_are_compared(call: Call, at: Setting) -> None:
    address = f"/versions/{at.champion}/compare/{at.worse}?dataset={at.dataset}"
    found = call("GET", address).get_json()
    assert (found["gate"]["passed"], len(found["gained"]), len(found["lost"])) == (False, 0, 2)
    assert code_of(call("GET", f"/versions/{at.champion}/compare/99?dataset={at.dataset}")) == (
        "version_not_found"
    )
    assert code_of(call("GET", f"/versions/{at.champion}/compare/{at.worse}?dataset=99")) == (
        "nothing_to_evaluate"
    )


def test_a_file_of_a_version_is_answered_in_ranges(app: Flask, call: Call, database: Database) -> None:
    settings: Settings = app.extensions["maskloop"].settings
    kept = keep_shipped(version_files(settings))
    with database.write() as rows:
        version = register_version(rows, kept)
        assert isinstance(version, ClassifierVersion)
        address = f"/versions/{version.id}/files/litert"
    files = {file["kind"]: file for file in call("GET", f"/versions/{version.id}").get_json()["files"]}
    with call("GET", address) as whole:
        size = len(whole.data)
    assert (whole.status_code, size) == (200, files["litert"]["bytes"])
    with call("GET", address, headers={"Range": "bytes=4-7"}) as part:
        assert (part.status_code, part.data) == (206, whole.data[4:8])
    assert part.headers["Content-Range"] == f"bytes 4-7/{size}"
    tag = whole.headers["ETag"]
    assert tag == f'"{files["litert"]["sha256"]}"'
    with call("GET", address, headers={"If-None-Match": tag}) as same:
        assert same.status_code == 304
    beyond = call("GET", address, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, code_of(beyond)) == (416, "range_invalid")
    assert code_of(call("GET", f"/versions/{version.id}/files/hat")) == "file_not_found"
    assert code_of(call("GET", "/versions/99/files/litert")) == "version_not_found"


def test_datasets_are_read_compared_and_pinned(
    app: Flask, call: Call, at: Setting, database: Database
) -> None:
    with database.write() as rows:
        add_labelled(rows, 3, Label.INCORRECT, start=500)
    later = freeze_now(database).id
    listed = call("GET", "/datasets").get_json()
    assert [dataset["id"] for dataset in listed["datasets"]] == [later, at.dataset]
    one = call("GET", f"/datasets/{at.dataset}").get_json()
    assert (one["faces"], len(one["evaluations"]), one["trained_versions"]) == (80, 3, [])
    faces = call("GET", f"/datasets/{at.dataset}/faces?split=test&limit=2").get_json()
    assert {face["split"] for face in faces["faces"]} == {"test"} and len(faces["faces"]) == 2
    following = call(
        "GET", f"/datasets/{at.dataset}/faces?split=test&limit=2&after={faces['next']}"
    ).get_json()
    assert following["faces"][0]["face_id"] > faces["faces"][1]["face_id"]
    compared = call("GET", f"/datasets/{at.dataset}/compare/{later}").get_json()
    assert compared["counts"] == {"added": 3, "removed": 0, "relabelled": 0}
    assert {face["after"] for face in compared["faces"]} == {"incorrect"}
    for address in ("/datasets/99", "/datasets/99/faces", f"/datasets/{later}/compare/99"):
        assert code_of(call("GET", address)) == "dataset_not_found"
    assert code_of(call("POST", "/datasets/99/pin")) == "dataset_not_found"
    submit = caller(app, new_token(database, Scope.SUBMIT))
    assert code_of(submit("POST", f"/datasets/{later}/pin")) == "scope_missing"
    assert call("POST", f"/datasets/{later}/pin").get_json()["pinned_at"] is not None


def test_a_version_leaves_as_a_zip(app: Flask, call: Call, database: Database) -> None:
    new = keep_shipped(version_files(app.extensions["maskloop"].settings))
    with database.write() as rows:
        version_id = register_version(rows, new).id
    answer = call("GET", f"/versions/{version_id}/export")
    with ZipFile(BytesIO(answer.get_data())) as archive:
        assert set(archive.namelist()) == {"README.md", "card.json", "classifier.tflite"}
    assert code_of(call("GET", "/versions/99/export")) == "version_not_found"


def test_a_version_without_its_file_is_not_promoted(call: Call, at: Setting, database: Database) -> None:
    with database.read() as rows:
        at.files.path(get_version(rows, at.better).sha256).unlink()
    assert code_of(call("POST", f"/versions/{at.better}/promote", json={})) == "version_not_usable"
    assert _champion(database) == at.champion


@pytest.mark.skipif(bool(missing_modules()), reason="the training dependencies are not installed")
def test_an_import_is_requested_of_an_upload(app: Flask, call: Call, database: Database) -> None:
    """The upload of another account, of another kind of file, and a good one."""
    settings = app.extensions["maskloop"].settings
    ids = {}
    with database.write() as rows:
        for name, account_id in (("ours.onnx", 1), ("ours.h5", 1), ("others.onnx", None)):
            upload = open_upload(rows, account_id)
            stored = store_file(BytesIO(b"x"), name.encode(), photo_store(settings), settings)
            add_file(rows, upload, raw_name=name.encode(), stored=stored, settings=settings)
            ids[name] = upload.id
    options = {"labels": ["with_mask", "without_mask"]}

    def ask(name: str, **changes: object) -> Response:
        body = {"kind": "import_version", "options": {**options, "upload_id": ids[name], **changes}}
        return call("POST", "/jobs", json=body)

    assert ask("ours.onnx").status_code == 202
    assert code_of(ask("ours.h5")) == "model_format"
    assert code_of(ask("others.onnx")) == "upload_not_found"
    assert code_of(ask("ours.onnx", labels=["with_mask"])) == "option_invalid"
    assert code_of(ask("ours.onnx", side=9)) == "option_invalid"

"""Labelled sets by the API: looked at, read after their import, and imported again with mapped words."""

from pathlib import Path

import pytest
from flask import Flask

from core.database import Database
from models import Scope
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token
from tests.unit.web.test_import_pages import imported
from workers.engine import run_batches
from workers.handlers import HANDLERS

__all__ = ["imported"]
SCARF = "<b>scarf"


def test_a_set_is_looked_at_and_not_imported(call: Call, imported: int, photos: Path) -> None:
    asked = {"options": {"folder": str(photos)}}
    found = call("POST", "/imports/preview", json=asked).get_json()
    assert (found["format"], found["photos"], found["partial"]) == ("voc", 4, False)
    words = {each["word"]: each["meaning"] for each in found["words"]}
    assert words == {"mask": "with_mask", SCARF: None, "negatives": "no_face"}
    assert {each["problem"] for each in found["left_out"]} >= {"word_unknown"}
    assert len(call("GET", "/jobs?kind=import").get_json()["jobs"]) == 1


def test_what_cannot_be_looked_at_is_named(
    call: Call, app: Flask, database: Database, tmp_path: Path
) -> None:
    wrong = (
        ({"folder": str(tmp_path)}, "folder_not_allowed"),
        ({"upload_id": 99}, "upload_not_found"),
        ({}, "input_missing"),
        ({"folder": "/x", "formt": "voc"}, "option_unknown"),
        ({"folder": "/x", "labels": {"scarf": "wool"}}, "label_word_invalid"),
    )
    for options, code in wrong:
        assert code_of(call("POST", "/imports/preview", json={"options": options})) == code
    reader = caller(app, new_token(database, Scope.READ))
    assert code_of(reader("POST", "/imports/preview", json={"options": {"folder": "/x"}})) == "scope_missing"


def test_an_import_says_what_it_wrote_and_left_out(call: Call, imported: int, job_id: int) -> None:
    found = call("GET", f"/jobs/{imported}/import").get_json()
    assert found["decisions"]["with_mask"] == 2 and found["assumed"] > 0
    assert found["words"][0] == {"word": SCARF, "meaning": None, "count": 1, "of_photos": False}
    assert [(each["code"], each["photos"]) for each in found["skipped"]] == [("no_usable_box", 1)]
    assert {each["word"] for each in found["left_out"]} >= {SCARF}
    assert code_of(call("GET", f"/jobs/{job_id}/import")) == "import_not_found"
    assert code_of(call("GET", "/jobs/99/import")) == "job_not_found"


def test_a_set_is_imported_again_with_what_its_words_mean(
    app: Flask, call: Call, database: Database, imported: int, job_id: int
) -> None:
    asked = {"labels": {SCARF: "without_mask"}}
    answer = call("POST", f"/jobs/{imported}/import/again", json=asked, headers={"Idempotency-Key": "k"})
    again = answer.get_json()
    assert (answer.status_code, again["kind"], again["options"]["labels"]) == (202, "import", asked["labels"])
    sent_again = call("POST", f"/jobs/{imported}/import/again", json=asked, headers={"Idempotency-Key": "k"})
    assert sent_again.get_json()["id"] == again["id"]
    early = call("POST", f"/jobs/{again['id']}/import/again", json=asked)
    assert (early.status_code, code_of(early)) == (409, "import_not_ended")
    run_batches(database, app.extensions["maskloop"].settings, HANDLERS)
    found = call("GET", f"/jobs/{again['id']}/import").get_json()
    assert SCARF not in {each["word"] for each in found["words"] if each["meaning"] is None}
    assert found["known"] == 4, "what was imported is not added again"


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        ({}, "request_invalid"),
        ({"scarf": "wool"}, "label_word_invalid"),
        ({"": "ignore"}, "label_word_invalid"),
    ],
)
def test_meanings_that_make_no_sense_are_named(
    call: Call, imported: int, labels: dict[str, str], code: str
) -> None:
    assert code_of(call("POST", f"/jobs/{imported}/import/again", json={"labels": labels})) == code


def test_only_imports_are_imported_again(call: Call, job_id: int) -> None:
    for number in (job_id, 99):
        answer = call("POST", f"/jobs/{number}/import/again", json={"labels": {"scarf": "ignore"}})
        assert (answer.status_code, code_of(answer)) == (404, "import_not_found")

"""The form that imports a classifier, its job's page, and what a version that was imported shows."""

import re
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from sqlalchemy import select

from benchmarks.training_faces import add_dataset, add_faces
from core.database import Database, read_clock
from core.training.importing.job_kind import IMPORT_VERSION
from core.training.importing.options import Colours, Scaling
from core.training.job_kind import missing_modules
from core.versions.files import keep_shipped, version_files
from core.versions.queries import read_champion
from core.versions.store import register_shipped
from models import ClassifierVersion, Job, JobState, Label, Split
from tests.training import Late
from tests.unit.web.conftest import Browser
from web.versions import importing
from workers.engine import run_batches
from workers.handlers import HANDLERS
from workers.training.importing_model import check_model

pytestmark = pytest.mark.skipif(bool(missing_modules()), reason="the training dependencies are not installed")

classifiers = Late("benchmarks.onnx_classifier")
TRAINING = {
    "dataset": "",
    "start": "champion",
    "depth": "head",
    "promote_by": "person",
    "fine_tune_epochs": "1",
    "head_epochs": "1",
    "patience": "1",
    "agreeing": "1",
    "seed": "1",
    "least_new": "0",
}
FORM = {
    "labels": "incorrect\nwith mask, without_mask\n",
    "name": "Ours",
    "side": "",
    "colours": "bgr",
    "scaling": "unit",
    "context": "1.2",
}


def send(browser: Browser, data: bytes, name: str = "ours.onnx") -> str:
    """Upload a file as the page's script does; returns the token."""
    token = browser.client.post("/uploads", json={}, headers={"X-CSRF-Token": browser.token}).json["token"]
    words = b64encode(name.encode()).decode(), b64encode(b"0").decode()
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(data)),
        "Upload-Metadata": f"filename {words[0]},number {words[1]}",
        "Content-Type": "application/offset+octet-stream",
    }
    answer = browser.client.post(
        f"/uploads/{token}/files", data=data, headers={"X-CSRF-Token": browser.token, **headers}
    )
    assert answer.status_code == 201, answer.text
    return token


def test_the_form_requests_what_was_chosen(browser: Browser, database: Database) -> None:
    assert "Import a classifier" in browser.get("/versions").text
    assert 'accept=".onnx,.keras"' in browser.get("/versions/import").text
    answer = browser.post("/versions/import", data=FORM | {"upload": send(browser, b"a network")})
    with database.read() as rows:
        job = rows.scalars(select(Job)).one()
    assert answer.headers["Location"] == f"/jobs/{job.id}"
    options = IMPORT_VERSION.options_of(job)
    assert options.labels == (Label.INCORRECT, Label.WITH_MASK, Label.WITHOUT_MASK)
    assert (options.name, options.side, options.context) == ("Ours", None, 1.2)
    assert (options.colours, options.scaling) == (Colours.BGR, Scaling.UNIT)
    page = browser.get(f"/jobs/{job.id}").text
    assert "Import of ours.onnx" in page and "The file is checked first." in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"labels": "with_mask\nhat"}, "option_invalid"),
        ({"labels": "with_mask\nwith_mask"}, "at least two labels"),
        ({"labels": ""}, "Name the labels."),
        ({"scaling": "caffe", "colours": "rgb"}, "goes with the colour order BGR"),
        ({"side": "7"}, "Number must be between 16 and 512"),
        ({"upload": "0" * 32}, "upload_not_found"),
    ],
)
def test_a_bad_form_is_shown_again(
    browser: Browser, database: Database, change: dict[str, str], said: str
) -> None:
    answer = browser.post("/versions/import", data=FORM | {"upload": send(browser, b"x")} | change)
    assert 400 <= answer.status_code < 500 and said in answer.text
    with database.read() as rows:
        assert rows.scalars(select(Job)).all() == []


def test_a_file_of_another_kind_is_refused(browser: Browser) -> None:
    answer = browser.post("/versions/import", data=FORM | {"upload": send(browser, b"x", "ours.h5")})
    assert answer.status_code == 400 and "model_format" in answer.text and "torch.onnx.export" in answer.text


def test_without_tensorflow_the_page_says_the_command(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "missing_modules", lambda: ["onnx"])
    assert "make install-train" in browser.get("/versions/import").text


def test_an_imported_version_shows_where_it_came_from(browser: Browser, database: Database) -> None:
    with database.write() as rows:
        origin = {
            "kind": "imported",
            "file": "ours.onnx",
            "sha256": "e" * 64,
            "job": 1,
            "outputs": ["incorrect", "with_mask"],
            "gives": "logits",
            "colours": "bgr",
            "scaling": "unit",
        }
        card = {"origin": origin, "labels": ["with_mask", "incorrect"], "input": {"side": 32}}
        version = ClassifierVersion(name="Ours", sha256="f" * 64, card=card, created_at=read_clock(rows))
        rows.add(version)
        rows.flush()
        version_id = version.id
        job = Job(
            kind=IMPORT_VERSION.name, state=JobState.DONE, stage="measure_import", title="t",
            options={"upload_id": 1, "labels": ["with_mask", "incorrect"]}, account_id=1,
            classifier_version_id=version_id, created_at=read_clock(rows),
        )  # fmt: skip
        rows.add(job)
        rows.flush()
        job_id = job.id
    page = browser.get(f"/versions/{version_id}").text
    assert "Imported from ours.onnx" in page and "e" * 64 in page
    assert "with mask, incorrect alone" in page
    assert "imported from ours.onnx" in browser.get("/versions").text
    assert f'href="/versions/{version_id}"' in browser.get(f"/jobs/{job_id}").text


def shipped(app, database: Database) -> int:
    """The version of the release with its files, as set-up stores them."""
    settings = app.extensions["maskloop"].settings
    new = keep_shipped(version_files(settings))
    with database.write() as rows:
        return register_shipped(rows, new).id


def test_a_version_leaves_as_a_zip(app, browser: Browser, database: Database) -> None:
    version_id = shipped(app, database)
    page = browser.get(f"/versions/{version_id}").text
    assert f"/versions/{version_id}/export.zip" in page and "Write Keras and ONNX too" in page
    answer = browser.get(f"/versions/{version_id}/export.zip")
    with ZipFile(BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {"README.md", "card.json", "classifier.tflite"}
        assert "ai_edge_litert" in archive.read("README.md").decode()
    assert browser.get("/versions/99/export.zip").status_code == 404


def test_formats_are_written_by_a_job(app, browser: Browser, database: Database) -> None:
    version_id = shipped(app, database)
    answer = browser.post(f"/versions/{version_id}/formats")
    with database.read() as rows:
        job = rows.scalars(select(Job)).one()
    assert answer.headers["Location"] == f"/jobs/{job.id}"
    assert (job.kind, job.options) == ("version_formats", {"version_id": version_id})
    assert "Formats of" in browser.get(f"/jobs/{job.id}").text


def test_the_whole_way_on_the_pages(app, browser: Browser, database: Database, weights: Path) -> None:
    """From the form over the evaluation and the gate to a champion, and back."""
    settings = app.extensions["maskloop"].settings
    settings.weights.symlink_to(weights)
    before = shipped(app, database)
    labels = [Label.WITHOUT_MASK, Label.INCORRECT, Label.WITH_MASK] * 4
    faces = add_faces(database, settings, labels)
    rows = [(face, label, Split.TEST) for face, label in zip(faces, labels, strict=True)]
    dataset_id = add_dataset(database, rows)
    browser.post(f"/datasets/{dataset_id}/pin")
    # The mean of each colour is an output.
    data = classifiers.onnx_bytes(3, arrays={"weights": 20 * np.eye(3, dtype=np.float32)})
    form = FORM | {"labels": "without_mask\nincorrect\nwith_mask", "colours": "rgb", "context": "1.5"}
    answer = browser.post("/versions/import", data=form | {"upload": send(browser, data)})
    run_batches(database, settings, {**HANDLERS, "check_model": check_model})
    job_page = browser.get(answer.headers["Location"]).text
    address = re.search(r'href="(/versions/\d+)">Ours', job_page)[1]
    page = browser.get(address).text
    assert "Passed: macro F1 rises" in page and "Imported from ours.onnx" in page
    assert "with mask, without mask, incorrect alone" in page
    browser.post(f"{address}/promote")
    assert "Roll back to" in browser.get("/versions").text
    with database.read() as session:
        assert read_champion(session).name == "Ours"
    form = browser.get("/training/new").text
    assert "The champion was imported" in form
    assert re.search(r'<input[^>]*checked[^>]*name="start"[^>]*value="imagenet"', form)
    assert "champion_imported" in browser.post("/training/new", data=TRAINING).text
    browser.post("/versions/rollback")
    with database.read() as session:
        assert read_champion(session).id == before
    assert "The champion was imported" not in browser.get("/training/new").text
    with ZipFile(BytesIO(browser.get(f"{address}/export.zip").data)) as archive:
        assert {"README.md", "classifier.onnx", "original.onnx"} <= set(archive.namelist())
    assert "Write Keras and LiteRT too" in browser.get(address).text
    asked = browser.post(f"{address}/formats", follow_redirects=True).text
    assert "Formats of Ours" in asked

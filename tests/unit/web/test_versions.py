"""Pages of versions: metrics, wrong predictions, promotion and rollback."""

import html
import re
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core.accounts import ensure_owner
from core.database import Database
from core.datasets.store import pin_golden
from core.evaluation.job_kind import EVALUATE
from core.evaluation.store import evaluate_version
from core.library.files.store import PhotoStore
from core.settings import Settings
from core.versions.files import VersionFiles
from core.versions.queries import get_version, read_champion
from models import Decision, Face, Job, Label, Prediction, Promotion, PromotionKind, Split
from tests.detector_rows import BETTER, add_detector
from tests.labelled import add_candidate, add_labelled, faces_of, freeze_now, predict
from tests.unit.web.conftest import Browser


class Setting:
    """A golden dataset, the champion with one wrong face, a better and a worse version, a detector."""

    def __init__(self, database: Database) -> None:
        with database.write() as rows:
            add_labelled(rows, 80, Label.WITH_MASK)
            self.champion = read_champion(rows).id
            self.better, self.worse = (add_candidate(rows, name).id for name in ("better", "worse"))
        self.dataset = freeze_now(database).id
        test = [face for face in faces_of(database, self.dataset).values() if face.split is Split.TEST]
        self.wrong = test[0].face_id
        with database.write() as rows:
            pin_golden(rows, self.dataset)
            for version, wrong in ((self.champion, 1), (self.better, 0), (self.worse, 3)):
                for place, entry in enumerate(test):
                    label = Label.INCORRECT if place < wrong else entry.label
                    predict(rows, version, rows.get_one(Face, entry.face_id), label)
                evaluate_version(rows, version, self.dataset)
        self.files = VersionFiles(PhotoStore(Path(database.engine.url.database or "").parent / "versions"))
        for name in ("better", "worse"):
            # The hash of a candidate is that of its name.
            self.files.keep_bytes(name.encode())
        with database.write() as rows:
            # A trained detector that passes the gate.
            add_detector(rows, Settings(data=self.files.folder.parent), "detector-1", BETTER)


@pytest.fixture
def at(database: Database) -> Setting:
    return Setting(database)


def champion(database: Database) -> int:
    with database.read() as rows:
        return read_champion(rows).id


def test_versions_with_their_metrics(browser: Browser, at: Setting) -> None:
    page = browser.get("/versions").text
    assert page.count("Macro F1") >= 3
    assert "Champion" in page


def test_what_a_version_does_not_predict_is_said(browser: Browser, database: Database, at: Setting) -> None:
    with database.write() as rows:
        rows.execute(
            update(Prediction).where(Prediction.classifier_version_id == at.worse).values(not_a_face=None)
        )
        evaluate_version(rows, at.worse, at.dataset)
        face_id, photo_id = at.wrong, rows.get_one(Face, at.wrong).photo_id
    page = browser.get(f"/versions/{at.worse}/evaluations/{at.dataset}").text
    assert "This version does not predict: not a face." in page
    assert "does not predict" not in browser.get(f"/versions/{at.better}/evaluations/{at.dataset}").text
    assert browser.get(f"/review/faces/{face_id}").text.count("not predicted") == 1
    assert browser.get(f"/library/photos/{photo_id}").status_code == 200


def test_the_page_of_an_evaluation(browser: Browser, at: Setting) -> None:
    page = browser.get(f"/versions/{at.champion}/evaluations/{at.dataset}").text
    assert "Expected calibration error" in page
    assert f"/versions/{at.champion}/evaluations/{at.dataset}/wrong?label=with_mask" in page
    assert browser.get(f"/versions/{at.champion}/evaluations/99").status_code == 404


def test_the_label_of_a_wrong_face_is_corrected(browser: Browser, database: Database, at: Setting) -> None:
    address = f"/versions/{at.champion}/evaluations/{at.dataset}/wrong"
    assert f'id="face-{at.wrong}"' in browser.get(address).text
    answer = browser.post(f"/versions/faces/{at.wrong}/decide", data={"label": "incorrect", "back": address})
    assert answer.headers["Location"] == address
    with database.read() as rows:
        newest = rows.scalars(select(Decision).order_by(Decision.id.desc())).first()
        owner = ensure_owner(rows).id
    assert (newest.face_id, newest.label, newest.queue, newest.account_id) == (
        at.wrong,
        Label.INCORRECT,
        "evaluation",
        owner,
    )
    page = browser.get(address).text
    pressed = page.split(f'id="face-{at.wrong}"')[1].split("</form>")[0]
    assert 'value="incorrect"' in pressed.split('aria-pressed="true"')[0].rsplit("<button", 1)[1]
    elsewhere = browser.post(
        f"/versions/faces/{at.wrong}/decide", data={"label": "incorrect", "back": "https://evil.example"}
    )
    assert elsewhere.headers["Location"] == "/versions"
    assert browser.post(f"/versions/faces/{at.wrong}/decide", data={"label": "hat"}).status_code == 400


def test_two_versions_compared(browser: Browser, at: Setting) -> None:
    page = browser.get(f"/versions/{at.worse}/evaluations/{at.dataset}/beside/{at.champion}").text
    assert "Lost: 2 faces that only test predicts correctly" in page
    assert "Gained: 0 faces" in page
    assert "worse does not pass the gate" in page


def test_the_gate_lets_the_better_one_through(browser: Browser, database: Database, at: Setting) -> None:
    assert "Promote to champion" in browser.get(f"/versions/{at.better}").text
    assert "Promote to champion" not in browser.get(f"/versions/{at.worse}").text
    browser.post(f"/versions/{at.worse}/promote")
    assert champion(database) == at.champion
    browser.post(f"/versions/{at.better}/promote")
    assert champion(database) == at.better


def test_a_version_without_its_file_is_not_promoted(
    browser: Browser, database: Database, at: Setting
) -> None:
    with database.read() as rows:
        path = at.files.path(get_version(rows, at.better).sha256)
    path.chmod(0o600)
    path.write_bytes(b"changed")
    browser.post(f"/versions/{at.better}/promote")
    assert champion(database) == at.champion
    path.unlink()
    reason = "Nothing is checked where the gate is overruled, is it?"
    browser.post(f"/versions/{at.better}/promote", data={"overrule": "1", "reason": reason})
    assert champion(database) == at.champion


def test_the_pages_of_wrong_predictions_go_on(
    browser: Browser, database: Database, at: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.versions.evaluations._FACES", 1)
    address = f"/versions/{at.worse}/evaluations/{at.dataset}/wrong"
    seen = []
    while address:
        page = browser.get(address).text
        seen += re.findall(r'id="face-(\d+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = html.unescape(following[1]) if following else ""
    assert len(seen) == len(set(seen)) == 3


def test_overruling_and_rolling_back(browser: Browser, database: Database, at: Setting) -> None:
    browser.post(f"/versions/{at.worse}/promote", data={"overrule": "1", "reason": "so"})
    assert champion(database) == at.champion
    reason = "It knows <scarves>, which this test set does not hold."
    browser.post(f"/versions/{at.worse}/promote", data={"overrule": "1", "reason": reason})
    assert champion(database) == at.worse
    page = browser.get("/versions").text
    assert "It knows &lt;scarves&gt;" in page
    assert "Roll back to test" in page
    browser.post("/versions/rollback")
    assert champion(database) == at.champion
    with database.read() as rows:
        kinds = [each.kind for each in rows.scalars(select(Promotion).order_by(Promotion.id))]
    assert kinds == [PromotionKind.OVERRULED, PromotionKind.ROLLBACK]


def test_an_evaluation_includes_the_champion(browser: Browser, database: Database, at: Setting) -> None:
    answer = browser.post(f"/versions/{at.better}/evaluate", data={"dataset": str(at.dataset)})
    with database.read() as rows:
        job = rows.scalars(select(Job)).one()
    assert answer.headers["Location"] == f"/jobs/{job.id}"
    assert job.kind == EVALUATE.name
    assert job.options == {"dataset_id": at.dataset, "version_ids": [at.better, at.champion]}
    assert "Macro F1" in browser.get(f"/jobs/{job.id}").text


def test_without_a_golden_set_nothing_passes(browser: Browser, database: Database) -> None:
    with database.write() as rows:
        candidate = add_candidate(rows).id
        before = read_champion(rows).id
    assert "No golden test set is pinned" in browser.get(f"/versions/{candidate}").text
    browser.post(f"/versions/{candidate}/promote")
    assert champion(database) == before

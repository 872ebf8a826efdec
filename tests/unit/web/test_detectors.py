"""Pages of face detectors: the list, one version, promotion and rollback, the request of a training."""

from pathlib import Path

import pytest

from core.database import Database
from core.detectors.job_kind import FEWEST_PHOTOS, TRAIN_DETECTOR
from core.settings import Settings
from core.versions.detectors.queries import find_detector_champion, read_detector_history
from models import Job, PromotionKind, Split
from tests.detector_rows import BETTER, METRICS, add_boxed, add_detector
from tests.training import need_training
from tests.unit.web.conftest import Browser


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with the data folder of the app."""
    return Settings(data=tmp_path / "data")


@pytest.fixture
def better(database: Database, settings: Settings) -> int:
    """A detector that passes the gate."""
    with database.write() as rows:
        return add_detector(rows, settings, "detector-7", BETTER).id


def test_without_a_trained_detector_the_page_says_what_to_do(browser: Browser) -> None:
    page = browser.get("/versions/detectors").text
    assert "The installed detector finds the faces of new jobs" in page
    assert f"at least {FEWEST_PHOTOS} such photos" in page and "No trained detector yet" in page
    assert "/versions/detectors" in browser.get("/versions").text


def test_a_version_beside_the_detector_in_use(browser: Browser, better: int) -> None:
    page = browser.get(f"/versions/detectors/{better}").text
    assert "Passed: AP at IoU 0.5 rises" in page and "0.850" in page and "+0.050" in page
    assert "Recall of 16 px and more" in page and "Recall of 0 to 16 px" not in page
    assert "30 photos, 90 faces" in page
    assert browser.get("/versions/detectors/99").status_code == 404


def test_promotion_and_rollback(browser: Browser, better: int, database: Database) -> None:
    browser.post(f"/versions/detectors/{better}/promote")
    page = browser.get("/versions/detectors").text
    assert "detector-7 finds the faces of new jobs" in page
    assert "Roll back to the installed detector" in page
    browser.post("/versions/detectors/rollback")
    with database.read() as rows:
        assert find_detector_champion(rows) is None
        kinds = [entry.promotion.kind for entry in read_detector_history(rows)]
    assert kinds == [PromotionKind.ROLLBACK, PromotionKind.PERSON]


def test_the_gate_is_kept_and_overruled_with_a_reason(
    browser: Browser, database: Database, settings: Settings
) -> None:
    with database.write() as rows:
        worse = add_detector(rows, settings, "detector-8", METRICS).id
    browser.post(f"/versions/detectors/{worse}/promote")
    with database.read() as rows:
        assert find_detector_champion(rows) is None
    assert "AP at IoU 0.5 did not rise" in browser.get(f"/versions/detectors/{worse}").text
    reason = {"overrule": "1", "reason": "It finds the faces of camera 7."}
    browser.post(f"/versions/detectors/{worse}/promote", data=reason)
    assert reason["reason"] in browser.get("/versions/detectors").text
    with database.read() as rows:
        champion = find_detector_champion(rows)
        assert champion is not None and champion.id == worse


def test_a_damaged_file_is_not_promoted(
    browser: Browser, database: Database, settings: Settings, better: int
) -> None:
    for path in (settings.data / "versions").rglob("*"):
        if path.is_file() and path.read_bytes() == b"detector-7":
            path.unlink()
    browser.post(f"/versions/detectors/{better}/promote")
    assert "cannot become the champion" in browser.get(f"/versions/detectors/{better}").text


def test_the_file_is_downloaded(browser: Browser, better: int) -> None:
    with browser.get(f"/versions/detectors/{better}/file") as answer:
        assert answer.data == b"detector-7" and "detector-7.onnx" in answer.headers["Content-Disposition"]


def test_a_training_is_requested_and_its_page_shows_its_detector(
    browser: Browser, database: Database, better: int
) -> None:
    need_training()
    refused = browser.post("/versions/detectors/train", data={"steps": "100"})
    assert refused.headers["Location"] == "/versions/detectors"
    with database.write() as rows:
        for number in range(FEWEST_PHOTOS):
            add_boxed(rows, number, Split.TRAIN)
    answer = browser.post("/versions/detectors/train", data={"steps": "100", "promote_by": "gate"})
    with database.write() as rows:
        job = rows.query(Job).one()
        assert TRAIN_DETECTOR.options_of(job).steps == 100 and job.detector_version_id is None
        assert "registered after the training has ended" in browser.get(f"/jobs/{job.id}").text
        job.detector_version_id = better
    page = browser.get(answer.headers["Location"]).text
    assert "detector-7" in page and "AP at IoU 0.5" in page and "The gate" in page

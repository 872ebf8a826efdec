"""The main job from request to reports, on both databases, with the real detector and no broker."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, func, select

import workers.predict
from core.database import Database
from core.errors import TransientError
from core.jobs.actions import cancel_job, retry_job
from core.jobs.outcome import outcome_of
from core.jobs.tick import fail_running
from core.library.queries import read_photo_bytes
from core.predict.job_kind import LIST_STAGE, request_predict
from core.predict.options import PredictOptions
from core.results.reports.queries import list_reports
from core.results.reports.request import request_report
from core.settings import Settings
from models import Extraction, Face, Job, JobEvent, JobPhoto, JobState, Photo, ReportFormat, ReportState
from tests.cases import ON_SQLITE
from tests.niceness import ON_LINUX, niceness
from workers.computing import ComputingThread
from workers.engine import run_batches
from workers.handlers import HANDLERS

ROOT = Path(__file__).resolve().parents[2]


def request(db: Database, settings: Settings, folder: Path) -> int:
    options = PredictOptions(folder=str(folder))
    with db.write() as session:
        return request_predict(session, options, account_id=1, roots=[folder]).id


def finish(db: Database, settings: Settings) -> None:
    run_batches(db, settings, HANDLERS)


def job_of(db: Database, job_id: int) -> Job:
    with db.read() as session:
        return session.get_one(Job, job_id)


def count(db: Database, table: type) -> int:
    with db.read() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_the_samples_from_request_to_reports_and_a_second_time(
    db: Database, ready: Settings, samples: Path
) -> None:
    job_id = request(db, ready, samples)
    finish(db, ready)
    job = job_of(db, job_id)
    assert (job.state, job.error_message) == (JobState.DONE, None)
    _check_report(ready, job_id, samples)
    _check_that_a_second_job_computes_nothing_again(db, ready, samples, job)


def _check_report(ready: Settings, job_id: int, samples: Path) -> None:
    expected = json.loads((samples / "expected.json").read_text())
    with (ready.data / "reports" / str(job_id) / "photos.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = {row["photo"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(expected)
    wrong_codes = {
        n: rows[n]["error_code"] for n, e in expected.items() if rows[n]["error_code"] != (e["error"] or "")
    }
    assert wrong_codes == {}
    truth = {name: len(entry["faces"]) for name, entry in expected.items()}
    found = {name: int(rows[name]["faces"] or 0) for name in expected}
    assert 0.95 * sum(truth.values()) <= sum(found.values()) <= 1.05 * sum(truth.values())
    labels = ("with_mask", "without_mask", "incorrect")
    right = [
        all(
            int(rows[name][label] or 0) == sum(f["label"] == label for f in entry["faces"])
            for label in labels
        )
        for name, entry in expected.items()
        if not entry["error"]
    ]
    assert sum(right) >= 0.9 * len(right)


def _check_that_a_second_job_computes_nothing_again(
    db: Database, ready: Settings, samples: Path, one: Job
) -> None:
    before = (count(db, Photo), count(db, Face), count(db, Extraction))
    second = request(db, ready, samples)
    finish(db, ready)
    assert (count(db, Photo), count(db, Face), count(db, Extraction)) == before
    two = job_of(db, second)
    for counter in (
        "photos_done",
        "photos_failed",
        "faces_with_mask",
        "faces_without_mask",
        "faces_incorrect",
    ):
        assert getattr(one, counter) == getattr(two, counter), counter


def test_retry_reads_what_was_mended(db: Database, ready: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    whole = (ROOT / "core" / "samples" / "astronaut.jpg").read_bytes()
    for number in range(5):
        (folder / f"{number}.jpg").write_bytes(whole + bytes([number]))
    (folder / "5.jpg").write_bytes(whole[:3000])
    (folder / "6.jpg").write_bytes(b"")
    job_id = request(db, ready, folder)
    finish(db, ready)
    assert (job_of(db, job_id).photos_done, job_of(db, job_id).photos_failed) == (5, 2)
    (folder / "5.jpg").write_bytes(whole + b"mended")
    with db.write() as session:
        retry_job(session, job_id)
    finish(db, ready)
    job = job_of(db, job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 6, 1)
    report = (ready.data / "reports" / str(job_id) / "photos.csv").read_text(encoding="utf-8-sig")
    assert [line.split(",")[0] for line in report.splitlines() if "empty_file" in line] == ["6.jpg"]
    assert len(report.splitlines()) == 8


def test_a_folder_that_is_gone_fails_the_job_with_a_sentence(
    db: Database, ready: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    job_id = request(db, ready, folder)
    folder.rmdir()
    finish(db, ready)
    job = job_of(db, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "folder_not_found")
    with db.read() as session:
        assert "folder_not_found" in session.scalars(select(JobEvent.event)).all()


def test_a_photo_that_vanishes_or_changes_after_listing_is_a_row(
    db: Database, ready: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("gone.jpg", "kept.jpg"):
        shutil.copy(ROOT / "core" / "samples" / "astronaut.jpg", folder / name)
    job_id = request(db, ready, folder)

    run_batches(db, ready, {LIST_STAGE.name: HANDLERS[LIST_STAGE.name]})
    (folder / "gone.jpg").unlink()
    finish(db, ready)
    with db.read() as session:
        codes = dict(session.execute(select(JobPhoto.name, JobPhoto.error_code)).all())
        photo = session.scalars(select(Photo)).one()
        (folder / "kept.jpg").write_bytes(b"other")
        with pytest.raises(Exception) as caught:
            read_photo_bytes(session, ready, photo)
    assert codes == {"gone.jpg": "file_gone", "kept.jpg": None}
    assert caught.value.code == "photo_changed"
    assert job_of(db, job_id).state is JobState.DONE


def test_a_cancelled_or_failed_zip_leaves_the_job_done(db: Database, ready: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(ROOT / "core" / "samples" / "astronaut.jpg", folder)
    job_id = request(db, ready, folder)
    finish(db, ready)
    with db.write() as session:
        request_report(session, job_id, ReportFormat.ANNOTATED_ZIP)
    with db.write() as session:
        cancel_job(session, job_id)
    assert job_of(db, job_id).state is JobState.DONE
    with db.write() as session:
        assert ReportFormat.ANNOTATED_ZIP not in {r.format for r in list_reports(session, job_id)}
        request_report(session, job_id, ReportFormat.ANNOTATED_ZIP)
    in_the_way = ready.data / "reports" / str(job_id) / "annotated.zip"
    in_the_way.mkdir()
    finish(db, ready)
    job = job_of(db, job_id)
    assert (job.state, job.error_code, job.batches_open) == (JobState.DONE, None, 0)
    with db.read() as session:
        states = {r.format: r.state for r in list_reports(session, job_id)}
    assert states.pop(ReportFormat.ANNOTATED_ZIP) is ReportState.FAILED
    assert set(states.values()) == {ReportState.READY}


def test_a_full_disk_costs_a_done_job_only_the_zip(db: Database, ready: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(ROOT / "core" / "samples" / "astronaut.jpg", folder)
    job_id = request(db, ready, folder)
    finish(db, ready)
    with db.write() as session:
        request_report(session, job_id, ReportFormat.ANNOTATED_ZIP)
    with db.write() as session:
        assert fail_running(session, TransientError("disk_full", "full")) == 1
    job = job_of(db, job_id)
    assert (job.state, job.error_code) == (JobState.DONE, None)


def test_a_folder_behind_a_link_is_known_by_its_real_path(
    db: Database, ready: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "real"
    (folder / "inner").mkdir(parents=True)
    shutil.copy(ROOT / "core" / "samples" / "astronaut.jpg", folder / "one.jpg")
    (folder / "inner" / "link.jpg").symlink_to("../one.jpg")
    (tmp_path / "link").symlink_to(folder)
    options = PredictOptions(folder=str(tmp_path / "link"))
    with db.write() as session:
        request_predict(session, options, account_id=1, roots=ready.roots)
    finish(db, ready)
    with db.read() as session:
        photo = session.scalars(select(Photo)).one()
        assert len(read_photo_bytes(session, ready, photo)) == photo.bytes


def test_photos_behind_links_into_allowed_folders_are_read(
    db: Database, ready: Settings, tmp_path: Path
) -> None:
    folder, camera = tmp_path / "photos", tmp_path / "camera" / "day"
    folder.mkdir()
    camera.mkdir(parents=True)
    whole = (ROOT / "core" / "samples" / "astronaut.jpg").read_bytes()
    for number in range(2):
        (camera / f"{number}.jpg").write_bytes(whole + bytes([number]))
    (folder / "linked").symlink_to(tmp_path / "camera")
    (folder / "one.jpg").symlink_to(camera / "0.jpg")
    job_id = request(db, ready, folder)
    finish(db, ready)
    assert (job_of(db, job_id).photos_done, job_of(db, job_id).photos_failed) == (3, 0)
    with db.read() as session:
        for photo in session.scalars(select(Photo)):
            assert len(read_photo_bytes(session, ready, photo)) == photo.bytes
    # The job's folder alone is allowed now: what the links lead to is refused, row by row.
    closed = ready.with_changes(allowed_roots=str(folder))
    job_id = request(db, closed, folder)
    finish(db, closed)
    job = job_of(db, job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 0, 2)
    assert outcome_of(job).words == "Done, no photo could be read"


def test_annotated_photos_are_made_when_asked_for(db: Database, ready: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(ROOT / "core" / "samples" / "astronaut.jpg", folder)
    job_id = request(db, ready, folder)
    finish(db, ready)
    with db.write() as session:
        request_report(session, job_id, ReportFormat.ANNOTATED_ZIP)
    assert job_of(db, job_id).state is JobState.RUNNING
    ended = job_of(db, job_id).finished_at
    finish(db, ready)
    assert (job_of(db, job_id).state, job_of(db, job_id).finished_at) == (JobState.DONE, ended)
    assert (ready.data / "reports" / str(job_id) / "annotated.zip").stat().st_size > 10_000


@ON_LINUX
@ON_SQLITE
def test_photos_are_read_nicely_and_no_lock_is_taken_there(
    db: Database, ready: Settings, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = request(db, ready, samples)
    read, written, own = set(), set(), niceness()
    read_file = workers.predict.read_file

    def noted(*args: object, **kwargs: object) -> bytes:
        read.add(niceness())
        return read_file(*args, **kwargs)

    def begun(connection: Connection) -> None:
        if connection.get_execution_options().get("write", False):
            written.add(niceness())

    monkeypatch.setattr(workers.predict, "read_file", noted)
    event.listen(db.engine, "begin", begun)
    run_batches(db, ready, HANDLERS, computing=ComputingThread(3))
    assert job_of(db, job_id).state is JobState.DONE
    assert (read, written) == ({min(own + 3, 19)}, {own})

"""Predict jobs over photos of the library: labels, reports and resuming, on both databases."""

import csv
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from core.database import Database, read_clock
from core.jobs.actions import retry_job
from core.jobs.claim import claim_batch
from core.jobs.lease import LeaseState, release_batch
from core.jobs.request import NothingNew
from core.library.files.store import photo_store
from core.library.selection.model import LabelFilter, LibrarySelection
from core.predict.extract.job_kind import ExtractOptions, request_extract
from core.predict.job_kind import LIST_STAGE, PREDICT_STAGE, request_predict
from core.predict.options import PredictOptions
from core.predict.read_photos import read_photos
from core.removal.job_kind import request_removal
from core.removal.target import Target
from core.settings import Settings
from models import Batch, Face, Job, JobPhoto, JobPhotoState, JobState, Photo, Prediction, Source, SourceKind
from workers import predict as predict_worker
from workers.engine import BatchRun, run_batches
from workers.handlers import HANDLERS
from workers.lease_keeper import Interrupted
from workers.predict import list_photos

ROOT = Path(__file__).resolve().parents[2]
_PORTRAIT = ROOT / "core" / "samples" / "astronaut.jpg"


def _add_stored(db: Database, settings: Settings, number: int, phrase: str) -> int:
    """A photo as a crawl stores it: bytes and source, without hashes and faces."""
    # Without its last two bytes the end marker is missing, of which a note says so.
    whole = _PORTRAIT.read_bytes()
    data = whole[:-2] if number == 2 else whole + bytes([number])
    sha256 = hashlib.sha256(data).hexdigest()
    with db.write() as session:
        now = read_clock(session)
        path = photo_store(settings).path_of(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        photo = Photo(
            sha256=sha256, bytes=len(data), width=512, height=512, format="JPEG", stored=True, created_at=now
        )
        session.add(photo)
        session.flush()
        address = f"https://pictures.example/{number}.jpg".encode()
        session.add(
            Source(
                photo_id=photo.id, kind=SourceKind.CRAWL, location=address, name=address.decode(),
                location_sha256=hashlib.sha256(address).digest(), phrase=phrase, created_at=now,
            )
        )  # fmt: skip
        return photo.id


def _request(db: Database, selection: LibrarySelection) -> int:
    with db.write() as session:
        return request_predict(session, PredictOptions(selection=selection), account_id=1, roots=[]).id


def _job(db: Database, job_id: int) -> Job:
    with db.read() as session:
        return session.get_one(Job, job_id)


def test_selected_photos_get_labels_reports_and_no_second_source(db: Database, ready: Settings) -> None:
    for number in range(4):
        _add_stored(db, ready, number, ("crowd", "market")[number % 2])
    job_id = _request(db, LibrarySelection(phrase="crowd"))
    run_batches(db, ready, HANDLERS)
    job = _job(db, job_id)
    assert (job.state, job.error_message, job.photos_found, job.photos_done) == (JobState.DONE, None, 2, 2)
    assert job.title == "Library: phrase “crowd”"
    assert job.faces_with_mask + job.faces_without_mask + job.faces_incorrect + job.faces_indeterminate == 2
    with db.read() as session:
        assert len(session.scalars(select(Source)).all()) == 4
        hashed = session.scalars(select(Photo.id).where(Photo.phash.is_not(None))).all()
        assert len(hashed) == 2, "the decode of the job hashes the photos too"
        assert [bool(notes) for notes in session.scalars(select(Photo.notes).order_by(Photo.id))] == [
            False, False, True, False
        ]  # fmt: skip
    folder = ready.data / "reports" / str(job_id)
    with (folder / "photos.csv").open(newline="", encoding="utf-8-sig") as file:
        names = [row["photo"] for row in csv.DictReader(file)]
    assert names == ["https://pictures.example/0.jpg", "https://pictures.example/2.jpg"]
    assert "the library: phrase “crowd”" in (folder / "report.html").read_text(encoding="utf-8")


def test_faces_that_were_only_found_are_labelled(db: Database, ready: Settings) -> None:
    """Extraction first, as `Find faces` does; the faces are not found a second time."""
    _add_stored(db, ready, 0, "crowd")
    with db.write() as session:
        request_extract(session, ExtractOptions(), account_id=1)
    run_batches(db, ready, HANDLERS)
    _request(db, LibrarySelection(label=LabelFilter.NOT_LABELLED))
    run_batches(db, ready, HANDLERS)
    with db.read() as session:
        faces = session.scalars(select(Face.id)).all()
        assert sorted(session.scalars(select(Prediction.face_id))) == sorted(faces) != []
    with db.write() as session, pytest.raises(NothingNew, match="not labelled yet"):
        options = PredictOptions(selection=LibrarySelection(label=LabelFilter.NOT_LABELLED))
        request_predict(session, options, account_id=1, roots=[])


def test_a_known_photo_is_not_read_again(db: Database, ready: Settings) -> None:
    """Its file is gone: what the database has is enough."""
    _add_stored(db, ready, 0, "crowd")
    first = _request(db, LibrarySelection())
    run_batches(db, ready, HANDLERS)
    shutil.rmtree(ready.data / "photos")
    second = _request(db, LibrarySelection())
    run_batches(db, ready, HANDLERS)
    assert _job(db, second).photos_failed == 0
    assert _job(db, first).faces_without_mask == _job(db, second).faces_without_mask


def test_a_lost_file_fails_alone_and_can_be_retried(db: Database, ready: Settings) -> None:
    lost, kept = (_add_stored(db, ready, number, "crowd") for number in range(2))
    with db.read() as session:
        path = photo_store(ready).path_of(session.get_one(Photo, lost).sha256)
    data = path.read_bytes()
    path.unlink()
    job_id = _request(db, LibrarySelection(photos=(lost, kept)))
    _run_all_attempts(db, ready)
    assert (_job(db, job_id).photos_done, _job(db, job_id).photos_failed) == (1, 1)
    path.write_bytes(data)
    with db.write() as session:
        failed = session.scalars(select(JobPhoto).where(JobPhoto.state == JobPhotoState.FAILED)).one()
        assert failed.error_code == "stored_file_missing"
        retry_job(session, job_id)
    run_batches(db, ready, HANDLERS)
    assert (_job(db, job_id).photos_done, _job(db, job_id).photos_failed) == (2, 0)


def _run_all_attempts(db: Database, settings: Settings) -> None:
    """Without the pauses between the attempts of a batch."""
    while run_batches(db, settings, HANDLERS):
        with db.write() as session:
            session.execute(update(Batch).values(not_before=read_clock(session)))


def test_a_photo_removed_while_it_is_read_is_written_nowhere(
    db: Database, ready: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [_add_stored(db, ready, number, "crowd") for number in range(2)]
    job_id = _request(db, LibrarySelection())
    run_batches(db, ready, {LIST_STAGE.name: HANDLERS[LIST_STAGE.name]})

    def read_then_remove(*arguments: object, **options: object) -> list[object]:
        results = list(read_photos(*arguments, **options))  # type: ignore[arg-type]
        with db.write() as session:
            removal = request_removal(session, Target.of(LibrarySelection(photos=(ids[0],))), account_id=None)
        run_batches(db, ready, HANDLERS, job_id=removal.id)
        return results

    monkeypatch.setattr(predict_worker, "read_photos", read_then_remove)
    run_batches(db, ready, {PREDICT_STAGE.name: HANDLERS[PREDICT_STAGE.name]})
    monkeypatch.undo()
    run_batches(db, ready, HANDLERS)
    job = _job(db, job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 1, 1)
    with db.read() as session:
        assert session.scalars(select(Photo.id)).all() == [ids[1]]
        row = session.scalars(select(JobPhoto).where(JobPhoto.state == JobPhotoState.FAILED)).one()
        assert (row.error_code, row.photo_id) == ("photo_removed", None)


def _add_many(db: Database, count: int) -> list[int]:
    with db.write() as session:
        now = read_clock(session)
        rows = [
            {"sha256": f"{n:064x}", "bytes": 1, "width": 1, "height": 1, "format": "JPEG", "created_at": now}
            for n in range(count)
        ]
        session.execute(insert(Photo), rows)
        return list(session.scalars(select(Photo.id).order_by(Photo.id)))


def _interrupt_after(calls: int) -> Callable[[], None]:
    left = [calls]

    def check() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Interrupted(LeaseState.PAUSED)

    return check


@pytest.mark.parametrize("calls", [1, 2, 3, 4])
def test_a_listing_that_is_stopped_goes_on_where_it_was(db: Database, ready: Settings, calls: int) -> None:
    """10,000 photos are three slices to read and six to write: none is listed twice, none is left out."""
    ids = _add_many(db, 10_000)
    job_id = _request(db, LibrarySelection())
    for check in (_interrupt_after(calls), lambda: None):
        with db.write() as session:
            held = claim_batch(session, worker="w", lease_seconds=60, kinds=[LIST_STAGE.name])
        assert held is not None
        try:
            list_photos(BatchRun(db=db, settings=ready, claim=held, check=check))
        except Interrupted:
            with db.write() as session:
                release_batch(session, held)
    with db.read() as session:
        listed = session.execute(
            select(JobPhoto.position, JobPhoto.photo_id).order_by(JobPhoto.position)
        ).all()
        assert [tuple(row) for row in listed] == list(enumerate(ids))
        assert session.get_one(Job, job_id).photos_found == 10_000

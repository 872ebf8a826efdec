"""Deleting a job: hidden at once, its rows and files go slice by slice, the library stays."""

import os
import threading
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from core.accounts import ensure_owner
from core.api_tokens import add_token
from core.database import Database, read_clock
from core.errors import InputError
from core.jobs import deletion
from core.jobs.actions import continue_job, retry_job
from core.jobs.deletion import delete_job, purge_slice
from core.jobs.kinds import JobRequest
from core.jobs.queries import get_job, list_jobs
from core.jobs.request import add_job, start_job
from core.jobs.store import add_event
from core.library.files.store import StoredPhoto, photo_store
from core.library.selection.model import LibrarySelection
from core.library.uploads import open_upload
from core.predict.extract.job_kind import EXTRACT, ExtractOptions
from core.predict.job_kind import PREDICT, request_predict
from core.predict.options import PredictOptions
from core.removal.job_kind import REMOVE, RemoveOptions
from core.removal.store import rewrite_reports
from core.review.job_kind import LABEL_ERRORS_EVENT
from core.review.options import QueueOptions
from core.review.queues.queries import read_pool
from core.settings import Settings
from core.training.job_kind import TRAIN, count_new_decisions
from core.training.options import TrainOptions
from models import (
    AuditSample,
    Base,
    Batch,
    CrawlHit,
    CrawlSearch,
    Decision,
    EventLevel,
    Face,
    FinalCount,
    FinalSum,
    HitOutcome,
    IdempotencyKey,
    ImportCount,
    Job,
    JobEvent,
    JobPhoto,
    JobState,
    Label,
    Photo,
    Report,
    ReportFormat,
    ReportState,
    ReviewReason,
    Scope,
    ShareTarget,
    Source,
    SourceKind,
    TakedownBy,
    TrainingEpoch,
    TrainingStage,
    UploadFile,
)
from tests.acceptance.service import wait_until
from tests.rows import add_predict_job, add_version
from tests.stored_upload import add_file


def end(db: Database, job_id: int, state: JobState = JobState.DONE) -> None:
    with db.write() as session:
        session.get_one(Job, job_id).state = state


def delete(db: Database, job_id: int) -> None:
    """Delete the job, longer ago than a lease lasts."""
    with db.write() as session:
        job = delete_job(session, job_id, by="Ann")
        assert job.deleted_at is not None
        job.deleted_at -= timedelta(minutes=5)


def purge(db: Database, settings: Settings, *, slices: int = 1_000) -> int:
    """How many slices there were."""
    for number in range(slices):
        with db.write() as session:
            if not purge_slice(session, settings):
                return number
    return slices


def count(db: Database, table: type[Base], job_id: int) -> int:
    with db.read() as session:
        return session.scalars(select(func.count()).where(table.job_id == job_id)).one()  # type: ignore[attr-defined]


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.RUNNING, JobState.PAUSED])
def test_an_unfinished_job_is_not_deleted(db: Database, state: JobState) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    end(db, job_id, state)
    with pytest.raises(InputError, match="cannot be deleted") as caught, db.write() as session:
        delete_job(session, job_id, by="Ann")
    assert caught.value.code == "job_state"


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_a_deleted_job_is_gone_at_once_and_cannot_start_again(db: Database, state: JobState) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    end(db, job_id, state)
    delete(db, job_id)
    with db.read() as session:
        assert list_jobs(session) == []
    for action in (get_job, retry_job, continue_job, lambda rows, job: delete_job(rows, job, by="Bob")):
        with (
            pytest.raises(InputError, match="“test”, was deleted") as caught,
            db.write() as session,
        ):
            action(session, job_id)
        assert caught.value.code == "job_deleted"


def test_a_retry_that_waits_for_the_deletion_does_not_wake_the_job(db: Database) -> None:
    if db.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    end(db, job_id, JobState.FAILED)
    refused: list[str] = []

    def retry() -> None:
        try:
            with db.write() as session:
                retry_job(session, job_id)
        except InputError as error:
            refused.append(error.code)

    thread = threading.Thread(target=retry)
    with db.write() as session:
        delete_job(session, job_id, by="Ann")
        thread.start()
        wait_until(lambda: _waits_for_a_lock(db), seconds=30, what="the retry to wait")
    thread.join()
    assert refused == ["job_deleted"]


def _waits_for_a_lock(db: Database) -> bool:
    with db.read() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_nothing_is_purged_while_a_worker_may_still_write(db: Database, settings: Settings) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    end(db, job_id)
    with db.write() as session:
        delete_job(session, job_id, by="Ann")
    assert purge(db, settings) == 0
    assert count(db, JobPhoto, job_id) == 1


def _add_library(db: Database, job_id: int) -> None:
    """A photo that the job found, with a face and a decision that it imported."""
    with db.write() as session:
        now = read_clock(session)
        photo = Photo(sha256="a" * 64, bytes=1, width=9, height=9, format="JPEG", created_at=now)
        session.add(photo)
        session.flush()
        face = Face(photo_id=photo.id, detector_key="d", ordinal=0, x1=0, y1=0, x2=9, y2=9, score=1,
                    landmarks=[], created_at=now)  # fmt: skip
        source = Source(photo_id=photo.id, kind=SourceKind.FOLDER, location=b"/a", location_sha256=b"a" * 32,
                        name="/a", job_id=job_id, created_at=now)  # fmt: skip
        session.add_all((face, source))
        session.flush()
        session.add(
            Decision(
                face_id=face.id, label=Label.WITH_MASK, queue="import", job_id=job_id, created_at=now,
            )
        )  # fmt: skip
        session.execute(update(JobPhoto).where(JobPhoto.job_id == job_id).values(photo_id=photo.id))


def _add_rows(db: Database, job_id: int) -> None:
    """Rows of every table that belongs to a job, besides photos and batches."""
    version = add_version(db, sha256=f"{job_id:064}", champion=False)
    with db.write() as session:
        now = read_clock(session)
        search = CrawlSearch(job_id=job_id, number=0, source="bing", query="mask", asked=1)
        session.add(search)
        session.flush()
        photo = session.scalars(select(JobPhoto.id).where(JobPhoto.job_id == job_id).limit(1)).one()
        token, _ = add_token(session, ensure_owner(session), name="x", scopes=[Scope.READ], days=1)
        counts = dict.fromkeys(("with_mask", "without_mask", "incorrect", "indeterminate", "not_labelled"), 0)
        session.add_all(
            (
                FinalCount(job_photo_id=photo, job_id=job_id, position=0, faces=0, **counts),
                FinalSum(job_id=job_id, photos_without_face=0, **counts),
                AuditSample(job_id=job_id, classifier_version_id=version, seed=1, faces=1, created_at=now),
                ShareTarget(job_id=job_id, label=Label.WITH_MASK, at_least=0.95),
                IdempotencyKey(token_id=token.id, key="k", request_sha256="", job_id=job_id, created_at=now),
                CrawlHit(job_id=job_id, position=0, search_id=search.id, file_sha256=b"f" * 32,
                         outcome=HitOutcome.FETCHED),
                ImportCount(job_id=job_id, what="word", word="mask", amount=1),
                Report(job_id=job_id, format=ReportFormat.HTML, state=ReportState.READY, created_at=now),
                TrainingEpoch(
                    job_id=job_id, stage=TrainingStage.HEAD, number=1, loss=1, accuracy=1, validation_loss=1,
                    validation_accuracy=1, validation_macro_f1=1, rate=1, seconds=1, created_at=now,
                ),
            )
        )  # fmt: skip
        add_event(session, job_id, EventLevel.INFO, "job_done", "Done.")


_OF_JOB = (
    AuditSample, Batch, CrawlHit, CrawlSearch, FinalCount, FinalSum, IdempotencyKey, ImportCount, JobPhoto,
    Report, ShareTarget, TrainingEpoch,
)  # fmt: skip


def test_every_table_of_jobs_is_purged_and_the_library_stays(db: Database, settings: Settings) -> None:
    other, job_id = (add_predict_job(db, photos=30, batch_photos=3) for _ in range(2))
    for each in (other, job_id):
        _add_rows(db, each)
        end(db, each)
    _add_library(db, job_id)
    reports = settings.data / "reports"
    for each in (other, job_id):
        (reports / str(each)).mkdir(parents=True)
        (reports / str(each) / "report.html").write_text("report")
    delete(db, job_id)
    assert purge(db, settings) > len(_OF_JOB)
    assert {table.__name__: count(db, table, job_id) for table in _OF_JOB} == {t.__name__: 0 for t in _OF_JOB}
    assert all(count(db, table, other) for table in _OF_JOB)
    assert [path.name for path in reports.iterdir()] == [str(other)]
    with db.read() as session:
        job = session.get_one(Job, job_id)
        assert job.purged_at is not None and job.photos_found == 30
        events = session.scalars(select(JobEvent.message).where(JobEvent.job_id == job_id)).all()
        assert events == ["Deleted by Ann."]
        assert session.scalars(select(Decision.job_id)).all() == [job_id]
        assert session.scalars(select(Source.job_id)).all() == [job_id]
        assert len(session.scalars(select(Face)).all()) == len(session.scalars(select(Photo)).all()) == 1


def test_the_tables_above_are_all(db: Database) -> None:
    job = Job(id=1, kind="predict")
    assert {table.name for table, _ in deletion._tables(job)} == {
        *(table.__tablename__ for table in _OF_JOB), JobEvent.__tablename__,
    }  # fmt: skip


def test_a_purge_that_is_killed_goes_on_and_takes_slices(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "_SLICE", 7)
    job_id = add_predict_job(db, photos=30, batch_photos=30)
    end(db, job_id)
    delete(db, job_id)
    left = []
    for _ in range(3):
        purge(db, settings, slices=1)
        left.append(count(db, JobPhoto, job_id) + count(db, Batch, job_id))
        with pytest.raises(KeyboardInterrupt), db.write() as session:
            purge_slice(session, settings)
            raise KeyboardInterrupt
    assert all(earlier - later <= 7 for earlier, later in zip([31, *left], left, strict=False))
    assert left == sorted(left, reverse=True) and left[-1] < 31
    purge(db, settings)
    assert count(db, JobPhoto, job_id) == count(db, Batch, job_id) == 0


def test_a_job_of_which_something_cannot_be_deleted_stops_no_other(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    protected, other = (add_predict_job(db, photos=2, batch_photos=1) for _ in range(2))
    for job_id in (protected, other):
        end(db, job_id)
        delete(db, job_id)
    purge_stages = deletion._purge_stages

    def refuse(session: Session, settings: Settings, job: Job) -> int:
        if job.id == protected:
            raise PermissionError(1, "write-protected")
        return purge_stages(session, settings, job)

    with monkeypatch.context() as patched:
        patched.setattr(deletion, "_purge_stages", refuse)
        purge(db, settings)
    with db.read() as session:
        purged = [session.get_one(Job, job_id).purged_at is not None for job_id in (protected, other)]
    assert purged == [False, True]
    purge(db, settings)
    with db.read() as session:
        assert session.get_one(Job, protected).purged_at is not None


def test_two_ticks_purge_at_the_same_time(db: Database, settings: Settings) -> None:
    if db.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    first, second = (add_predict_job(db, photos=1, batch_photos=1) for _ in range(2))
    for each in (first, second):
        end(db, each)
        delete(db, each)
    with db.write() as one, db.write() as other:
        assert purge_slice(one, settings) and purge_slice(other, settings)
        assert not purge_slice(other, settings) or count(db, JobPhoto, second) == 1
    purge(db, settings)
    assert count(db, JobPhoto, first) == count(db, JobPhoto, second) == 0


def test_a_job_is_not_deleted_while_another_reads_its_photos(db: Database) -> None:
    read, other = (add_predict_job(db, photos=1, batch_photos=1) for _ in range(2))
    for each in (read, other):
        end(db, each)
    for kind, options in (
        (EXTRACT, ExtractOptions(job_id=read)),
        (PREDICT, PredictOptions(selection=LibrarySelection(job=read))),
        (REMOVE, RemoveOptions(by=TakedownBy.SELECTION, value="x", selection=LibrarySelection(job=read))),
    ):
        with db.write() as session:
            reader = add_job(session, kind, options, title="Reader", account_id=None).id
        with pytest.raises(InputError, match=f"Job {reader}, “Reader”") as caught, db.write() as session:
            delete_job(session, read, by="Ann")
        assert caught.value.code == "job_in_use"
        end(db, reader)
    with db.write() as session:
        delete_job(session, read, by="Ann")
    add_version(db)
    options = PredictOptions(selection=LibrarySelection(job=read))
    with pytest.raises(InputError) as caught, db.write() as session:
        request_predict(session, options, account_id=None, roots=())
    assert caught.value.code == "job_deleted"


def test_the_log_line_that_a_queue_shows_stays(db: Database, settings: Settings) -> None:
    with db.write() as session:
        job = Job(kind="review", state=JobState.DONE, title="Fill", options={"queue_id": 1}, stage="rank",
                  created_at=read_clock(session))  # fmt: skip
        session.add(job)
        session.flush()
        for event in (LABEL_ERRORS_EVENT, "job_done"):
            add_event(session, job.id, EventLevel.INFO, event, event)
        job_id = job.id
    delete(db, job_id)
    purge(db, settings)
    with db.read() as session:
        events = session.scalars(select(JobEvent.event).order_by(JobEvent.id)).all()
    assert events == [LABEL_ERRORS_EVENT, deletion.DELETED_EVENT]


def test_a_deleted_training_still_counts_as_the_last_one(db: Database, settings: Settings) -> None:
    for job_id in (add_predict_job(db, photos=1, batch_photos=1),):
        _add_library(db, job_id)
    with db.write() as session:
        options = TrainOptions(newest_decision=1).to_json()
        train = Job(kind=TRAIN.name, state=JobState.DONE, title="t", options=options, stage="fit",
                    created_at=read_clock(session))  # fmt: skip
        session.add(train)
        session.flush()
        job_id = train.id
        files = settings.data / "training" / str(job_id)
        files.mkdir(parents=True)
    delete(db, job_id)
    purge(db, settings)
    assert not files.exists()
    with db.read() as session:
        assert count_new_decisions(session, at_most=10) == 0


def test_a_removal_does_not_wake_a_deleted_job(db: Database) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    _add_rows(db, job_id)
    end(db, job_id)
    delete(db, job_id)
    with db.write() as session:
        rewrite_reports(session, job_id)
        assert session.get_one(Job, job_id).state is JobState.DONE


def test_a_queue_of_a_deleted_job_says_so(db: Database) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    add_version(db)
    end(db, job_id)
    delete(db, job_id)
    options = QueueOptions(shares={ReviewReason.AUDIT: 100}, limit=7, job_id=job_id)
    with pytest.raises(InputError) as caught, db.read() as session:
        read_pool(session, options, 1)
    assert caught.value.code == "job_deleted"


def test_an_upload_goes_with_the_last_job_that_reads_it(db: Database, settings: Settings) -> None:
    """What the library shows stays; archives, and photos that were never read, free the disk."""
    add_version(db)
    store, paths = photo_store(settings), {}

    def put(name: str) -> StoredPhoto:
        stored = store.put(BytesIO(name.encode()), max_bytes=100)
        paths[name] = stored.path
        return stored

    with db.write() as session:
        upload, other = open_upload(session, None), open_upload(session, None)
        for name in ("a.zip", "read.jpg", "unread.jpg", "shared.jpg", "again.jpg"):
            add_file(session, upload, raw_name=name.encode(), stored=put(name), settings=settings)
        add_file(session, other, raw_name=b"x.jpg", stored=put("shared.jpg"), settings=settings)
        session.add(
            Photo(sha256=put("read.jpg").sha256, bytes=8, width=1, height=1, format="jpeg", frames=1,
                  stored=True, created_at=read_clock(session))
        )  # fmt: skip
        jobs = [start_job(session, request_of(upload.id), settings).id for _ in range(2)]
        # Of an archive: one photo that was not read, and one that a cancelled job may still read.
        elsewhere = start_job(session, request_of(other.id), settings).id
        for job_id, position, name in (
            (jobs[1], 0, "packed.jpg"), (jobs[1], 1, "wanted.jpg"), (elsewhere, 0, "wanted.jpg"),
        ):  # fmt: skip
            row = {"job_id": job_id, "position": position, "locator": b"p", "name": "p", "state": "waiting"}
            session.execute(insert(JobPhoto), [{**row, "stored_sha256": put(name).sha256}])
    end(db, elsewhere, JobState.CANCELLED)
    for path in paths.values():
        os.utime(path, (1, 1))
    # Its bytes were sent again, and the row of that upload is not written yet.
    put("again.jpg")
    for job_id, is_last in zip(jobs, (False, True), strict=True):
        end(db, job_id, JobState.CANCELLED)
        delete(db, job_id)
        purge(db, settings)
        with db.read() as session:
            assert len(session.scalars(select(UploadFile)).all()) == (1 if is_last else 6)
        gone = {"a.zip", "unread.jpg", "packed.jpg"} if is_last else set()
        assert {name for name, path in paths.items() if not path.exists()} == gone
    assert count(db, JobPhoto, jobs[1]) == 0


def request_of(upload_id: int) -> JobRequest:
    options = PredictOptions(upload_id=upload_id).to_json()
    return JobRequest(kind="predict", options=options, title="", account_id=None)


def test_a_job_of_many_photos_is_purged_in_flat_memory(db: Database, settings: Settings) -> None:
    """Deleting reads no row: what Python holds does not grow with the job."""
    import tracemalloc

    job_id = add_predict_job(db, photos=1, batch_photos=1)
    with db.write() as session:
        rows = [
            {"job_id": job_id, "position": n, "locator": b"x" * 200, "name": "x" * 200, "state": "waiting"}
            for n in range(1, 20_001)
        ]
        session.execute(insert(JobPhoto), rows)
        del rows
    end(db, job_id)
    delete(db, job_id)
    tracemalloc.start()
    assert purge(db, settings) >= 5
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count(db, JobPhoto, job_id) == 0
    assert peak < 1_000_000

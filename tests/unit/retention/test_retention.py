"""Retention deletes pictures of old photos and keeps every row and count."""

import io
import os
import shutil
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from core.database import Database, read_clock
from core.datasets.splitting.queries import count_unmeasured
from core.dedup.queries import count_uncompared, without_embedding
from core.errors import InputError
from core.jobs.claim import claim_batch
from core.jobs.job_photos import list_slice
from core.jobs.request import request_like, start_job
from core.library.files.store import PhotoStore
from core.library.queries import read_photo_bytes
from core.library.uploads import open_upload
from core.predict.extract.job_kind import ExtractOptions, request_extract
from core.retention.job_kind import RetentionOptions, request_retention
from core.retention.queries import plan_retention
from core.retention.store import renew_pictures
from core.settings import Settings
from core.training.folder import training_folder
from models import (
    Batch,
    BatchState,
    Decision,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    JobState,
    Overlap,
    Photo,
    Prediction,
    Report,
    ReportFormat,
    ReportState,
    RunState,
    Schedule,
    ScheduleRun,
    Source,
    UploadFile,
)
from tests.provenance_rows import WebPhoto, add_dataset, add_web_photo
from tests.rows import add_version
from workers.engine import run_batches
from workers.handlers import HANDLERS

_OLD = timedelta(days=40)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.data.mkdir()
    return settings


@pytest.fixture
def photos(db: Database, settings: Settings) -> list[Photo]:
    """Four photos of a host that were stored 40 days ago; the first one is in a dataset."""
    version_id = add_version(db)
    with db.write() as session:
        made = [
            add_web_photo(session, settings.data, WebPhoto(number=number), version_id=version_id)
            for number in range(4)
        ]
        add_dataset(session, list(session.scalars(select(Face).where(Face.photo_id == made[0].id))))
        session.execute(update(Source).values(created_at=read_clock(session) - _OLD))
    for photo in made:
        then = time.time() - _OLD.total_seconds()
        os.utime(_stored(settings, photo), (then, then))
    return made


def _stored(settings: Settings, photo: Photo) -> Path:
    return PhotoStore(settings.data / "photos").path_of(photo.sha256)


def _job(db: Database, photos: list[Photo], age: timedelta | None = _OLD) -> int:
    """A predict job over the photos that ended so long ago; None: it has not ended."""
    with db.write() as session:
        now = read_clock(session)
        job = Job(
            kind="predict", state=JobState.RUNNING if age is None else JobState.DONE, stage="report",
            title="Survey", options={"folder": "/photos"}, listed=True, created_at=now - _OLD,
            finished_at=None if age is None else now - age, photos_found=len(photos), photos_done=len(photos),
            faces_with_mask=2 * len(photos), classifier_version_id=1, detector_key="yunet",
        )  # fmt: skip
        session.add(job)
        session.flush()
        session.add_all(
            JobPhoto(
                job_id=job.id, position=n, locator=b"%d.jpg" % n, name=f"{n}.jpg", photo_id=photo.id,
                state=JobPhotoState.DONE, stored_sha256=photo.sha256, faces=2, with_mask=2,
                without_mask=0, incorrect=0, indeterminate=0,
            )
            for n, photo in enumerate(photos)
        )  # fmt: skip
        return job.id


def _run(db: Database, settings: Settings, **options: object) -> Job:
    with db.write() as session:
        job_id = request_retention(session, RetentionOptions(**options), account_id=None).id
    run_batches(db, settings, HANDLERS, job_id=job_id)
    with db.read() as session:
        return session.get_one(Job, job_id)


def _shown(db: Database, settings: Settings) -> list[bool]:
    """For each photo, whether its picture is there; files, thumbnails, crops and rows agree."""
    with db.read() as session:
        photos = session.scalars(select(Photo).order_by(Photo.id)).all()
    shown = []
    for photo in photos:
        files = [_stored(settings, photo).exists()] + [
            any((settings.data / folder / photo.sha256[:2]).glob(f"{photo.sha256}-*"))
            for folder in ("thumbnails", "crops")
        ]
        assert set(files) == {photo.erased_at is None} == {photo.stored}
        shown.append(files[0])
    return shown


def _counts(db: Database) -> list[int]:
    with db.read() as session:
        return [
            session.scalars(select(func.count()).select_from(table)).one()
            for table in (Photo, Source, Face, Prediction, Decision)
        ]


@pytest.mark.parametrize("by", ["job", "host", "series"])
def test_pictures_go_and_numbers_stay(db: Database, settings: Settings, photos: list[Photo], by: str) -> None:
    job_id = _job(db, photos)
    value = {"job": str(job_id), "host": "Pictures.example", "series": str(_series(db, [job_id]))}[by]
    before = _counts(db)
    with db.read() as session:
        plan = plan_retention(session, RetentionOptions(by=by, value=value))
    assert (plan.due, plan.kept_dataset, plan.kept_newer, plan.in_folders) == (3, 1, 0, 0)
    done = _run(db, settings, by=by, value=value)
    assert (done.state, done.steps_done, done.steps_found) == (JobState.DONE, 3, 3)
    assert _shown(db, settings) == [True, False, False, False]
    assert _counts(db) == before
    with db.read() as session:
        survey = session.get_one(Job, job_id)
        assert (survey.photos_done, survey.faces_with_mask) == (4, 8)
        assert plan_retention(session, RetentionOptions(by=by, value=value)).erased == 3
        with pytest.raises(InputError) as refused:
            read_photo_bytes(session, settings, session.get_one(Photo, photos[1].id))
    assert refused.value.code == "photo_erased"


def _series(db: Database, job_ids: list[int]) -> int:
    with db.write() as session:
        now = read_clock(session)
        schedule = Schedule(title="Daily", kind="predict", options={}, cron="@daily", time_zone="UTC",
                            overlap=Overlap.SKIP, next_at=now, created_at=now)  # fmt: skip
        session.add(schedule)
        session.flush()
        session.add_all(
            ScheduleRun(schedule_id=schedule.id, planned_at=now + timedelta(days=n), state=RunState.STARTED,
                        job_id=job_id, created_at=now)
            for n, job_id in enumerate(job_ids)
        )  # fmt: skip
        return schedule.id


def test_photos_of_datasets_go_if_asked(db: Database, settings: Settings, photos: list[Photo]) -> None:
    _run(db, settings, by="job", value=str(_job(db, photos)), datasets=True)
    assert _shown(db, settings) == [False] * 4


@pytest.mark.parametrize("age", [timedelta(days=3), None], ids=["newer", "unfinished"])
def test_a_photo_of_a_newer_job_stays(
    db: Database, settings: Settings, photos: list[Photo], age: timedelta | None
) -> None:
    job_id = _job(db, photos)
    _job(db, [photos[1]], age)
    _run(db, settings, by="job", value=str(job_id))
    assert _shown(db, settings) == [True, True, False, False]


def test_a_photo_that_was_uploaded_again_stays(db: Database, settings: Settings, photos: list[Photo]) -> None:
    """The job of the upload may not be requested yet."""
    job_id = _job(db, photos)
    os.utime(_stored(settings, photos[2]))
    done = _run(db, settings, by="job", value=str(job_id))
    assert _shown(db, settings) == [True, False, True, False]
    assert (done.state, done.steps_done, done.steps_found) == (JobState.DONE, 2, 2)


def test_nothing_is_due_before_its_days(db: Database, settings: Settings, photos: list[Photo]) -> None:
    done = _run(db, settings, by="job", value=str(_job(db, photos)), days=41)
    assert _shown(db, settings) == [True] * 4
    assert done.state is JobState.DONE


def test_reports_with_pictures_go_and_tables_stay(
    db: Database, settings: Settings, photos: list[Photo]
) -> None:
    job_id = _job(db, photos)
    folder = settings.data / "reports" / str(job_id)
    folder.mkdir(parents=True)
    with db.write() as session:
        for fmt in (ReportFormat.FACES_CSV, ReportFormat.ANNOTATED_ZIP):
            (folder / fmt.value).write_text("old")
            session.add(Report(job_id=job_id, format=fmt, state=ReportState.READY, rows=0,
                               path=f"{job_id}/{fmt.value}", created_at=read_clock(session)))  # fmt: skip
    _run(db, settings, by="job", value=str(job_id))
    assert [path.name for path in folder.iterdir()] == ["faces.csv"]
    with db.read() as session:
        assert list(session.scalars(select(Report.format))) == [ReportFormat.FACES_CSV]


def _add_report(db: Database, settings: Settings, job_id: int, fmt: ReportFormat) -> Path:
    path = settings.data / "reports" / str(job_id) / fmt.value
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("old")
    with db.write() as session:
        session.add(Report(job_id=job_id, format=fmt, state=ReportState.READY, rows=0,
                           path=f"{job_id}/{fmt.value}", created_at=read_clock(session)))  # fmt: skip
    return path


@pytest.mark.parametrize("state", [JobState.CANCELLED, JobState.FAILED])
def test_pages_of_a_job_that_was_done_before_and_was_retried_go_too(
    db: Database, settings: Settings, photos: list[Photo], state: JobState
) -> None:
    job_id = _job(db, photos)
    page = _add_report(db, settings, job_id, ReportFormat.HTML)
    with db.write() as session:
        session.get_one(Job, job_id).state = state
    _run(db, settings, by="job", value=str(job_id))
    assert not page.exists()
    with db.read() as session:
        assert session.scalars(select(Report)).all() == []
        assert session.get_one(Job, job_id).state is state


def test_the_page_that_is_written_again_covers_what_the_newest_covered(
    db: Database, settings: Settings, photos: list[Photo]
) -> None:
    job_id = _job(db, photos)
    _add_report(db, settings, job_id, ReportFormat.HTML)
    with db.write() as session:
        session.execute(update(Report).values(anonymise="face"))
        assert renew_pictures(session, settings, job_id)
        again = session.scalars(select(Report)).one()
    assert (again.state, again.number, again.anonymise) == (ReportState.WAITING, 2, "face")


def test_it_waits_for_a_report_that_is_being_written(
    db: Database, settings: Settings, photos: list[Photo]
) -> None:
    """Whoever writes it may have read the pictures before they went."""
    job_id = _job(db, photos)
    page = _add_report(db, settings, job_id, ReportFormat.ANNOTATED_ZIP)
    with db.write() as session:
        now = read_clock(session)
        session.add(
            Batch(
                job_id=job_id,
                kind="report",
                sequence=1,
                payload={"report_ids": [1]},
                token="t",
                state=BatchState.LEASED,
                not_before=now,
                lease_until=now + _OLD,
            )
        )
    waiting = _run(db, settings, by="job", value=str(job_id))
    assert (waiting.state, page.exists()) == (JobState.RUNNING, True)
    with db.write() as session:
        session.execute(update(Batch).where(Batch.kind == "report").values(state=BatchState.DONE))
        session.execute(update(Batch).where(Batch.kind == "erase").values(not_before=read_clock(session)))
    run_batches(db, settings, HANDLERS, job_id=waiting.id)
    with db.read() as session:
        assert session.get_one(Job, waiting.id).state is JobState.DONE
    assert not page.exists()


def _upload(db: Database, settings: Settings, job_id: int, names: list[str]) -> dict[str, Path]:
    """Files of an upload that the job has read, stored 40 days ago."""
    store, paths = PhotoStore(settings.data / "photos"), {}
    with db.write() as session:
        upload = open_upload(session, None)
        session.get_one(Job, job_id).options = {"upload_id": upload.id}
        for ordinal, name in enumerate(names):
            stored = store.put(io.BytesIO(name.encode()), max_bytes=100)
            paths[name] = stored.path
            os.utime(stored.path, (time.time() - _OLD.total_seconds(),) * 2)
            session.add(UploadFile(upload_id=upload.id, ordinal=ordinal, locator=name.encode(), name=name,
                                   sha256=stored.sha256, bytes=stored.bytes))  # fmt: skip
    return paths


@pytest.mark.parametrize("by", ["job", "host"])
def test_the_zip_that_brought_the_photos_goes_too(
    db: Database, settings: Settings, photos: list[Photo], by: str
) -> None:
    """Else its pictures would stay in the photo store, and a job run again would bring them back."""
    job_id = _job(db, photos)
    paths = _upload(db, settings, job_id, ["street.zip", "damaged.jpg"])
    _run(db, settings, by=by, value=str(job_id) if by == "job" else "pictures.example")
    assert not paths["street.zip"].exists()
    assert paths["damaged.jpg"].exists() == (by == "host"), "no host has what could not be read"
    with db.write() as session, pytest.raises(InputError) as error:
        start_job(session, request_like(session.get_one(Job, job_id), account_id=None), settings)
    assert error.value.code == "upload_files_missing"


@pytest.mark.parametrize("reason", ["a job that has not ended", "a newer job", "sent again"])
def test_a_zip_that_is_still_needed_stays(
    db: Database, settings: Settings, photos: list[Photo], reason: str
) -> None:
    job_id = _job(db, photos)
    path = _upload(db, settings, job_id, ["street.zip"])["street.zip"]
    if reason == "sent again":
        os.utime(path)
    else:
        again = _job(db, [], None if reason == "a job that has not ended" else timedelta(days=1))
        with db.write() as session:
            session.get_one(Job, again).options = session.get_one(Job, job_id).options
    _run(db, settings, by="job", value=str(job_id))
    assert path.exists()
    assert _shown(db, settings) == [True, False, False, False]


def test_what_a_page_made_while_the_picture_went_goes_too(
    db: Database, settings: Settings, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    from workers import retention

    job_id = _job(db, photos)
    late = settings.data / "crops" / photos[1].sha256[:2] / f"{photos[1].sha256}-1-2-3-4-448.jpg"
    real = retention.erase_photos

    def page_is_faster(*given: object, **named: object) -> None:
        late.parent.mkdir(parents=True, exist_ok=True)
        late.write_bytes(b"face")
        real(*given, **named)

    monkeypatch.setattr(retention, "erase_photos", page_is_faster)
    _run(db, settings, by="job", value=str(job_id))
    assert not late.exists()


def test_trainings_lose_the_crops_of_pictures_that_go(
    db: Database, settings: Settings, photos: list[Photo]
) -> None:
    job_id = _job(db, photos)
    with db.write() as session:
        training = Job(kind="train", state=JobState.PAUSED, stage="fit", title="t", options={}, listed=True,
                       created_at=read_clock(session), dataset_id=1)  # fmt: skip
        session.add(training)
        session.flush()
    folder = training_folder(settings, training.id)
    folder.crops.write_bytes(b"pixels")
    _run(db, settings, by="job", value=str(job_id))
    assert folder.path.exists(), "its photo stays"
    _run(db, settings, by="job", value=str(job_id), datasets=True)
    assert not folder.path.exists()


def test_a_job_that_was_killed_goes_on(
    db: Database, settings: Settings, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies after the files of a slice are gone and before the rows say so."""
    from workers import retention

    job_id = _job(db, photos)
    monkeypatch.setattr(retention, "_SLICE", 1)
    real, calls = retention.erase_photos, []

    def dies_once(*given: object, **named: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*given, **named)

    monkeypatch.setattr(retention, "erase_photos", dies_once)
    with pytest.raises(KeyboardInterrupt):
        _run(db, settings, by="job", value=str(job_id))
    with db.write() as session:
        session.execute(update(Job).where(Job.kind == "retention").values(state=JobState.RUNNING))
        session.execute(
            update(Batch).where(Batch.state == BatchState.LEASED).values(state=BatchState.WAITING, token=None)
        )
    run_batches(db, settings, HANDLERS)
    assert _shown(db, settings) == [True, False, False, False]
    with db.read() as session:
        job = session.scalars(select(Job).where(Job.kind == "retention")).one()
    assert (job.state, job.steps_done, job.steps_found) == (JobState.DONE, 3, 3)


def test_later_jobs_over_the_library_leave_deleted_pictures_out(
    db: Database, settings: Settings, photos: list[Photo]
) -> None:
    """Their embeddings went too, so each duplicate job would list them again and count them as failed."""
    _run(db, settings, by="job", value=str(_job(db, photos)))
    wanted = without_embedding("n" * 64)
    with db.write() as session:
        job_id = request_extract(session, ExtractOptions(), account_id=None).id
    with db.write() as session:
        claim = claim_batch(session, worker="w", lease_seconds=60, kinds={"extract"}, job_id=job_id)
        assert claim is not None
        assert list_slice(session, claim, (wanted,), batch_photos=8) == 1
        assert list_slice(session, claim, (wanted,), batch_photos=8) == 0
        assert count_uncompared(session, "n" * 64) == 1
        assert count_unmeasured(session) == 1


def test_a_photo_in_a_folder_is_not_touched_and_not_shown(
    db: Database, settings: Settings, photos: list[Photo], tmp_path: Path
) -> None:
    job_id = _job(db, photos)
    mine = tmp_path / "mine.jpg"
    shutil.copyfile(_stored(settings, photos[3]), mine)
    with db.write() as session:
        session.get_one(Photo, photos[3].id).stored = False
    with db.read() as session:
        plan = plan_retention(session, RetentionOptions(by="job", value=str(job_id)))
    assert (plan.due, plan.in_folders) == (3, 1)
    _run(db, settings, by="job", value=str(job_id))
    assert mine.exists()


@pytest.mark.parametrize(
    "options",
    [{"by": "job", "value": ""}, {"by": "job", "value": "x"}, {"by": "host", "value": " "}],
)
def test_a_rule_that_names_nothing_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(InputError) as refused:
        RetentionOptions(**options)
    assert refused.value.code == "retention_invalid"
    with pytest.raises(InputError) as refused:
        RetentionOptions(by="job", value="1", days=0)
    assert refused.value.code == "option_invalid"

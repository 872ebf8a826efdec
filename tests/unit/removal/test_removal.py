"""Removals delete what the dry run shows, and nothing else."""

import io
import os
import re
from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import event, func, select, update

from core.database import Database, read_clock
from core.dedup.similar import SimilarPair
from core.dedup.store import save_embeddings, save_similar
from core.errors import InputError
from core.jobs.claim import Claim
from core.jobs.job_photos import save_outcome
from core.library.files.store import PhotoStore
from core.library.fingerprints.photo_hashes import Embedding
from core.library.uploads import open_upload
from core.predict.job_kind import PREDICT
from core.predict.report_stage import REPORT_STAGE
from core.removal.job_kind import request_removal
from core.removal.queries import get_takedown, plan_removal, read_feature_keys
from core.removal.target import Target
from core.settings import Settings
from core.training.features import FEATURES, FeatureCache
from models import (
    Base,
    Batch,
    BatchState,
    Dataset,
    DatasetFace,
    Decision,
    DuplicateGroup,
    DuplicateMember,
    Face,
    Job,
    JobEvent,
    JobPhoto,
    JobPhotoState,
    JobState,
    Label,
    Photo,
    PhotoEmbedding,
    Prediction,
    RemovedPhoto,
    SimilarPhotos,
    Source,
    TakedownBy,
    UploadFile,
)
from tests.duplicate_rows import add_group
from tests.provenance_rows import WebPhoto, add_source, remove
from workers.engine import run_batches
from workers.handlers import HANDLERS


def _add_job(db: Database, photos: list[Photo]) -> int:
    """A finished predict job over all photos."""
    with db.write() as session:
        job = Job(
            kind=PREDICT.name,
            state=JobState.DONE,
            stage=REPORT_STAGE.name,
            title="Survey",
            listed=True,
            options={"folder": "/photos"},
            created_at=read_clock(session),
            photos_found=len(photos),
            photos_done=len(photos),
            faces_with_mask=2 * len(photos),
            classifier_version_id=1,
            detector_key="yunet",
        )
        session.add(job)
        session.flush()
        session.add_all(
            JobPhoto(
                job_id=job.id,
                position=n,
                locator=b"ann%d.jpg" % n,
                name=f"ann{n}.jpg",
                photo_id=photo.id,
                state=JobPhotoState.DONE,
                faces=2,
                with_mask=2,
                least_confidence=0.9,
                objects_left_out=1,
            )
            for n, photo in enumerate(photos)
        )
        return job.id


def _count(db: Database, table: type[Base]) -> int:
    with db.read() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


_HOST = Target(by=TakedownBy.HOST, value="Pictures.example ")


def test_a_dry_run_counts_and_changes_nothing(db: Database, photos: list[Photo]) -> None:
    with db.read() as session:
        plan = plan_removal(session, _HOST)
    assert (plan.photos, plan.faces, plan.predictions, plan.shared, plan.spared) == (3, 6, 6, 1, 0)
    assert plan.decisions == Counter({Label.WITH_MASK: 3, Label.INCORRECT: 3})
    (loss,) = plan.datasets
    assert (loss.faces, [version.name for version in loss.versions]) == (2, ["test"])
    assert [photo.id for photo in plan.shown] == sorted((p.id for p in photos[:3]), reverse=True)
    assert _count(db, Photo) == 4


def test_everything_derived_is_deleted_and_counted(
    db: Database, settings: Settings, photos: list[Photo]
) -> None:
    job_id = remove(db, settings, _HOST)
    with db.read() as session:
        takedown = get_takedown(session, job_id)
        job = session.get_one(Job, job_id)
        assert session.get_one(Dataset, 1).faces_removed == 2
        assert set(session.scalars(select(RemovedPhoto.sha256))) == {photo.sha256 for photo in photos[:3]}
    assert (job.state, job.steps_done, job.steps_found) == (JobState.DONE, 3, 3)
    assert (takedown.photos, takedown.faces, takedown.predictions) == (3, 6, 6)
    assert takedown.decisions == {"with_mask": 3, "incorrect": 3}
    assert (takedown.datasets, takedown.reason) == ({"1": 2}, "The owner asked.")
    left = {table: _count(db, table) for table in (Photo, Source, Face, Prediction, Decision, DatasetFace)}
    assert left == {Photo: 1, Source: 1, Face: 2, Prediction: 2, Decision: 2, DatasetFace: 2}
    files = {path.name for path in settings.data.rglob("*") if path.is_file() and "sqlite" not in path.name}
    kept = photos[3].sha256
    assert files == {kept, f"{kept}-480.jpg", f"{kept}-1-2-3-4-112.jpg"}


def test_photos_hidden_by_a_removed_one_are_shown_again(
    db: Database, settings: Settings, photos: list[Photo]
) -> None:
    pair = sorted((photos[0].id, photos[3].id))
    with db.write() as session:
        add_group(session, photos[0].id, photos[3].id)
        save_embeddings(session, "network", dict.fromkeys(pair, Embedding(vector=b"numbers")))
        save_similar(session, [SimilarPair(first_id=pair[0], second_id=pair[1], cosine=0.8)])
    remove(db, settings, Target(by=TakedownBy.PHOTO, value=str(photos[0].id)))
    with db.read() as session:
        left = session.get_one(Photo, photos[3].id)
    assert (left.hidden, left.compared_at) == (False, None)
    assert (_count(db, DuplicateGroup), _count(db, DuplicateMember)) == (0, 0)
    assert (_count(db, PhotoEmbedding), _count(db, SimilarPhotos)) == (1, 0)


def test_a_group_that_loses_a_hidden_photo_keeps_the_others(
    db: Database, settings: Settings, photos: list[Photo]
) -> None:
    with db.write() as session:
        group_id = add_group(session, photos[0].id, photos[1].id, photos[3].id)
    remove(db, settings, Target(by=TakedownBy.PHOTO, value=str(photos[1].id)))
    with db.read() as session:
        assert session.get_one(DuplicateGroup, group_id).photos == 2
        assert session.get_one(Photo, photos[3].id).hidden


def test_the_features_of_its_faces_are_deleted(db: Database, settings: Settings, photos: list[Photo]) -> None:
    cache = FeatureCache(settings.data / "features" / "backbone.sqlite")
    with db.read() as session:
        gone, kept = (read_feature_keys(session, [photo.id]) for photo in (photos[0], photos[3]))
    cache.put([*gone, *kept], np.zeros((len(gone) + len(kept), FEATURES)))
    remove(db, settings, Target(by=TakedownBy.PHOTO, value=str(photos[0].id)))
    assert gone and cache.known([*gone, *kept]) == set(kept)


def test_jobs_agree_with_their_rows_and_write_their_reports_again(
    db: Database, settings: Settings, photos: list[Photo]
) -> None:
    reading = _add_job(db, photos)
    with db.write() as session:
        from core.results.reports.request import request_report
        from models import ReportFormat

        for fmt in (ReportFormat.PHOTOS_CSV, ReportFormat.ANNOTATED_ZIP):
            session.get_one(Job, reading).state = JobState.DONE
            request_report(session, reading, fmt)
    run_batches(db, settings, {REPORT_STAGE.name: HANDLERS[REPORT_STAGE.name]}, job_id=reading)
    report = settings.data / "reports" / str(reading) / "photos.csv"
    assert b"ann0.jpg" in report.read_bytes()
    remove(db, settings, _HOST)
    assert list(report.parent.parent.rglob("*.*")) == []
    run_batches(db, settings, HANDLERS, job_id=reading)
    with db.read() as session:
        job = session.get_one(Job, reading)
        rows = session.scalars(
            select(JobPhoto).where(JobPhoto.job_id == reading).order_by(JobPhoto.position)
        ).all()
    assert (job.state, job.photos_done, job.photos_failed, job.faces_with_mask) == (JobState.DONE, 1, 3, 2)
    assert [row.error_code for row in rows] == ["photo_removed"] * 3 + [None]
    assert [row.objects_left_out for row in rows] == [0, 0, 0, 1]
    # The next number; the writing that named the removed photos is gone, with all others.
    again = report.parent / "2" / "photos.csv"
    text = again.read_bytes()
    assert b"ann3.jpg" in text and b"ann0.jpg" not in text
    assert [path for path in report.parent.rglob("*") if path.is_file()] == [again]


def test_it_waits_for_a_report_that_is_being_written(
    db: Database, settings: Settings, photos: list[Photo]
) -> None:
    """Whoever writes it may have read the photo before it went."""
    job_id = _add_job(db, photos)
    with db.write() as session:
        now = read_clock(session)
        session.get_one(Job, job_id).state = JobState.RUNNING
        report = Batch(job_id=job_id, kind="report", sequence=1, payload={"report_ids": [1]}, token="t",
                       state=BatchState.LEASED, not_before=now, lease_until=now + timedelta(1))  # fmt: skip
        session.add(report)
    page = settings.data / "reports" / str(job_id) / "report.html"
    page.parent.mkdir(parents=True)
    page.write_text("ann0.jpg")
    removal = remove(db, settings, Target(by=TakedownBy.PHOTO, value=str(photos[0].id)))
    assert page.exists()
    with db.write() as session:
        assert session.get_one(Job, removal).state is JobState.RUNNING
        session.execute(update(Batch).where(Batch.kind == "report").values(state=BatchState.DONE))
        session.execute(update(Batch).where(Batch.kind == "remove").values(not_before=read_clock(session)))
    run_batches(db, settings, HANDLERS, job_id=removal)
    assert not page.exists()
    with db.read() as session:
        assert session.get_one(Job, removal).state is JobState.DONE


def test_the_zip_that_brought_a_photo_goes_too(db: Database, settings: Settings, photos: list[Photo]) -> None:
    """The other photos of the zip have copies of their own."""
    job_id, store = _add_job(db, photos), PhotoStore(settings.data / "photos")
    stored = store.put(io.BytesIO(b"street.zip"), max_bytes=100)
    os.utime(stored.path, (0, 0))
    with db.write() as session:
        upload, job = open_upload(session, None), session.get_one(Job, job_id)
        job.options, job.state, job.finished_at = {"upload_id": upload.id}, JobState.DONE, read_clock(session)
        session.add(UploadFile(upload_id=upload.id, ordinal=0, locator=b"street.zip", name="street.zip",
                               sha256=stored.sha256, bytes=stored.bytes))  # fmt: skip
    remove(db, settings, Target(by=TakedownBy.PHOTO, value=str(photos[0].id)))
    assert not stored.path.exists()
    assert [store.path_of(photo.sha256).exists() for photo in photos] == [False, True, True, True]


@pytest.mark.parametrize("state", JobPhotoState)
def test_counters_follow_the_state_that_the_row_had(
    db: Database, settings: Settings, photos: list[Photo], state: JobPhotoState
) -> None:
    """A photo that waits or failed in an unfinished job was never counted as done."""
    reading = _add_job(db, photos)
    with db.write() as session:
        job = session.get_one(Job, reading)
        row = session.scalars(select(JobPhoto).where(JobPhoto.photo_id == photos[0].id)).one()
        row.state = state
        job.state, job.photos_without_face = JobState.RUNNING, 1
        if state is not JobPhotoState.DONE:
            row.faces = row.with_mask = 0
            job.faces_with_mask -= 2
            job.photos_done -= 1
            job.photos_failed += state is JobPhotoState.FAILED
    remove(db, settings, Target(by=TakedownBy.PHOTO, value=str(photos[0].id)))
    with db.read() as session:
        job = session.get_one(Job, reading)
    assert (job.photos_done, job.photos_failed) == (3, 1)
    assert (job.photos_without_face, job.faces_with_mask) == (1, 6)


def test_a_batch_that_read_the_photo_before_does_not_count_it(db: Database, photos: list[Photo]) -> None:
    reading = _add_job(db, photos)
    claim = Claim(
        batch_id=1,
        job_id=reading,
        kind="hash",
        token="t",
        attempts=1,
        sequence=1,
        first_position=0,
        last_position=3,
        payload={},
    )
    with db.write() as session:
        session.execute(update(JobPhoto).values(state=JobPhotoState.FAILED))
        session.execute(update(JobPhoto).where(JobPhoto.position == 3).values(state=JobPhotoState.WAITING))
        session.execute(update(Job).values(photos_done=0, photos_failed=3))
        save_outcome(session, claim, faces={2: 1, 3: 1}, failed={1: ("not_an_image", "No photo.")})
    with db.read() as session:
        job = session.get_one(Job, reading)
    assert (job.photos_done, job.photos_failed) == (1, 3)


def test_an_interrupted_removal_continues(
    db: Database, settings: Settings, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after deleting the files of a slice, before deleting its rows."""

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr("workers.removal._SLICE", 1)
    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr("workers.removal.remove_photos", die)
        remove(db, settings, _HOST)
    with db.write() as session:
        from core.jobs.finish import release_all

        release_all(session)
        job_id = session.scalars(select(Job.id)).one()
    run_batches(db, settings, HANDLERS, job_id=job_id)
    with db.read() as session:
        assert get_takedown(session, job_id).photos == 3
    assert _count(db, Photo) == 1


def test_every_way_of_naming_photos(db: Database, photos: list[Photo], subtests: pytest.Subtests) -> None:
    for by, value, gone in (
        ("phrase", "crowd", 1),
        ("page", "https://news.example/story#top", 3),
        ("page", "https://other.example/9.jpg", 1),
        ("host", "news.example", 4),
        ("photo", "2", 1),
    ):
        with subtests.test(by=by, value=value), db.read() as session:
            assert plan_removal(session, Target.read(by, value)).photos == gone


@pytest.mark.parametrize(
    ("by", "value", "spares", "gone", "spared"),
    [
        ("phrase", "crowd", None, 1, 1),
        ("phrase", "crowd", False, 2, 0),
        ("phrase", "face mask", None, 2, 1),
        ("host", "pictures.example", True, 2, 1),
        ("host", "news.example", True, 4, 0),
        ("photo", "1", True, 1, 0),
    ],
)
def test_photos_with_another_source_stay_if_the_target_says_so(
    db: Database,
    settings: Settings,
    photos: list[Photo],
    by: str,
    value: str,
    spares: bool | None,
    gone: int,
    spared: int,
) -> None:
    target = Target.read(by, value, spares=spares)
    with db.read() as session:
        plan = plan_removal(session, target)
    assert (plan.photos, plan.spared) == (gone, spared)
    job_id = remove(db, settings, target)
    assert _count(db, Photo) == len(photos) - gone
    with db.read() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.steps_done, job.steps_found) == (JobState.DONE, gone + spared, gone + spared)
        assert not session.scalars(select(Source.id).where(target.names(Source))).all()
        line = select(JobEvent.message).where(JobEvent.event == "photos_spared")
        assert len(session.scalars(line).all()) == bool(spared)
        bare = select(Photo.id).where(~select(Source.id).where(Source.photo_id == Photo.id).exists())
        assert not session.scalars(bare).all(), "photos that stay keep a source"


def test_few_and_many_photos_are_counted_alike(
    db: Database, photos: list[Photo], subtests: pytest.Subtests, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.read() as session:
        for by, value in (("host", "pictures.example"), ("phrase", "crowd"), ("photo", "1")):
            target = Target.read(by, value)
            expected = plan_removal(session, target)
            for most in (0, 1, 20_000):
                with subtests.test(by=by, most=most), monkeypatch.context() as patched:
                    patched.setattr("core.removal.queries._MOST_LISTED", most)
                    assert plan_removal(session, target) == expected


def test_a_request_counts_photos_alone_while_it_holds_the_lock_of_the_database(
    db: Database, photos: list[Photo]
) -> None:
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with db.write() as session:
        request_removal(session, _HOST, account_id=None)
    assert not [text for text in asked if re.search(r"FROM (prediction|decision|dataset_face|face)\b", text)]


def test_a_phrase_that_found_no_photo_alone_only_loses_its_sources(
    db: Database, settings: Settings, photos: list[Photo]
) -> None:
    with db.write() as session:
        add_source(session, photos[1], WebPhoto(number=1, phrase="street"))
    target = Target.read("phrase", "street")
    with db.read() as session:
        plan = plan_removal(session, target)
    assert (plan.photos, plan.spared) == (0, 1)
    remove(db, settings, target)
    with db.read() as session:
        left = session.scalars(select(Source.phrase).where(Source.photo_id == photos[1].id)).all()
    assert (_count(db, Photo), left) == (4, ["face mask"])


def test_what_cannot_be_removed(db: Database, subtests: pytest.Subtests) -> None:
    for by, value, code in (
        ("photo", "x", "removal_invalid"),
        ("person", "Ann", "removal_invalid"),
        ("host", " ", "removal_invalid"),
        ("page", "ftp://a.example/", "address_not_http"),
        ("host", "nobody.example", "nothing_to_remove"),
    ):
        with subtests.test(by=by, value=value):
            with pytest.raises(InputError) as refused, db.write() as session:
                request_removal(session, Target.read(by, value), account_id=None)
            assert refused.value.code == code

"""Duplicate and extract jobs over real files, on both databases, with kills in between."""

import shutil
from pathlib import Path

import cv2
import imagehash
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, update

from core.database import Database
from core.dedup.job_kind import DEDUP, DedupOptions, request_dedup
from core.jobs.actions import cancel_job, continue_job, retry_job
from core.jobs.claim import claim_batch
from core.jobs.tick import return_expired
from core.library.fingerprints.photo_hashes import distance
from core.predict.extract.job_kind import ExtractOptions, request_extract
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from models import (
    Batch,
    BatchState,
    DuplicateGroup,
    DuplicateMember,
    Extraction,
    Face,
    Job,
    JobPhoto,
    JobState,
    Likeness,
    Photo,
)
from workers.engine import run_batches, run_claim
from workers.handlers import HANDLERS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portrait four times (whole, small, as PNG of the same pixels, mirrored) and something else."""
    place = tmp_path_factory.mktemp("photos")
    whole = ROOT / "core" / "samples" / "astronaut.jpg"
    shutil.copy(whole, place / "whole.jpg")
    with Image.open(whole) as image:
        image.resize((image.width // 3, image.height // 3)).save(place / "small.jpg", quality=70)
        image.save(place / "whole.png")
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(place / "mirrored.jpg")
    rng = np.random.default_rng(1)
    cv2.imwrite(str(place / "other.png"), cv2.resize(rng.integers(0, 255, (9, 9, 3), np.uint8), (300, 200)))
    (place / "damaged.jpg").write_bytes(whole.read_bytes()[:3000])
    return place


def predict(db: Database, settings: Settings, folder: Path, *, then_duplicates: bool = False) -> int:
    settings.data.mkdir(exist_ok=True)
    options = PredictOptions(folder=str(folder), follow_up=("dedup",) if then_duplicates else ())
    with db.write() as session:
        return request_predict(session, options, account_id=1, roots=[folder]).id


def request_duplicates(db: Database, **options: float) -> int:
    with db.write() as session:
        return request_dedup(session, DedupOptions(**options), account_id=1).id


def allow(settings: Settings, folder: Path) -> Settings:

    return settings.with_changes(allowed_roots=f"{settings.allowed_roots}:{folder}")


def finish(db: Database, settings: Settings, job_id: int | None = None) -> None:
    run_batches(db, settings, HANDLERS, job_id=job_id)


def job_of(db: Database, job_id: int) -> Job:
    with db.read() as session:
        return session.get_one(Job, job_id)


def named(db: Database) -> dict[str, Photo]:
    with db.read() as session:
        rows = session.execute(select(JobPhoto.name, Photo).join(Photo, Photo.id == JobPhoto.photo_id))
        return {Path(name).name: photo for name, photo in rows}


def likenesses(db: Database) -> dict[str, Likeness]:
    photos = {photo.id: name for name, photo in named(db).items()}
    with db.read() as session:
        return {photos[m.photo_id]: m.likeness for m in session.scalars(select(DuplicateMember))}


TWINS = {"whole.png": Likeness.KEPT, "whole.jpg": Likeness.PIXELS, "small.jpg": Likeness.NEAR}


def test_photos_are_hashed_from_the_decode_that_detection_makes(
    db: Database, ready: Settings, folder: Path
) -> None:
    predict(db, ready, folder, then_duplicates=True)
    finish(db, ready)
    photos = named(db)
    assert set(photos) == {"whole.jpg", "small.jpg", "whole.png", "mirrored.jpg", "other.png"}
    with Image.open(folder / "whole.jpg") as image:
        bits = np.packbits(imagehash.phash(image).hash).tobytes()
    assert photos["whole.jpg"].phash == int.from_bytes(bits, "big", signed=True)
    assert all(photo.pixel_hash for photo in photos.values())
    with db.read() as session:
        job = session.scalars(select(Job).where(Job.kind == DEDUP.name)).one()
        face = session.scalars(select(Face).where(Face.photo_id == photos["whole.jpg"].id)).first()
    assert (job.state, job.error_message, job.steps_done) == (JobState.DONE, None, 5)
    assert job.photos_found == 0
    assert likenesses(db) == TWINS
    assert face is not None and face.blur and face.brightness and face.phash and face.dhash


def test_older_photos_are_hashed_reduced_and_at_full_scale_if_they_have_twins(
    db: Database, ready: Settings, folder: Path
) -> None:
    predict(db, ready, folder)
    finish(db, ready)
    exact = named(db)
    with db.write() as session:
        session.execute(update(Photo).values(phash=None, dhash=None, pixel_hash=None))
    job_id = request_duplicates(db, accept_above=0.9)
    finish(db, allow(ready, folder))
    job = job_of(db, job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 5, 0)
    assert (job.steps_done, job.steps_found) == (10, 10)
    assert likenesses(db) == TWINS
    for name, photo in named(db).items():
        assert distance(photo.phash or 0, exact[name].phash or 0) <= 4, name
        assert photo.pixel_hash in (None, exact[name].pixel_hash)
        assert photo.hidden == (name in ("whole.jpg", "small.jpg"))
    with db.read() as session:
        group = session.scalars(select(DuplicateGroup)).one()
    assert group.account_id == 1


def test_a_photo_that_is_gone_fails_alone_and_is_hashed_by_a_retry(
    db: Database, ready: Settings, folder: Path, tmp_path: Path
) -> None:
    place = tmp_path / "copy"
    shutil.copytree(folder, place)
    predict(db, ready, place)
    finish(db, ready)
    with db.write() as session:
        session.execute(update(Photo).values(phash=None, dhash=None))
    (place / "small.jpg").rename(place / "away")
    job_id = request_duplicates(db)
    finish(db, ready)
    job = job_of(db, job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 4, 1)
    assert set(likenesses(db)) == {"whole.png", "whole.jpg"}
    (place / "away").rename(place / "small.jpg")
    with db.write() as session:
        retry_job(session, job_id)
    finish(db, ready)
    job = job_of(db, job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 5, 0)
    assert likenesses(db) == TWINS
    assert job.steps_done == job.steps_found


def test_killed_and_cancelled_batches_leave_each_photo_once(
    db: Database, ready: Settings, folder: Path
) -> None:
    predict(db, ready, folder)
    finish(db, ready)
    with db.write() as session:
        session.execute(update(Photo).values(phash=None, dhash=None))
    settings = allow(ready, folder)
    job_id = request_duplicates(db)
    killed: set[str] = set()
    while job_of(db, job_id).state in (JobState.WAITING, JobState.RUNNING):
        with db.write() as session:
            claim = claim_batch(session, worker="w", lease_seconds=60, kinds=list(HANDLERS), job_id=job_id)
        assert claim is not None
        lost = (claim.kind, claim.first_position is None)
        if lost not in killed:
            killed.add(lost)
            with db.write() as session:
                session.execute(update(Batch).values(lease_until=Batch.claimed_at))
                return_expired(session, max_attempts=3)
        run_claim(db, settings, HANDLERS[claim.kind], claim)
    assert len(killed) == 3
    job = job_of(db, job_id)
    assert (job.state, job.photos_done, job.steps_done) == (JobState.DONE, 5, 10)
    assert likenesses(db) == TWINS
    with db.read() as session:
        states = set(session.scalars(select(Batch.state).where(Batch.job_id == job_id)))
    assert states == {BatchState.DONE}


def test_a_cancelled_job_goes_on(db: Database, ready: Settings, folder: Path) -> None:
    predict(db, ready, folder)
    finish(db, ready)
    job_id = request_duplicates(db)
    with db.write() as session:
        cancel_job(session, job_id)
    finish(db, ready)
    assert likenesses(db) == {}
    with db.write() as session:
        continue_job(session, job_id)
    finish(db, ready)
    assert (job_of(db, job_id).state, likenesses(db)) == (JobState.DONE, TWINS)


def test_extraction_finds_what_prediction_finds_and_only_once(
    db: Database, ready: Settings, folder: Path
) -> None:
    predict(db, ready, folder)
    finish(db, ready)
    with db.read() as session:
        wanted = session.execute(
            select(Face.photo_id, Face.x1, Face.blur, Face.phash).order_by(Face.id)
        ).all()
    with db.write() as session:
        for table in (Face, Extraction):
            session.query(table).delete()
        session.execute(update(Photo).values(phash=None, dhash=None, pixel_hash=None))
        session.execute(update(Photo).where(Photo.format == "PNG", Photo.width == 300).values(hidden=True))
        first = request_extract(session, ExtractOptions(), account_id=1).id
    settings = allow(ready, folder)
    finish(db, settings)
    job = job_of(db, first)
    assert (job.state, job.error_message, job.photos_done) == (JobState.DONE, None, 4)
    assert job.photos_without_face == 0
    with db.read() as session:
        found = session.execute(select(Face.photo_id, Face.x1, Face.blur, Face.phash).order_by(Face.id)).all()
        hashed = set(session.scalars(select(Photo.id).where(Photo.pixel_hash.is_not(None))))
    assert sorted(found) == sorted(wanted)
    assert hashed == {photo.id for name, photo in named(db).items() if name != "other.png"}
    with db.write() as session:
        again = request_extract(session, ExtractOptions(leave_out_hidden=False), account_id=1).id
    finish(db, settings)
    job = job_of(db, again)
    assert (job.state, job.photos_done, job.photos_without_face) == (JobState.DONE, 1, 1)
    with db.write() as session:
        session.query(Extraction).delete()
        options = ExtractOptions(leave_out_hidden=False, job_id=again)
        of_job = request_extract(session, options, account_id=1).id
    finish(db, settings)
    assert job_of(db, of_job).photos_done == 1, "the other photos are not that job's"

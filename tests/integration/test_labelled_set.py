"""A labelled set from import to dataset to evaluation, with killed workers."""

import io
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image
from PIL.ExifTags import Base
from sqlalchemy import func, select

from core.database import Database
from core.datasets.importing.job_kind import ImportOptions, request_import
from core.datasets.importing.queries import read_summary
from core.datasets.job_kind import FreezeJobOptions, request_freeze
from core.datasets.options import FreezeOptions
from core.evaluation.job_kind import request_evaluation
from core.evaluation.queries import find_evaluation
from core.jobs.actions import cancel_job, pause_job, resume_job
from core.jobs.finish import release_all
from core.library.files.store import photo_store
from core.library.uploads import open_upload, store_file
from core.settings import Settings
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped
from models import (
    Dataset,
    DatasetFace,
    Decision,
    Face,
    Job,
    JobPhoto,
    JobState,
    Label,
    Photo,
    Prediction,
    Split,
)
from tests.forked import fork_drain, kill
from tests.labelled_set import make_set, pack
from tests.stored_upload import add_file
from workers.engine import run_batches
from workers.handlers import HANDLERS


@pytest.fixture
def small_batches(ready: Settings) -> Settings:
    return ready.with_changes(batch_photos=3)


@pytest.fixture(scope="session")
def labelled_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_set(tmp_path_factory.mktemp("set"), each=8, boxed=4)


def ask(db: Database, options: ImportOptions, root: Path) -> int:
    with db.write() as session:
        return request_import(session, options, account_id=1, roots=[root]).id


def work(db: Database, settings: Settings) -> None:
    run_batches(db, settings, HANDLERS)


def job_of(db: Database, job_id: int) -> Job:
    with db.read() as session:
        return session.get_one(Job, job_id)


def decided(db: Database) -> Counter:
    """Decisions by label and kind of mask."""
    with db.read() as session:
        return Counter((d.label, d.mask_kind) for d in session.scalars(select(Decision)))


def check_set(db: Database) -> None:
    """Every label once: the boxed photos give a found face and a drawn one."""
    labels = decided(db)
    labels.pop((Label.NOT_A_FACE, None), None)
    assert labels == {
        (Label.WITH_MASK, "n95"): 8,
        (Label.WITH_MASK, None): 4,
        (Label.WITHOUT_MASK, None): 8,
        (Label.INCORRECT, None): 8 + 4,
    }
    with db.read() as session:
        drawn = session.scalars(select(func.count()).where(Face.detector_key == "drawn")).one()
        faces = session.scalars(
            select(Face).join(Decision, Decision.face_id == Face.id).where(Face.phash.is_(None))
        ).all()
        hashed = session.scalars(select(func.count()).where(Photo.phash.is_not(None))).one()
    assert (drawn, faces, hashed) == (4, [], 8 * 3 + 4 + 2)


def freeze(db: Database, settings: Settings, *, golden: bool = False) -> Dataset:
    options = FreezeJobOptions(freeze=FreezeOptions(), golden=golden)
    with db.write() as session:
        job_id = request_freeze(session, options, title="frozen", account_id=1).id
    work(db, settings)
    job = job_of(db, job_id)
    assert (job.state, job.error_message) == (JobState.DONE, None)
    with db.read() as session:
        return session.get_one(Dataset, job.dataset_id)


def test_from_a_folder_to_metrics(
    db: Database, small_batches: Settings, labelled_set: Path, tmp_path: Path
) -> None:
    settings = small_batches.with_changes(allowed_roots=str(labelled_set))
    job_id = ask(db, ImportOptions(folder=str(labelled_set)), labelled_set)
    work(db, settings)
    job = job_of(db, job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 30, 0)
    assert (job.faces_with_mask, job.faces_without_mask, job.faces_incorrect) == (12, 8, 12)
    check_set(db)
    before = decided(db)
    ask(db, ImportOptions(folder=str(labelled_set)), labelled_set)
    work(db, settings)
    assert decided(db) == before

    dataset = freeze(db, settings, golden=True)
    assert dataset.pinned_at is not None
    assert dataset.faces == sum(before.values())
    with db.write() as session:
        version_id = register_shipped(session, keep_shipped(version_files(settings))).id
        test = session.scalars(
            select(func.count()).where(DatasetFace.dataset_id == dataset.id, DatasetFace.split == Split.TEST)
        ).one()
        job_id = request_evaluation(session, dataset.id, [version_id], account_id=1).id
    work(db, settings)
    assert job_of(db, job_id).state is JobState.DONE, job_of(db, job_id).error_message
    with db.read() as session:
        evaluation = find_evaluation(session, version_id, dataset.id)
        assert evaluation is not None
        assert evaluation.faces == test > 0
        assert session.scalars(select(func.count()).select_from(Prediction)).one() == test


def test_the_same_set_as_a_zip(
    db: Database, small_batches: Settings, labelled_set: Path, tmp_path: Path
) -> None:
    packed = pack(labelled_set, tmp_path / "set.zip").read_bytes()
    stored = store_file(io.BytesIO(packed), b"set.zip", photo_store(small_batches), small_batches)
    with db.write() as session:
        upload = open_upload(session, 1)
        add_file(session, upload, raw_name=b"set.zip", stored=stored, settings=small_batches)
    job_id = ask(db, ImportOptions(upload_id=upload.id), tmp_path)
    work(db, small_batches)
    assert job_of(db, job_id).photos_done == 30
    check_set(db)


def test_killed_workers_lose_no_label_and_add_none_twice(
    db: Database, small_batches: Settings, labelled_set: Path
) -> None:
    """Two workers are killed, and others finish the job; a pause in between loses nothing."""
    settings = small_batches.with_changes(allowed_roots=str(labelled_set), lease_seconds=1.0, max_attempts=20)
    job_id = ask(db, ImportOptions(folder=str(labelled_set)), labelled_set)
    for _ in range(2):
        done = job_of(db, job_id).photos_done
        worker = fork_drain(settings, job_id)
        deadline = time.monotonic() + 60
        while job_of(db, job_id).photos_done == done and time.monotonic() < deadline:
            time.sleep(0.01)
        kill(worker)
        with db.write() as session:
            release_all(session)
            pause_job(session, job_id)
            resume_job(session, job_id)
    assert 0 < job_of(db, job_id).photos_done < 30
    work(db, settings)
    job = job_of(db, job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 30, 0)
    assert (job.faces_with_mask, job.faces_without_mask, job.faces_incorrect) == (12, 8, 12)
    check_set(db)


def test_a_set_without_labels_fails_with_a_message(
    db: Database, small_batches: Settings, labelled_set: Path
) -> None:
    folder = labelled_set / "photos" / "images"
    job_id = ask(db, ImportOptions(folder=str(folder)), labelled_set)
    work(db, small_batches)
    job = job_of(db, job_id)
    assert (job.state, job.error_code) == (JobState.FAILED, "no_labels")


def test_a_photo_without_a_label_fails_alone(
    db: Database, small_batches: Settings, labelled_set: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "with_mask").mkdir()
    some = (labelled_set / "crops" / "without_mask" / "1-0.jpg").read_bytes()
    (folder / "with_mask" / "good.jpg").write_bytes(some)
    (folder / "with_mask" / "cut.jpg").write_bytes(some[:2000])
    (folder / "unknown.jpg").write_bytes(some + b"1")
    (folder / "drawn.jpg").write_bytes(some + b"2")
    (folder / "drawn.xml").write_text("<annotation><object><name>scarf</name></object></annotation>")
    job_id = ask(db, ImportOptions(folder=str(folder)), tmp_path)
    work(db, small_batches)
    job = job_of(db, job_id)
    assert (job.state, job.photos_done, job.photos_failed) == (JobState.DONE, 1, 3)
    with db.read() as session:
        codes = dict(session.execute(select(JobPhoto.name, JobPhoto.error_code)).all())
    assert codes == {
        "drawn.jpg": "no_usable_box",
        "unknown.jpg": "label_unknown",
        "with_mask/cut.jpg": "photo_truncated",
        "with_mask/good.jpg": None,
    }
    assert decided(db) == {(Label.WITH_MASK, None): 1}


def test_boxes_drawn_on_the_picture_as_stored_label_the_face_that_is_found(
    db: Database, small_batches: Settings, labelled_set: Path, tmp_path: Path
) -> None:
    """The camera held upside down: the size of the annotated picture does not tell, but the detector does."""
    folder = tmp_path / "turned"
    folder.mkdir()
    upright = Image.open(labelled_set / "photos" / "images" / "0.jpg")
    exif = Image.Exif()
    exif[Base.Orientation] = 3
    upright.transpose(Image.Transpose.ROTATE_180).save(folder / "a.jpg", exif=exif)
    # The face of `make_set`, as it lies on the stored picture of 400 x 300 pixels.
    box = "<xmin>258</xmin><ymin>208</ymin><xmax>314</xmax><ymax>258</ymax>"
    size = "<size><width>400</width><height>300</height></size>"
    face = f"<object><name>with_mask</name><bndbox>{box}</bndbox></object>"
    (folder / "a.xml").write_text(f"<annotation>{size}{face}</annotation>")
    job_id = ask(db, ImportOptions(folder=str(folder)), tmp_path)
    work(db, small_batches)
    with db.read() as session:
        labelled = session.scalars(select(Face).join(Decision, Decision.face_id == Face.id)).one()
        assert read_summary(session, job_id).fitted[0][1] == 1
    assert labelled.detector_key != "drawn"
    assert 50 < (labelled.x1 + labelled.x2) / 2 < 180 and labelled.y2 < 150


def test_a_killed_freeze_continues_and_a_cancelled_one_leaves_nothing(
    db: Database, small_batches: Settings, labelled_set: Path
) -> None:
    """The photos have no hashes, as after a predict job; hashing is the long part of a freeze."""
    settings = small_batches.with_changes(allowed_roots=str(labelled_set))
    ask(db, ImportOptions(folder=str(labelled_set)), labelled_set)
    work(db, settings)
    with db.write() as session:
        for photo in session.scalars(select(Photo)):
            photo.phash = photo.dhash = None
        options = FreezeJobOptions(freeze=FreezeOptions())
        cancelled = request_freeze(session, options, title="cancelled", account_id=1).id
        cancel_job(session, cancelled)
        job_id = request_freeze(session, options, title="killed", account_id=1).id
    worker = fork_drain(settings, job_id)
    deadline = time.monotonic() + 60
    while job_of(db, job_id).steps_found == 0 and time.monotonic() < deadline:
        time.sleep(0.002)
    kill(worker)
    with db.write() as session:
        release_all(session)
    work(db, settings)
    assert job_of(db, job_id).state is JobState.DONE
    with db.read() as session:
        assert session.scalars(select(func.count()).select_from(Dataset)).one() == 1
        assert session.scalars(select(func.count()).where(Photo.phash.is_(None))).one() == 2

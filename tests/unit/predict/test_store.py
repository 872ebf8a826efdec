"""Saving results: once, whoever comes first, with counters equal to the rows."""

import pytest
from sqlalchemy import func, select, text

from core.database import Database
from core.detection.face import Box, DetectedFace, FoundFace
from core.jobs.claim import Claim, claim_batch
from core.jobs.finish import finish_batch
from core.jobs.lease import LeaseLost
from core.library.fingerprints.shot import Shot
from core.predict.job_faces import JobModels, read_job_faces
from core.predict.job_kind import PREDICT_STAGE
from core.predict.queries import is_known
from core.predict.report_stage import REPORT_STAGE
from core.predict.results import PhotoFailed, PhotoRead, PhotoResult
from core.predict.store import save_counters, save_results
from models import Face, Job, JobEvent, JobPhoto, JobPhotoState, Label, Photo, Prediction, Source
from tests.rows import add_predict_job, add_version

KEY = "yunet-test"


def face(*probabilities: float) -> DetectedFace:
    landmarks = ((1.0, 1.0), (2.0, 1.0), (1.5, 1.5), (1.0, 2.0), (2.0, 2.0))
    found = FoundFace(box=Box(x1=0, y1=0, x2=3, y2=3), landmarks=landmarks, score=0.9)
    return DetectedFace(found=found, probabilities=probabilities)


def read(position: int, sha: str, *faces: DetectedFace) -> PhotoRead:
    return PhotoRead(
        position=position, sha256=sha * 64, bytes=9, width=3, height=3, format="JPEG", faces=tuple(faces)
    )


def claim(db: Database) -> Claim:
    with db.write() as session:
        held = claim_batch(session, worker="w", lease_seconds=60, kinds=[PREDICT_STAGE.name])
    assert held is not None
    return held


def save(db: Database, held: Claim, results: list[PhotoResult], version: int, key: str = KEY) -> None:
    with db.write() as session:
        save_results(session, held, results, detector_key=key, classifier_version_id=version)
        finish_batch(session, held)


RESULTS = [
    read(0, "a", face(0.9, 0.05, 0.03, 0.02), face(0.1, 0.7, 0.1, 0.1)),
    read(1, "b", face(0.4, 0.35, 0.2, 0.05), face(0.0, 0.0, 0.1, 0.9)),
    PhotoFailed(position=2, code="photo_truncated", message="cut off"),
    read(3, "c"),
    read(4, "a", face(0.9, 0.05, 0.03, 0.02), face(0.1, 0.7, 0.1, 0.1)),
]


def test_rows_and_counters_of_a_batch(db: Database) -> None:
    version = add_version(db)
    job_id = add_predict_job(db, photos=5, batch_photos=5, folder="/photos")
    save(db, claim(db), list(RESULTS), version)
    with db.read() as session:
        job = session.get_one(Job, job_id)
        rows = session.scalars(select(JobPhoto).order_by(JobPhoto.position)).all()
        assert session.scalars(select(func.count(Photo.id))).one() == 3, "the same bytes twice are one photo"
        assert session.scalars(select(func.count(Source.id))).one() == 4, "with two sources"
        assert session.scalars(select(func.count(Face.id))).one() == 4
        labels = session.scalars(select(Prediction.label).order_by(Prediction.id)).all()
    assert (job.photos_done, job.photos_failed, job.photos_without_face) == (4, 1, 1)
    counted = (job.faces_with_mask, job.faces_without_mask, job.faces_incorrect, job.faces_indeterminate)
    assert counted == (2, 2, 0, 1)
    assert [(r.state, r.faces, r.with_mask, r.indeterminate) for r in rows] == [
        (JobPhotoState.DONE, 2, 1, 0),
        (JobPhotoState.DONE, 1, 0, 1),
        (JobPhotoState.FAILED, 0, 0, 0),
        (JobPhotoState.DONE, 0, 0, 0),
        (JobPhotoState.DONE, 2, 1, 0),
    ]
    assert rows[1].least_confidence == pytest.approx(0.4)
    assert rows[2].error_code == "photo_truncated"
    assert sorted(labels) == sorted([Label.WITH_MASK, Label.WITHOUT_MASK, Label.WITH_MASK, Label.NOT_A_FACE])


def test_a_second_job_over_known_photos_adds_no_face_and_counts_the_same(db: Database) -> None:
    version = add_version(db)
    first = add_predict_job(db, photos=5, batch_photos=5, folder="/photos")
    save(db, claim(db), list(RESULTS), version)
    _end_reports(db)
    with db.read() as session:
        assert is_known(session, "a" * 64, KEY, version)
        assert not is_known(session, "a" * 64, "other detector", version)
        assert not is_known(session, "a" * 64, KEY, version + 1)
        assert not is_known(session, "d" * 64, KEY, version)
    second = add_predict_job(db, photos=2, batch_photos=2, folder="/photos")
    known = PhotoRead(position=0, sha256="a" * 64, bytes=9, shot=Shot(camera="X100"))
    save(db, claim(db), [known, read(1, "b", face(0.4, 0.35, 0.2, 0.05), face(0.0, 0.0, 0.1, 0.9))], version)
    with db.read() as session:
        assert session.scalars(select(func.count(Face.id))).one() == 4
        job = session.get_one(Job, second)
        cameras = session.scalars(select(Photo.camera).order_by(Photo.sha256).limit(2)).all()
    assert cameras == ["X100", None], "a photo that is read again gets its camera"
    assert first != second
    assert (job.faces_with_mask, job.faces_without_mask, job.faces_indeterminate) == (1, 1, 1)


def _end_reports(db: Database) -> None:
    while True:
        with db.write() as session:
            held = claim_batch(session, worker="w", lease_seconds=60, kinds=[REPORT_STAGE.name])
            if held is None:
                return
            finish_batch(session, held)


def test_a_lost_batch_saves_nothing(db: Database) -> None:
    version = add_version(db)
    add_predict_job(db, photos=5, batch_photos=5)
    held = claim(db)
    save(db, held, list(RESULTS), version)
    with pytest.raises(LeaseLost):
        save(db, held, list(RESULTS), version)
    with db.read() as session:
        assert session.scalars(select(Job)).one().photos_done == 4


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_batches_that_are_saved_at_once_do_not_wait_for_each_other_in_a_circle(db: Database) -> None:
    job_id = add_predict_job(db, photos=2, batch_photos=1)
    held = claim(db)
    with db.write() as session, db.engine.begin() as other:
        # What each row that refers to the job asks for.
        other.execute(text("SELECT id FROM job WHERE id = :job FOR KEY SHARE"), {"job": job_id})
        session.execute(text("SET LOCAL lock_timeout = '5s'"))
        save_counters(session, held, [], failed=1, detector_key="k")
    with db.read() as session:
        assert session.get_one(Job, job_id).photos_failed == 1


def test_faces_from_before_an_upgrade_of_the_detector_stay_in_the_job(db: Database) -> None:
    version = add_version(db)
    sure = face(0.9, 0.05, 0.03, 0.02)
    other = add_predict_job(db, photos=1, batch_photos=1, folder="/photos")
    save(db, claim(db), [read(0, "b", sure, sure)], version, key="old")
    job_id = add_predict_job(db, photos=3, batch_photos=1, folder="/photos")
    for position, (sha, key) in enumerate((("a", "old"), ("b", "new"), ("c", "new"))):
        held = claim(db)
        assert held.job_id == job_id
        save(db, held, [read(position, sha, sure)], version, key=key)
    with db.read() as session:
        job = session.get_one(Job, job_id)
        assert job.detector_keys == ("old", "new")
        photos = {photo.sha256[0]: photo.id for photo in session.scalars(select(Photo))}
        faces = read_job_faces(session, JobModels.of(job), photos.values())
        # The second photo was searched by both: the faces of the newer detector count alone.
        assert {sha: len(faces[photo_id]) for sha, photo_id in photos.items()} == {"a": 1, "b": 1, "c": 1}
        assert job.faces_with_mask == 3
        events = select(JobEvent.event).where(JobEvent.job_id == job_id)
        assert "detector_changed" in session.scalars(events).all()
        earlier = session.get_one(Job, other)
        assert len(read_job_faces(session, JobModels.of(earlier), photos.values())[photos["b"]]) == 2

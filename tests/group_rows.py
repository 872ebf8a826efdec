"""Done jobs whose photos have times, cameras, paths and predicted faces."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.database import read_clock
from core.predict.job_kind import PREDICT
from core.predict.report_stage import REPORT_STAGE
from models import Job, JobPhoto, JobPhotoState, JobState, Label, Photo
from tests.labelled import face_row, photo_row, prediction_row, source_row


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of a job; without `labels` a photo without faces, None for one that could not be read."""

    path: str
    labels: tuple[Label, ...] | None = ()
    taken_at: str | None = None
    offset: int | None = None
    camera: str | None = ""
    confidence: float = 0.9


def files(
    path: str, masked: int, bare: int, *, taken_at: str | None = None, camera: str | None = ""
) -> list[File]:
    """Photos of one face each."""
    labels = [Label.WITH_MASK] * masked + [Label.WITHOUT_MASK] * bare
    return [
        File(path=path.format(number), labels=(label,), taken_at=taken_at, camera=camera)
        for number, label in enumerate(labels)
    ]


def add_job(session: Session, given: list[File], *, version_id: int, title: str = "survey") -> Job:
    """A done job over these files; photos are known by path, so two jobs may share them."""
    now = read_clock(session)
    job = Job(
        kind=PREDICT.name, state=JobState.DONE, stage=REPORT_STAGE.name, title=title,
        options={"folder": "/set"}, created_at=now, started_at=now, finished_at=now, listed=True,
        photos_found=len(given), photos_done=sum(file.labels is not None for file in given),
        classifier_version_id=version_id, detector_key="test",
    )  # fmt: skip
    session.add(job)
    session.flush()
    photos = _photos(session, [file for file in given if file.labels is not None], version_id)
    for position, file in enumerate(given):
        is_read = file.labels is not None
        row = JobPhoto(
            job_id=job.id, position=position, locator=file.path.encode(), name=file.path,
            state=JobPhotoState.DONE if is_read else JobPhotoState.FAILED, faces=len(file.labels or ()),
        )  # fmt: skip
        session.add(row)
        if is_read:
            row.photo_id = photos[_phash(file)].id
    session.flush()
    return job


def _phash(file: File) -> int:
    return hash(file.path) % 2**62


def _photos(session: Session, given: list[File], version_id: int) -> dict[int, Photo]:
    """Photos by hash; the new ones are added table by table, which is five times as fast as one by one."""
    known = {photo.phash: photo for photo in session.query(Photo).filter(Photo.phash.in_(map(_phash, given)))}
    added: dict[int, tuple[File, Photo]] = {}
    now = read_clock(session)
    for file in given:
        if (phash := _phash(file)) not in known and phash not in added:
            photo = photo_row(file.path, now, phash=phash, taken_at=file.taken_at)
            photo.taken_offset, photo.camera = file.offset, file.camera
            added[phash] = (file, photo)
    session.add_all(photo for _, photo in added.values())
    session.flush()
    session.add_all(source_row(photo, file.path) for file, photo in added.values())
    faces = [
        (face_row(photo, ordinal, now), label, file.confidence)
        for file, photo in added.values()
        for ordinal, label in enumerate(file.labels or ())
    ]
    session.add_all(face for face, _, _ in faces)
    session.flush()
    session.add_all(prediction_row(version_id, face, label, sure) for face, label, sure in faces)
    session.flush()
    return known | {phash: photo for phash, (_, photo) in added.items()}

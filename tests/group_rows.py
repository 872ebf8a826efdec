"""Done jobs whose photos have times, cameras, paths and predicted faces."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.database import read_clock
from core.predict.job_kind import PREDICT
from core.predict.report_stage import REPORT_STAGE
from models import Job, JobPhoto, JobPhotoState, JobState, Label, Photo
from tests.labelled import add_face, add_photo, predict


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
    for position, file in enumerate(given):
        is_read = file.labels is not None
        row = JobPhoto(
            job_id=job.id, position=position, locator=file.path.encode(), name=file.path,
            state=JobPhotoState.DONE if is_read else JobPhotoState.FAILED, faces=len(file.labels or ()),
        )  # fmt: skip
        session.add(row)
        if is_read:
            row.photo_id = _photo(session, file, version_id).id
    session.flush()
    return job


def _photo(session: Session, file: File, version_id: int) -> Photo:
    known = session.query(Photo).filter(Photo.phash == hash(file.path) % 2**62).one_or_none()
    if known is not None:
        return known
    photo = add_photo(session, file.path, phash=hash(file.path) % 2**62, taken_at=file.taken_at)
    photo.taken_offset, photo.camera = file.offset, file.camera
    for label in file.labels or ():
        predict(session, version_id, add_face(session, photo), label, file.confidence)
    return photo

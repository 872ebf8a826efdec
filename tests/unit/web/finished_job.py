"""A done job with photos of every kind, as workers would have left it."""

import hashlib
from pathlib import Path

from PIL import Image
from sqlalchemy.orm import Session

from core.accounts import ensure_owner
from core.database import Database, read_clock
from core.predict.job_kind import PREDICT
from core.predict.report_stage import REPORT_STAGE
from models import (
    ClassifierVersion,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    JobState,
    Label,
    Photo,
    Prediction,
    Source,
    SourceKind,
)

#: What each photo holds in turn: probabilities of one face, or nothing, or an error.
KINDS: tuple[tuple[float, float, float, float] | str, ...] = (
    (0.97, 0.01, 0.01, 0.01),
    (0.02, 0.9, 0.05, 0.03),
    (0.1, 0.1, 0.75, 0.05),
    (0.45, 0.4, 0.1, 0.05),
    "no face",
    "photo_truncated",
)
_COLUMNS = ("with_mask", "without_mask", "incorrect", "indeterminate")


def add_finished_job(database: Database, folder: Path, photos: int = 12) -> int:
    """Write photos into `folder` and the rows that a job over them leaves; the job's id."""
    with database.write() as rows:
        now = read_clock(rows)
        if rows.get(ClassifierVersion, 1) is None:
            rows.add(ClassifierVersion(name="test", sha256="c" * 64, champion=True, card={}, created_at=now))
        job = Job(
            kind=PREDICT.name, state=JobState.DONE, stage=REPORT_STAGE.name, title="Street survey",
            options={"folder": str(folder)}, account_id=ensure_owner(rows).id, classifier_version_id=1,
            detector_key="yunet", created_at=now, started_at=now, finished_at=now, listed=True,
            photos_found=photos,
        )  # fmt: skip
        rows.add(job)
        rows.flush()
        for position in range(photos):
            _add_photo(rows, job, folder, position)
        return job.id


def _add_photo(rows: Session, job: Job, folder: Path, position: int) -> None:
    kind = KINDS[position % len(KINDS)]
    name = f"day/photo-{position:04}.jpg"
    row = JobPhoto(
        job_id=job.id, position=position, locator=name.encode(), name=name, state=JobPhotoState.DONE, faces=0,
        with_mask=0, without_mask=0, incorrect=0, indeterminate=0,
    )  # fmt: skip
    rows.add(row)
    if kind == "photo_truncated":
        row.state, row.error_code = JobPhotoState.FAILED, "photo_truncated"
        row.error_message = "The file ends before the picture does."
        job.photos_failed += 1
        return
    photo = add_photo(rows, folder / name, (position * 37 % 256, 90, 120 + position // 10))
    row.photo_id = photo.id
    job.photos_done += 1
    if isinstance(kind, str):
        job.photos_without_face += 1
        return
    _add_face(rows, row, photo, kind)
    column = _COLUMNS[KINDS.index(kind)]
    setattr(job, f"faces_{column}", getattr(job, f"faces_{column}") + 1)
    setattr(row, column, 1)
    row.faces, row.least_confidence = 1, max(kind)


def add_photo(rows: Session, path: Path, colour: tuple[int, int, int]) -> Photo:
    """A photo on disk and in the database, with its folder as the source."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        Image.new("RGB", (600, 400), colour).save(path)
    data, location = path.read_bytes(), str(path).encode()
    with Image.open(path) as image:
        (width, height), name = image.size, image.format or ""
    now = read_clock(rows)
    photo = Photo(
        sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), width=width, height=height, format=name,
        created_at=now,
    )  # fmt: skip
    rows.add(photo)
    rows.flush()
    rows.add(
        Source(
            photo_id=photo.id, kind=SourceKind.FOLDER, location=location, name=str(path), created_at=now,
            location_sha256=hashlib.sha256(location).digest(),
        )
    )  # fmt: skip
    return photo


def _add_face(rows: Session, row: JobPhoto, photo: Photo, values: tuple[float, float, float, float]) -> None:
    face = Face(
        photo_id=photo.id, detector_key="yunet", ordinal=0, x1=200, y1=100, x2=320, y2=250, score=0.9,
        landmarks=[], created_at=photo.created_at,
    )  # fmt: skip
    rows.add(face)
    rows.flush()
    label = list(Label)[values.index(max(values))]
    rows.add(
        Prediction(
            face_id=face.id, classifier_version_id=1, label=label,
            with_mask=values[0], without_mask=values[1], incorrect=values[2], not_a_face=values[3],
        )
    )  # fmt: skip

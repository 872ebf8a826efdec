"""A done job with photos of every kind, as workers would have left it."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from io import BytesIO
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

#: Of one face, in the order of the labels.
Probabilities = tuple[float, float, float, float]
#: What each photo holds in turn: probabilities of one face, or nothing, or an error.
KINDS: tuple[Probabilities | str, ...] = (
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
        kinds = [KINDS[position % len(KINDS)] for position in range(photos)]
        readable = [n for n, kind in enumerate(kinds) if kind != "photo_truncated"]
        paths = {folder / name_of(n): (n * 37 % 256, 90, 120 + n // 10) for n in readable}
        found = dict(zip(readable, add_photos(rows, paths), strict=True))
        _add_predictions(
            rows, {found[n].id: kinds[n] for n in readable if not isinstance(kinds[n], str)}, now
        )
        rows.add_all(_job_photo(job, n, kind, found.get(n)) for n, kind in enumerate(kinds))
        return job.id


def name_of(position: int) -> str:
    """The name of a photo of the job."""
    return f"day/photo-{position:04}.jpg"


def _job_photo(job: Job, position: int, kind: Probabilities | str, photo: Photo | None) -> JobPhoto:
    """The row of a photo, which the job counts."""
    name = name_of(position)
    row = JobPhoto(
        job_id=job.id, position=position, locator=name.encode(), name=name, state=JobPhotoState.DONE, faces=0,
        with_mask=0, without_mask=0, incorrect=0, indeterminate=0,
    )  # fmt: skip
    if photo is None:
        row.state, row.error_code = JobPhotoState.FAILED, "photo_truncated"
        row.error_message = "The file ends before the picture does."
        job.photos_failed += 1
        return row
    row.photo_id = photo.id
    job.photos_done += 1
    if isinstance(kind, str):
        job.photos_without_face += 1
        return row
    column = _COLUMNS[KINDS.index(kind)]
    setattr(job, f"faces_{column}", getattr(job, f"faces_{column}") + 1)
    setattr(row, column, 1)
    row.faces, row.least_confidence = 1, max(kind)
    return row


def add_photo(rows: Session, path: Path, colour: tuple[int, int, int]) -> Photo:
    """A photo on disk and in the database, with its folder as the source."""
    return add_photos(rows, {path: colour})[0]


def add_photos(rows: Session, paths: Mapping[Path, tuple[int, int, int]]) -> list[Photo]:
    """Photos of these colours, as `add_photo` adds one."""
    now = read_clock(rows)
    photos = [_photo(path, colour, now) for path, colour in paths.items()]
    rows.add_all(photos)
    rows.flush()
    for photo, path in zip(photos, paths, strict=True):
        location = str(path).encode()
        rows.add(
            Source(
                photo_id=photo.id, kind=SourceKind.FOLDER, location=location, name=str(path), created_at=now,
                location_sha256=hashlib.sha256(location).digest(),
            )
        )  # fmt: skip
    return photos


def _photo(path: Path, colour: tuple[int, int, int], now: datetime) -> Photo:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(_drawn(path.suffix, colour))
    data = path.read_bytes()
    with Image.open(path) as image:
        (width, height), name = image.size, image.format or ""
    return Photo(
        sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), width=width, height=height, format=name,
        created_at=now,
    )  # fmt: skip


@cache
def _drawn(suffix: str, colour: tuple[int, int, int]) -> bytes:
    """A file of one colour: drawn once, since most tests have the same ones."""
    file = BytesIO()
    Image.new("RGB", (600, 400), colour).save(file, Image.registered_extensions()[suffix])
    return file.getvalue()


def _add_predictions(rows: Session, predicted: Mapping[int, Probabilities], now: datetime) -> None:
    """A face in each of these photos."""
    faces = [
        Face(
            photo_id=photo, detector_key="yunet", ordinal=0, x1=200, y1=100, x2=320, y2=250, score=0.9,
            landmarks=[], created_at=now,
        )
        for photo in predicted
    ]  # fmt: skip
    rows.add_all(faces)
    rows.flush()
    rows.add_all(
        Prediction(
            face_id=face.id, classifier_version_id=1, label=list(Label)[values.index(max(values))],
            with_mask=values[0], without_mask=values[1], incorrect=values[2], not_a_face=values[3],
        )
        for face, values in zip(faces, predicted.values(), strict=True)
    )  # fmt: skip

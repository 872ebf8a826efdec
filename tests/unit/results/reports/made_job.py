"""Jobs with results as workers leave them, for the tests of reports."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from core.database import Database
from core.evidence.contents import PackContents
from core.groups.shares_view import shares_reader
from core.predict.job_kind import PREDICT
from core.predict.queries import count_faces
from core.predict.report_stage import REPORT_STAGE
from core.results.reports.queries import iterate_photo_rows, read_job_view
from core.results.reports.report_file import WrittenReport
from core.results.reports.rows import PhotoRow
from core.results.reports.write import write_reports
from models import (
    Account,
    ClassifierVersion,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    JobState,
    Label,
    Photo,
    Prediction,
    ReportFormat,
)

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
WITH_MASK = (0.9, 0.05, 0.03, 0.02)
WITHOUT_MASK = (0.1, 0.8, 0.06, 0.04)
INCORRECT = (0.2, 0.05, 0.7, 0.05)
INDETERMINATE = (0.45, 0.4, 0.1, 0.05)
NOT_A_FACE = (0.1, 0.1, 0.1, 0.7)

CARD = {
    "figures": {
        "photos": 211,
        "test": {
            "three": {
                "all": {
                    "mean": {"value": 0.7123, "low": 0.65, "high": None},
                    "classes": {"incorrect": {"ap": 0.5, "recall": 0.6, "boxes": 31}},
                }
            },
            "two": {"all": {"mean": {"value": 0.8, "low": 0.75, "high": 0.85}, "classes": {}}},
        },
        "test_crops": {"count": 1234, "accuracy": 0.956, "calibration_error": 0.0121},
    }
}

#: Of an evidence pack without report files and without an audit.
CONTENTS = PackContents(
    key=Ed25519PrivateKey.from_private_bytes(bytes(32)),
    reports=(),
    options={"folder": "/photos"},
    software={"maskloop": "1"},
    files={},
)

Probabilities = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class MadePhoto:
    """One file of a made job; `error` for one that could not be read."""

    name: str
    faces: Sequence[Probabilities] = ()
    error: str | None = None
    locator: bytes | None = None
    width: int = 640
    height: int = 480
    frames: int = 1
    #: Bytes that give the hash; two files with the same are one photo.
    content: bytes = field(default=b"")
    waiting: bool = False


def add_job(db: Database, photos: Sequence[MadePhoto], title: str = "Entrance") -> int:
    """A job at its report stage, with counters as `core.predict` counts them."""
    with db.write() as session:
        account = Account(name=f"owner-{title}", created_at=NOW)
        version = ClassifierVersion(
            name="mask 1", sha256=hashlib.sha256(title.encode()).hexdigest(), champion=False,
            card=CARD, created_at=NOW,
        )  # fmt: skip
        session.add_all([account, version])
        session.flush()
        job = Job(
            kind=PREDICT.name, state=JobState.RUNNING, stage=REPORT_STAGE.name, title=title,
            options={"folder": "/photos", "indeterminate_below": 0.6}, account_id=account.id,
            classifier_version_id=version.id, detector_key="yunet", created_at=NOW, listed=True,
        )  # fmt: skip
        session.add(job)
        session.flush()
        for position, made in enumerate(photos):
            _add_photo(session, job, position, made)
        return job.id


def _add_photo(session: Session, job: Job, position: int, made: MadePhoto) -> None:
    row = JobPhoto(
        job_id=job.id, position=position, locator=made.locator or made.name.encode(), name=made.name,
        state=JobPhotoState.WAITING,
    )  # fmt: skip
    session.add(row)
    job.photos_found = (job.photos_found or 0) + 1
    if made.waiting:
        return
    if made.error:
        row.state, row.error_code, row.error_message = (
            JobPhotoState.FAILED,
            made.error,
            f"It is {made.error}.",
        )
        job.photos_failed = (job.photos_failed or 0) + 1
        return
    row.state, row.photo_id = JobPhotoState.DONE, _photo_id(session, job, made)
    counts = count_faces(
        session, [row.photo_id], detector_key="yunet",
        classifier_version_id=job.classifier_version_id or 0, indeterminate_below=0.6,
    )[row.photo_id]  # fmt: skip
    for name, value in counts.to_columns().items():
        setattr(row, name, value)
    job.photos_done = (job.photos_done or 0) + 1
    job.photos_without_face = (job.photos_without_face or 0) + (counts.faces == 0)
    for label in ("with_mask", "without_mask", "incorrect", "indeterminate"):
        name = f"faces_{label}"
        setattr(job, name, (getattr(job, name) or 0) + getattr(counts, label))


def _photo_id(session: Session, job: Job, made: MadePhoto) -> int:
    sha256 = hashlib.sha256(made.content or made.name.encode()).hexdigest()
    known = session.query(Photo).filter_by(sha256=sha256).one_or_none()
    if known is not None:
        return known.id
    photo = Photo(
        sha256=sha256, bytes=10, width=made.width, height=made.height, format="JPEG", frames=made.frames,
        created_at=NOW,
    )  # fmt: skip
    session.add(photo)
    session.flush()
    for ordinal, probabilities in enumerate(made.faces):
        _add_face(session, job, photo.id, ordinal, probabilities)
    session.flush()
    return photo.id


def _add_face(session: Session, job: Job, photo_id: int, ordinal: int, probabilities: Probabilities) -> None:
    left = 40.0 + 120.5 * ordinal
    face = Face(
        photo_id=photo_id, detector_key="yunet", ordinal=ordinal, x1=left, y1=60.25, x2=left + 80, y2=160.125,
        score=0.8, landmarks=[], created_at=NOW,
    )  # fmt: skip
    session.add(face)
    session.flush()
    best = list(Label)[probabilities.index(max(probabilities))]
    with_mask, without_mask, incorrect, not_a_face = probabilities
    session.add(
        Prediction(
            face_id=face.id,
            classifier_version_id=job.classifier_version_id,
            label=best,
            with_mask=with_mask,
            without_mask=without_mask,
            incorrect=incorrect,
            not_a_face=not_a_face,
        )
    )


def write(
    db: Database,
    job_id: int,
    fmt: ReportFormat,
    folder: Path,
    *,
    progress: Callable[[int], None] = lambda _photos: None,
    open_bytes: Callable[[PhotoRow], bytes] | None = None,
    contents: PackContents | None = None,
    names_people: bool = False,
) -> WrittenReport:
    """Write one report of the job as a worker does."""
    with db.read() as session:
        job = session.get_one(Job, job_id)
        view = read_job_view(session, job, names_people=names_people)
        rows = iterate_photo_rows(session, job, names_people=names_people, slice_photos=3)
        written = write_reports(
            {fmt: folder / fmt.value}, view, rows, progress=progress, open_bytes=open_bytes,
            read_shares=shares_reader(session, job), read_contents=lambda: contents or CONTENTS,
        )  # fmt: skip
        return written.files[fmt]

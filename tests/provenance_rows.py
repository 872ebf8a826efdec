"""Photos with sources, faces, predictions, decisions and datasets, for tests of the library."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from core.database import Database, read_clock
from core.library.files.store import PhotoStore
from core.removal.job_kind import request_removal
from core.removal.target import Target
from core.settings import Settings
from models import (
    Dataset,
    DatasetFace,
    Decision,
    Extraction,
    Face,
    Label,
    Photo,
    Prediction,
    Source,
    SourceKind,
    Split,
)
from workers.engine import run_batches
from workers.handlers import HANDLERS


@dataclass(frozen=True, kw_only=True)
class WebPhoto:
    """A photo from a crawl."""

    number: int
    host: str = "pictures.example"
    page: str = "https://news.example/story"
    phrase: str = "face mask"
    licence: str | None = "CC BY 2.0"
    faces: int = 2


def add_web_photo(session: Session, data: Path, made: WebPhoto, *, version_id: int) -> Photo:
    """Rows and files: stored bytes, a thumbnail, a crop; each face predicted, the first one decided twice."""
    now = read_clock(session)
    content = b"photo %d" % made.number
    sha256 = hashlib.sha256(content).hexdigest()
    _add_files(data, sha256, content)
    photo = Photo(
        sha256=sha256, bytes=len(content), width=640, height=480, format="JPEG", stored=True, created_at=now
    )
    session.add(photo)
    session.flush()
    faces = [
        Face(
            photo_id=photo.id, detector_key="yunet", ordinal=ordinal, x1=10, y1=10, x2=90, y2=90, score=0.9,
            landmarks=[], created_at=now,
        )
        for ordinal in range(made.faces)
    ]  # fmt: skip
    session.add_all(faces)
    session.add(Extraction(photo_id=photo.id, detector_key="yunet", faces=made.faces, created_at=now))
    add_source(session, photo, made)
    session.add_all(
        Prediction(
            face_id=face.id, classifier_version_id=version_id, label=Label.WITH_MASK, with_mask=0.9,
            without_mask=0.05, incorrect=0.03, not_a_face=0.02,
        )
        for face in faces
    )  # fmt: skip
    session.add_all(
        Decision(face_id=face.id, label=label, queue="results", created_at=now)
        for face in faces[:1]
        for label in (Label.INCORRECT, Label.WITH_MASK)
    )
    session.flush()
    return photo


def add_source(session: Session, photo: Photo, made: WebPhoto) -> None:
    """Add a source to a photo."""
    address = f"https://{made.host}/{made.number}.jpg"
    session.add(
        Source(
            photo_id=photo.id,
            kind=SourceKind.CRAWL,
            location=address.encode(),
            location_sha256=hashlib.sha256(address.encode()).digest(),
            name=address,
            page_url=made.page,
            page_sha256=hashlib.sha256(made.page.encode()).digest(),
            title=f"Picture {made.number}",
            phrase=made.phrase,
            found_by="openverse",
            host=made.host,
            page_host="news.example",
            licence=made.licence,
            creator="Ada",
            created_at=read_clock(session),
        )
    )
    session.flush()


def add_dataset(session: Session, faces: list[Face]) -> Dataset:
    """A dataset that holds these faces."""
    dataset = Dataset(
        title="Street",
        content_sha256="d" * 64,
        options={},
        faces=len(faces),
        photos=1,
        counts={},
        licences={},
        created_at=read_clock(session),
    )
    session.add(dataset)
    session.flush()
    session.add_all(
        DatasetFace(dataset_id=dataset.id, face_id=face.id, label=Label.WITH_MASK, split=Split.TRAIN)
        for face in faces
    )
    session.flush()
    return dataset


def remove(db: Database, settings: Settings, target: Target) -> int:
    """Request a removal and run it; the job's id."""
    with db.write() as session:
        job_id = request_removal(session, target, account_id=None, reason="The owner asked.").id
    run_batches(db, settings, HANDLERS, job_id=job_id)
    return job_id


def _add_files(data: Path, sha256: str, content: bytes) -> None:
    stored = PhotoStore(data / "photos").path_of(sha256)
    for path in (
        stored,
        data / "thumbnails" / sha256[:2] / f"{sha256}-480.jpg",
        data / "crops" / sha256[:2] / f"{sha256}-1-2-3-4-112.jpg",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

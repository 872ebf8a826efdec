"""Photos with labelled faces, and datasets of them, for tests of datasets and evaluations."""

import hashlib
import random
from datetime import datetime

from sqlalchemy.orm import Session

from core.database import Database, read_clock
from core.datasets.content import select_content
from core.datasets.options import FreezeOptions
from core.datasets.queries import iterate_current_labels
from core.datasets.splitting.store import group_new_photos
from core.datasets.store import freeze
from models import (
    ClassifierVersion,
    Dataset,
    DatasetFace,
    Decision,
    Face,
    Label,
    Photo,
    Prediction,
    Source,
    SourceKind,
)


def photo_row(name: str, now: datetime, *, phash: int | None = None, taken_at: str | None = None) -> Photo:
    """A photo whose hashes follow from its name unless they are given."""
    drawn = random.Random(name)
    return Photo(
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        bytes=1,
        width=400,
        height=300,
        format="JPEG",
        phash=drawn.getrandbits(63) if phash is None else phash,
        dhash=drawn.getrandbits(63) if phash is None else phash,
        taken_at=taken_at,
        created_at=now,
    )


def source_row(photo: Photo, name: str) -> Source:
    """The folder that a photo came from."""
    return Source(
        photo_id=photo.id,
        kind=SourceKind.FOLDER,
        location=f"/set/{name}".encode(),
        location_sha256=hashlib.sha256(name.encode()).digest(),
        name=f"/set/{name}",
        created_at=photo.created_at,
    )


def face_row(
    photo: Photo, ordinal: int, now: datetime, *, size: float = 40.0, phash: int | None = None
) -> Face:
    """A face of a photo; without a hash of its own it is like no other."""
    drawn = random.Random(f"{photo.sha256} {ordinal}")
    return Face(
        photo_id=photo.id,
        detector_key="test",
        ordinal=ordinal,
        x1=10.0 + 50 * ordinal,
        y1=20.0,
        x2=10.0 + 50 * ordinal + size,
        y2=20.0 + size,
        score=0.9,
        landmarks=[[1.0, 2.0]] * 5,
        blur=drawn.uniform(1, 900),
        brightness=120.0,
        phash=drawn.getrandbits(63) if phash is None else phash,
        dhash=drawn.getrandbits(63) if phash is None else phash,
        created_at=now,
    )


def prediction_row(version_id: int, face: Face, label: Label, confidence: float = 0.9) -> Prediction:
    """A prediction; what is not of the label is shared by the others."""
    rest = (1 - confidence) / 3
    probabilities = {each.value: confidence if each is label else rest for each in Label}
    return Prediction(face_id=face.id, classifier_version_id=version_id, label=label, **probabilities)


def add_photo(session: Session, name: str, *, phash: int | None = None, taken_at: str | None = None) -> Photo:
    """A photo with its source."""
    photo = photo_row(name, read_clock(session), phash=phash, taken_at=taken_at)
    session.add(photo)
    session.flush()
    session.add(source_row(photo, name))
    return photo


def add_face(session: Session, photo: Photo, *, size: float = 40.0, phash: int | None = None) -> Face:
    """The next face of a photo."""
    ordinal = session.query(Face).filter(Face.photo_id == photo.id).count()
    face = face_row(photo, ordinal, read_clock(session), size=size, phash=phash)
    session.add(face)
    session.flush()
    return face


def decide(
    session: Session, face: Face, label: Label | None, account_id: int | None = None, queue: str = "import"
) -> Decision:
    """A decision about a face."""
    decision = Decision(
        face_id=face.id, label=label, account_id=account_id, queue=queue, created_at=read_clock(session)
    )
    session.add(decision)
    session.flush()
    return decision


def add_labelled(session: Session, count: int, label: Label, *, start: int = 0) -> list[Face]:
    """So many photos of one face each, all with this label."""
    now = read_clock(session)
    names = [f"{label.value}/{number}.jpg" for number in range(start, start + count)]
    photos = [photo_row(name, now) for name in names]
    session.add_all(photos)
    session.flush()
    faces = [face_row(photo, 0, now) for photo in photos]
    session.add_all(faces)
    session.add_all(map(source_row, photos, names))
    session.flush()
    session.add_all(
        Decision(face_id=face.id, label=label, account_id=None, queue="import", created_at=now)
        for face in faces
    )
    session.flush()
    return faces


def add_candidate(session: Session, name: str = "candidate") -> ClassifierVersion:
    """A version that is not the champion."""
    version = ClassifierVersion(
        name=name,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        card={},
        created_at=read_clock(session),
    )
    session.add(version)
    session.flush()
    return version


def predict(session: Session, version_id: int, face: Face, label: Label, confidence: float = 0.9) -> None:
    """Predict one face."""
    session.add(prediction_row(version_id, face, label, confidence))
    session.flush()


def freeze_now(db: Database, options: FreezeOptions | None = None, *, title: str = "test") -> Dataset:
    """Group the photos and freeze the current labels, as a worker does."""
    options = options or FreezeOptions()
    after_id: int | None = 0
    while after_id is not None:
        with db.write() as session:
            after_id = group_new_photos(session, after_id=after_id)
    with db.write() as session:
        content = select_content(iterate_current_labels(session), options)
        return freeze(session, content, options, title=title, account_id=None)


def faces_of(db: Database, dataset_id: int) -> dict[int, DatasetFace]:
    """The faces of a dataset by id."""
    with db.read() as session:
        found = session.query(DatasetFace).filter(DatasetFace.dataset_id == dataset_id)
        return {face.face_id: face for face in found}

"""Photos with one labelled face each, made of noise and colour, in a database for trainings."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image
from sqlalchemy.orm import Session

from core.database import Database, read_clock
from core.labels.decisions import Origin, add_decision
from core.library.files.store import photo_store
from core.settings import Settings
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped
from models import Dataset, DatasetFace, Face, Label, Photo, Split

_COLOURS = {
    Label.WITH_MASK: (60, 110, 220),
    Label.WITHOUT_MASK: (225, 170, 140),
    Label.INCORRECT: (40, 190, 90),
}
_SIDE = 96


def photo_bytes(number: int, label: Label) -> bytes:
    """A PNG of noise with a square of the label's colour in its middle."""
    noise = np.random.default_rng(number).integers(0, 255, (12, 12, 3), dtype=np.uint8)
    pixels = np.array(Image.fromarray(noise).resize((_SIDE, _SIDE)))
    pixels[24:72, 24:72] = np.array(_COLOURS[label]) + np.random.default_rng(number).integers(
        0, 25, (48, 48, 3)
    )
    out = BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def add_faces(db: Database, settings: Settings, labels: Sequence[Label], *, first: int = 0) -> list[int]:
    """Store one photo per label with a labelled face; returns the ids of the faces."""
    store, ids = photo_store(settings), []
    with db.write() as session:
        for number, label in enumerate(labels, first):
            stored = store.put(BytesIO(photo_bytes(number, label)), max_bytes=2**20)
            ids.append(_add_face(session, stored.sha256, stored.bytes))
            add_decision(session, ids[-1], label, Origin(account_id=None, queue="import"))
    return ids


def add_dataset(db: Database, faces: Sequence[tuple[int, Label, Split]]) -> int:
    """A dataset of faces with the given splits."""
    with db.write() as session:
        dataset = Dataset(
            title="test",
            content_sha256=f"{len(faces):064}",
            options={},
            faces=len(faces),
            photos=len(faces),
            counts={"train": {"with_mask": len(faces)}},
            licences={},
            created_at=read_clock(session),
        )
        session.add(dataset)
        session.flush()
        session.add_all(
            DatasetFace(dataset_id=dataset.id, face_id=face_id, label=label, split=split)
            for face_id, label, split in faces
        )
        return dataset.id


def install_champion(db: Database, settings: Settings) -> int:
    """Register the shipped version; returns its id."""
    shipped = keep_shipped(version_files(settings))
    with db.write() as session:
        return register_shipped(session, shipped).id


def _add_face(session: Session, sha256: str, size: int) -> int:
    now = read_clock(session)
    photo = Photo(
        sha256=sha256, bytes=size, width=_SIDE, height=_SIDE, format="PNG", stored=True, created_at=now
    )
    session.add(photo)
    session.flush()
    face = Face(
        photo_id=photo.id,
        detector_key="drawn",
        ordinal=0,
        x1=24,
        y1=24,
        x2=72,
        y2=72,
        score=1.0,
        landmarks=[],
        created_at=now,
    )
    session.add(face)
    session.flush()
    return face.id

"""A photo with detected faces, and edits as a page sends them."""

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from core.boxes.change import BoxChange
from core.boxes.face import FaceStatus, PhotoFace
from core.boxes.queries import read_counting_faces, read_faces_with_status
from core.boxes.store import apply_change, redo_edit, undo_edit
from core.database import Database, read_clock
from models import Account, Face, Label, Photo, Prediction
from tests.rows import add_version

Box = tuple[float, float, float, float]


@dataclass
class BoxedPhoto:
    """One photo of 600 x 400 pixels, edited by a person."""

    db: Database
    photo_id: int
    account_id: int
    version_id: int

    def found(
        self, box: Box, *, predicted: Label | None = None, key: str = "yunet", score: float = 0.9
    ) -> int:
        """Add a detected face; returns its id."""
        with self.db.write() as rows:
            ordinals = select(Face.ordinal).where(Face.photo_id == self.photo_id, Face.detector_key == key)
            face = Face(
                photo_id=self.photo_id, detector_key=key, ordinal=len(rows.scalars(ordinals).all()),
                x1=box[0], y1=box[1], x2=box[2], y2=box[3], score=score, landmarks=[],
                created_at=read_clock(rows),
            )  # fmt: skip
            rows.add(face)
            rows.flush()
            if predicted is not None:
                shares = {label.value: 0.7 if label is predicted else 0.1 for label in Label}
                rows.add(
                    Prediction(
                        face_id=face.id, classifier_version_id=self.version_id, label=predicted, **shares
                    )
                )
            return face.id

    def edit(self, kind: str, face: int | str = "", **sent: Any) -> str:
        """Apply an edit; returns its key."""
        key = str(uuid.uuid4())
        self.send({"key": key, "kind": kind, "face": str(face), **sent})
        return key

    def send(self, sent: dict[str, Any], account_id: int | None = None) -> None:
        with self.db.write() as rows:
            change = BoxChange.from_json(sent)
            apply_change(rows, self.photo_id, change, account_id=account_id or self.account_id)

    def undo(self, key: str) -> None:
        with self.db.write() as rows:
            undo_edit(rows, self.photo_id, key, account_id=self.account_id)

    def redo(self, key: str) -> None:
        with self.db.write() as rows:
            redo_edit(rows, self.photo_id, key, account_id=self.account_id)

    def counting(self) -> list[PhotoFace]:
        with self.db.read() as rows:
            return read_counting_faces(rows, [self.photo_id])[self.photo_id]

    def boxes(self) -> list[Box]:
        return [(face.x1, face.y1, face.x2, face.y2) for face in self.counting()]

    def statuses(self) -> dict[int, FaceStatus]:
        with self.db.read() as rows:
            faces = read_faces_with_status(rows, [self.photo_id])[self.photo_id]
        return {face.face_id: status for face, status in faces}

    def rows(self) -> list[Face]:
        with self.db.read() as rows:
            return list(rows.scalars(select(Face).where(Face.photo_id == self.photo_id).order_by(Face.id)))


@pytest.fixture
def photo(db: Database) -> BoxedPhoto:
    version_id = add_version(db)
    with db.write() as rows:
        now = read_clock(rows)
        account = Account(name="ada", created_at=now)
        row = Photo(sha256="a" * 64, bytes=1, width=600, height=400, format="JPEG", created_at=now)
        rows.add_all([account, row])
        rows.flush()
        return BoxedPhoto(db=db, photo_id=row.id, account_id=account.id, version_id=version_id)

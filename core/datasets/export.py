"""A dataset as a CSV file: one row per face with its label, its split and the credit of its photo."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from core.csv_text import csv_line
from core.library.credits import COLUMNS as CREDIT_COLUMNS
from core.library.credits import Credit, credit_values
from core.library.queries import read_credits
from models import DatasetFace, Face, Photo

COLUMNS = ("sha256", "x1", "y1", "x2", "y2", "label", "split", "face_id", "width", "height")
#: Faces read at once.
_SLICE = 1_000

#: Opens a read session. Each slice opens its own, so that none stays open while a client downloads slowly.
Sessions = Callable[[], AbstractContextManager[Session]]


def export_dataset(sessions: Sessions, dataset_id: int) -> Iterator[bytes]:
    """The file in pieces, faces by id; memory holds one slice."""
    yield csv_line((*COLUMNS, *CREDIT_COLUMNS[1:]))
    after = 0
    while True:
        with sessions() as session:
            rows = session.execute(_faces_after(dataset_id, after)).all()
            credits = read_credits(session, sorted({row.Face.photo_id for row in rows}))
        if not rows:
            return
        yield b"".join(csv_line(_values(row, credits.get(row.Face.photo_id))) for row in rows)
        after = rows[-1].Face.id


def _faces_after(dataset_id: int, after: int) -> Select[DatasetFace, Face, str, int, int]:
    return (
        select(DatasetFace, Face, Photo.sha256, Photo.width, Photo.height)
        .join(Face, Face.id == DatasetFace.face_id)
        .join(Photo, Photo.id == Face.photo_id)
        .where(DatasetFace.dataset_id == dataset_id, DatasetFace.face_id > after)
        .order_by(DatasetFace.face_id)
        .limit(_SLICE)
    )


def _values(
    row: Row[DatasetFace, Face, str, int, int], credit: Credit | None
) -> tuple[str | float | None, ...]:
    entry, face, sha256, width, height = row
    return (
        sha256,
        *(round(corner, 2) for corner in (face.x1, face.y1, face.x2, face.y2)),
        entry.label.value,
        entry.split.value,
        face.id,
        width,
        height,
        *credit_values(credit),
    )

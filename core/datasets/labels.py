"""The label that counts for every face, from the standing decisions, as a stream."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from core.labels.decisions import standing_decisions
from models import Face, Label, Photo, Split, SplitGroup, box_stands

_READ_AHEAD = 5_000


@dataclass(frozen=True, kw_only=True)
class FaceLabel:
    """A face, what counts for it, how many people say so, and its side."""

    face_id: int
    photo_id: int
    photo_sha256: str
    detector_key: str
    box: tuple[float, float, float, float]
    decision_id: int
    label: Label
    agreeing: int
    #: False while the photo was never hashed, so that nobody knows what it is a duplicate of.
    hashed: bool
    #: None for a photo that stands between two sides.
    split: Split | None

    @property
    def size(self) -> float:
        """Square root of the box's area, in pixels."""
        x1, y1, x2, y2 = self.box
        return float(((x2 - x1) * (y2 - y1)) ** 0.5)


def iterate_labels(session: Session) -> Iterator[FaceLabel]:
    """Every face with a label that counts, photo by photo."""
    standing = standing_decisions()
    query = (
        select(Face, Photo.sha256, Photo.phash, SplitGroup.split, standing.c.id, standing.c.label)
        .join(standing, standing.c.face_id == Face.id)
        .join(Photo, Photo.id == Face.photo_id)
        .outerjoin(SplitGroup, SplitGroup.id == Photo.split_group_id)
        .where(box_stands())
        .order_by(Face.photo_id, Face.id, standing.c.id)
        .execution_options(yield_per=_READ_AHEAD)
    )
    for _, rows in groupby(session.execute(query), key=lambda row: row[0].id):
        yield _label(list(rows))


def _label(rows: list[Row[Face, str, int | None, Split | None, int, Label]]) -> FaceLabel:
    """The newest of the standing decisions counts; `rows` are one face's, oldest first."""
    face, sha256, phash, split, decision_id, label = rows[-1]
    return FaceLabel(
        face_id=face.id,
        photo_id=face.photo_id,
        photo_sha256=sha256,
        detector_key=face.detector_key,
        box=(face.x1, face.y1, face.x2, face.y2),
        decision_id=decision_id,
        label=label,
        agreeing=Counter(row[-1] for row in rows)[label],
        hashed=phash is not None,
        split=split,
    )

"""Contested faces: two people answered differently, and nobody has settled it yet.

The newest decision about a contested face is only one of two opinions: nothing that uses labels uses it.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import Session

from models import THIRD_SLOT, ItemState, ReviewItem

#: Face ids in one query.
_AT_ONCE = 5_000
#: A literal, not a bound parameter: SQLite uses a partial index only if it sees the constant of the index.
_THIRD_SLOT: ColumnElement[int] = literal_column(str(THIRD_SLOT))


def select_contested() -> Select[int]:
    """Ids of the contested faces; a face in two queues may occur twice."""
    open_conflict = ReviewItem.seat == _THIRD_SLOT, ReviewItem.state != ItemState.DECIDED
    return select(ReviewItem.face_id).where(*open_conflict)


def read_contested(session: Session, face_ids: Collection[int]) -> set[int]:
    """Those of these faces that are contested."""
    ids, found = sorted(set(face_ids)), set[int]()
    for start in range(0, len(ids), _AT_ONCE):
        found.update(
            session.scalars(select_contested().where(ReviewItem.face_id.in_(ids[start : start + _AT_ONCE])))
        )
    return found


def count_contested(session: Session) -> int:
    """The number of contested faces."""
    faces = select_contested().subquery()
    return session.scalars(select(func.count(faces.c.face_id.distinct()))).one()

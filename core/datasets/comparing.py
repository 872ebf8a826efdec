"""Two datasets side by side: faces that were added, removed, relabelled."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from models import DatasetFace, Label, Split

#: Differences are counted up to this many, so that a page need not count a million.
MOST_COUNTED = 10_000


class Difference(StrEnum):
    """How a face differs between an earlier and a later dataset."""

    ADDED = "added"
    REMOVED = "removed"
    RELABELLED = "relabelled"


@dataclass(frozen=True, kw_only=True)
class DifferentFace:
    """One such face; `before` is None for an added one, `after` for a removed one."""

    face_id: int
    split: Split
    before: Label | None
    after: Label | None


def count_differences(session: Session, before_id: int, after_id: int) -> dict[Difference, int]:
    """How many faces differ, each kind counted up to `MOST_COUNTED`."""
    return {
        kind: session.scalars(
            select(func.count()).select_from(
                _different(before_id, after_id, kind).limit(MOST_COUNTED).subquery()
            )
        ).one()
        for kind in Difference
    }


def list_differences(
    session: Session, before_id: int, after_id: int, kind: Difference, *, after_face: int = 0, limit: int = 60
) -> list[DifferentFace]:
    """Faces that differ in one way, by id; `after_face` pages on."""
    query = _different(before_id, after_id, kind).limit(limit)
    rows = session.execute(query.where(query.selected_columns[0] > after_face))
    return [
        DifferentFace(face_id=face_id, split=split, before=before, after=after)
        for face_id, split, before, after in rows
    ]


def _different(
    before_id: int, after_id: int, kind: Difference
) -> Select[int, Split, Label | None, Label | None]:
    """Rows of (face id, side, label before, label after)."""
    mine, theirs = aliased(DatasetFace), aliased(DatasetFace)
    mine_id, their_id = (before_id, after_id) if kind is Difference.REMOVED else (after_id, before_id)
    same = and_(theirs.dataset_id == their_id, theirs.face_id == mine.face_id)
    labels = (mine.label, theirs.label) if kind is Difference.REMOVED else (theirs.label, mine.label)
    query = select(mine.face_id, mine.split, *labels).outerjoin(theirs, same)
    differs = (
        theirs.label.is_not(None) & (theirs.label != mine.label)
        if kind is Difference.RELABELLED
        else theirs.face_id.is_(None)
    )
    return query.where(mine.dataset_id == mine_id, differs).order_by(mine.face_id)

"""Give every photo with a labelled face its split group, for ever."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Select, select, text, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.datasets.grouping import Group, Joined, MarkedPhoto, group_photos
from core.datasets.splits import DATASET_SHARES, split_of
from models import Decision, Face, Photo, SplitGroup

#: New photos that are grouped in one transaction.
GROUPED_AT_ONCE = 20_000
#: Faces smaller than this, in pixels, or less sure, look alike when they are not.
LEAST_FACE = 32.0
LEAST_SCORE = 0.6


def group_new_photos(session: Session, *, after_id: int = 0) -> int | None:
    """Group a slice of the photos that have labelled faces, hashes and no group; the id to go on after.

    None when no more are waiting. One transaction at a time does this.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE split_group IN SHARE ROW EXCLUSIVE MODE"))
    new = session.scalars(_waiting().where(Photo.id > after_id).limit(GROUPED_AT_ONCE)).all()
    if not new:
        return None
    photos = [*_known(session), *_marked(session, new, {})]
    _write(session, group_photos(photos))
    return new[-1].id


def _waiting() -> Select[Photo]:
    labelled = select(Decision.id).join(Face, Face.id == Decision.face_id).where(Face.photo_id == Photo.id)
    return (
        select(Photo)
        .where(Photo.split_group_id.is_(None), Photo.phash.is_not(None), Photo.dhash.is_not(None))
        .where(labelled.exists())
        .order_by(Photo.id)
    )


def _known(session: Session) -> list[MarkedPhoto]:
    groups = {
        group.id: Group(id=group.id, split=group.split) for group in session.scalars(select(SplitGroup))
    }
    grouped = select(Photo).where(Photo.split_group_id.is_not(None), Photo.phash.is_not(None))
    return _marked(session, session.scalars(grouped.order_by(Photo.id)).all(), groups)


def _marked(session: Session, photos: Sequence[Photo], groups: dict[int, Group]) -> list[MarkedPhoto]:
    faces: dict[int, list[tuple[int, int]]] = defaultdict(list)
    if photos:
        area = (Face.x2 - Face.x1) * (Face.y2 - Face.y1)
        hashes = select(Face.photo_id, Face.phash, Face.dhash).where(
            Face.photo_id.between(photos[0].id, photos[-1].id),
            Face.phash.is_not(None),
            Face.dhash.is_not(None),
            area >= LEAST_FACE**2,
            Face.score >= LEAST_SCORE,
        )
        for photo_id, phash, dhash in session.execute(hashes):
            faces[photo_id].append((phash or 0, dhash or 0))
    return [
        MarkedPhoto(
            id=photo.id,
            sha256=photo.sha256,
            phash=photo.phash or 0,
            dhash=photo.dhash or 0,
            taken_at=photo.taken_at,
            group=groups.get(photo.split_group_id or 0),
            faces=tuple(faces[photo.id]),
        )
        for photo in photos
    ]


def _write(session: Session, found: Sequence[Joined]) -> None:
    now = read_clock(session)
    founded = [joined.key for joined in found if joined.group is None]
    rows = [{"key": key, "split": split_of(key, DATASET_SHARES), "created_at": now} for key in founded]
    insert_new(session, SplitGroup, rows, ["key"])
    ids = dict(session.execute(select(SplitGroup.key, SplitGroup.id)).all())
    session.execute(
        update(Photo),
        [
            {"id": photo.id, "split_group_id": joined.group.id if joined.group else ids[joined.key]}
            for joined in found
            for photo in joined.photos
        ],
    )

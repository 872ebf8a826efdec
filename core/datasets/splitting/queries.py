"""Read photos to train on, by labels or boxes, that have no statistics yet, or no split group yet."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from core.datasets.splitting.groups import Group, HashedPhoto
from core.datasets.splitting.near_duplicates import LOWEST_HASHED_SCORE, SMALLEST_HASHED_FACE
from core.detection.crop_box import crop_box
from core.detection.face import Box
from core.number_text import plural
from models import DatasetFace, Decision, Face, Photo, SplitGroup


@dataclass(frozen=True, kw_only=True)
class BroughtSplits:
    """How many photos of a dataset are in the split that an imported set gives them, and how many are not."""

    kept: int
    #: In another split, since a near-duplicate of theirs, or an earlier dataset, had it.
    changed: int

    @property
    def sentence(self) -> str:
        """Both numbers in words; empty where no set gives a split."""
        if not self.kept + self.changed:
            return ""
        said = f"Splits of imported sets: {plural(self.kept, 'photo')} kept"
        reason = "because of a near-duplicate or an earlier dataset"
        return said + (f", {self.changed:,} in another split {reason}" if self.changed else "")


def count_brought_splits(session: Session, dataset_id: int) -> BroughtSplits:
    """Of the photos of a dataset that an imported set gives a split."""
    in_dataset = exists(
        select(DatasetFace.face_id)
        .join(Face, Face.id == DatasetFace.face_id)
        .where(DatasetFace.dataset_id == dataset_id, Face.photo_id == Photo.id)
    )
    is_kept = SplitGroup.split == Photo.brought_split
    query = (
        select(is_kept, func.count())
        .select_from(Photo)
        .join(SplitGroup, SplitGroup.id == Photo.split_group_id)
        .where(Photo.brought_split.is_not(None), in_dataset)
        .group_by(is_kept)
    )
    counts = {bool(kept): count for kept, count in session.execute(query).all()}
    return BroughtSplits(kept=counts.get(True, 0), changed=counts.get(False, 0))


@dataclass(frozen=True, kw_only=True)
class UnmeasuredPhoto:
    """A photo without statistics, with all of its faces."""

    photo: Photo
    faces: tuple[Face, ...]

    @property
    def boxes(self) -> list[Box]:
        """The boxes of the faces, in their order."""
        return [crop_box(face, face.detector_key) for face in self.faces]


def count_unmeasured(session: Session) -> int:
    """The number of photos with labelled faces, or all faces boxed, that lack statistics."""
    return session.scalars(select(func.count()).select_from(_select_unmeasured().subquery())).one()


def read_unmeasured(session: Session, *, after_id: int, limit: int) -> list[UnmeasuredPhoto]:
    """The next photos that lack statistics, by id."""
    query = _select_unmeasured().where(Photo.id > after_id).order_by(Photo.id).limit(limit)
    photos = session.scalars(query).all()
    faces = select(Face).where(Face.photo_id.in_([photo.id for photo in photos])).order_by(Face.id)
    found = session.scalars(faces).all()
    return [
        UnmeasuredPhoto(photo=photo, faces=tuple(face for face in found if face.photo_id == photo.id))
        for photo in photos
    ]


def _select_unmeasured() -> Select[Photo]:
    labelled = exists(
        select(Decision.id)
        .join(Face, Face.id == Decision.face_id)
        .where(Face.photo_id == Photo.id, Decision.label.is_not(None))
        .where(Photo.phash.is_(None) | Face.phash.is_(None) | Face.blur.is_(None))
    )
    # Its drawn boxes, which nobody may have labelled, have no hashes either.
    unhashed = exists(select(Face.id).where(Face.photo_id == Photo.id, Face.phash.is_(None)))
    boxed = and_(Photo.boxed_at.is_not(None), or_(Photo.phash.is_(None), unhashed))
    return select(Photo).where(or_(labelled, boxed), Photo.erased_at.is_(None))


def read_ungrouped(session: Session, *, after_id: int, limit: int) -> list[HashedPhoto]:
    """The next photos, by id, that have hashes, and labelled faces or all faces boxed, but no split group."""
    labelled = (
        select(Decision.id)
        .join(Face, Face.id == Decision.face_id)
        .where(Face.photo_id == Photo.id, Decision.label.is_not(None))
    )
    query = (
        select(Photo)
        .where(Photo.split_group_id.is_(None), Photo.phash.is_not(None), Photo.dhash.is_not(None))
        .where(or_(labelled.exists(), Photo.boxed_at.is_not(None)), Photo.id > after_id)
        .order_by(Photo.id)
        .limit(limit)
    )
    return _hashed(session, session.scalars(query).all(), {})


def read_grouped(session: Session) -> list[HashedPhoto]:
    """All photos that have a split group, by id."""
    groups = {
        group.id: Group(id=group.id, split=group.split) for group in session.scalars(select(SplitGroup))
    }
    grouped = select(Photo).where(Photo.split_group_id.is_not(None), Photo.phash.is_not(None))
    return _hashed(session, session.scalars(grouped.order_by(Photo.id)).all(), groups)


def _hashed(session: Session, photos: Sequence[Photo], groups: dict[int, Group]) -> list[HashedPhoto]:
    faces = _face_hashes(session, photos[0].id, photos[-1].id) if photos else {}
    return [
        HashedPhoto(
            id=photo.id,
            sha256=photo.sha256,
            phash=photo.phash or 0,
            dhash=photo.dhash or 0,
            taken_at=photo.taken_at,
            group=groups.get(photo.split_group_id or 0),
            faces=tuple(faces.get(photo.id, ())),
            brought=photo.brought_split,
        )
        for photo in photos
    ]


def _face_hashes(session: Session, first_id: int, last_id: int) -> dict[int, list[tuple[int, int]]]:
    """(phash, dhash) of large faces with a high score, by photo id, for a range of photos."""
    area = (Face.x2 - Face.x1) * (Face.y2 - Face.y1)
    query = select(Face.photo_id, Face.phash, Face.dhash).where(
        Face.photo_id.between(first_id, last_id),
        Face.phash.is_not(None),
        Face.dhash.is_not(None),
        area >= SMALLEST_HASHED_FACE**2,
        Face.score >= LOWEST_HASHED_SCORE,
    )
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for photo_id, phash, dhash in session.execute(query):
        found[photo_id].append((phash or 0, dhash or 0))
    return found

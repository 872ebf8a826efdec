"""Read duplicate groups for pages; every page of the list costs the same."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.dedup.job_kind import DedupOptions
from core.detection.face import SAME_FACE, overlap
from core.errors import InputError
from core.library.credits import Place, places_of
from core.library.fingerprints.photo_hashes import NEAR_DISTANCE, cosine_of
from core.library.queries import PhotoFace, read_faces
from models import DuplicateGroup, DuplicateMember, DuplicateState, Job, Photo, Source

#: Photos of one group that a page shows; the page gives the number of the others.
MOST_SHOWN = 200
#: Places of one photo that a page shows.
_MOST_PLACES = 5


@dataclass(frozen=True, kw_only=True)
class MemberView:
    """One photo of a group."""

    photo: Photo
    member: DuplicateMember
    places: tuple[Place, ...] = ()

    @property
    def cosine(self) -> float | None:
        """Cosine with the kept photo, if the photo is only similar to it; else None."""
        return cosine_of(self.member.similarity)


@dataclass(frozen=True, kw_only=True)
class GroupView:
    """A group with its photos: the kept one first, then by falling similarity."""

    group: DuplicateGroup
    members: tuple[MemberView, ...]

    @property
    def cosine(self) -> float | None:
        """Cosine of the least similar member, if that one is only similar; else None."""
        return cosine_of(self.group.similarity)

    @property
    def kept(self) -> MemberView:
        """The kept photo."""
        return self.members[0]

    @property
    def others(self) -> tuple[MemberView, ...]:
        """All photos but the kept one."""
        return self.members[1:]


@dataclass(frozen=True, kw_only=True)
class GroupPlace:
    """The place of a group in the list of its state, which stays when the group is decided or deleted."""

    id: int
    similarity: float
    #: None for an open group that nobody has decided yet.
    decided_at: datetime | None

    @classmethod
    def of(cls, group: DuplicateGroup) -> Self:
        """Where the group stands now."""
        return cls(id=group.id, similarity=group.similarity, decided_at=group.decided_at)


@dataclass(frozen=True, kw_only=True)
class GroupsPage:
    """One page of groups."""

    groups: tuple[GroupView, ...]
    #: Id of the last group if there is a next page, else None.
    next_after: int | None

    @property
    def next_place(self) -> GroupPlace | None:
        """The place of the last group if there is a next page, else None."""
        return None if self.next_after is None else GroupPlace.of(self.groups[-1].group)


def read_groups(
    session: Session, state: DuplicateState, *, after: int | GroupPlace | None, limit: int, photos: int
) -> GroupsPage:
    """Groups after the group or place `after`, each with its first `photos` photos.

    Open groups are ordered by falling similarity, accepted ones by the time of decision, latest first.
    """
    query = select(DuplicateGroup).where(DuplicateGroup.state == state)
    start = session.get(DuplicateGroup, after) if isinstance(after, int) else after
    if start is not None:
        query = query.where(_beyond(start, state, forward=True))
    found = session.scalars(query.order_by(*_order(state, forward=True)).limit(limit + 1)).all()
    views = tuple(_view(session, group, limit=photos) for group in found[:limit])
    return GroupsPage(groups=views, next_after=found[limit - 1].id if len(found) > limit else None)


def read_group(session: Session, group_id: int) -> GroupView:
    """One group with the places of its photos. Raises InputError duplicate_group_not_found."""
    group = session.get(DuplicateGroup, group_id)
    if group is None:
        raise InputError("duplicate_group_not_found", f"There is no duplicate group {group_id}.")
    return _view(session, group, limit=MOST_SHOWN, with_places=True)


def read_group_photos(session: Session, group_id: int) -> list[Photo]:
    """The group's photos, by id."""
    query = select(Photo).join(DuplicateMember, DuplicateMember.photo_id == Photo.id)
    return list(session.scalars(query.where(DuplicateMember.group_id == group_id).order_by(Photo.id)))


def find_group(session: Session, photo_id: int) -> DuplicateGroup | None:
    """The group of a photo, None if it is in none."""
    member = session.get(DuplicateMember, photo_id)
    return session.get(DuplicateGroup, member.group_id) if member is not None else None


def find_allowed_distance(session: Session, group_id: int) -> int:
    """The largest distance of members: an option of the job that found the group; the default without it."""
    group = session.get(DuplicateGroup, group_id)
    job = session.get(Job, group.job_id) if group is not None and group.job_id is not None else None
    return DedupOptions.from_json(job.options).distance if job is not None else NEAR_DISTANCE


def find_next_group(session: Session, group: DuplicateGroup, *, forward: bool) -> int | None:
    """Id of the open group after (or before) this one, None at the end."""
    state = DuplicateState.OPEN
    query = select(DuplicateGroup.id).where(
        DuplicateGroup.state == state, _beyond(group, state, forward=forward)
    )
    return session.scalars(query.order_by(*_order(state, forward=forward)).limit(1)).one_or_none()


def _sorted_by(state: DuplicateState) -> InstrumentedAttribute[object]:
    by_similarity = state is DuplicateState.OPEN
    return DuplicateGroup.similarity if by_similarity else DuplicateGroup.decided_at


def _order(state: DuplicateState, *, forward: bool) -> tuple[ColumnElement[object], ColumnElement[int]]:
    column = _sorted_by(state)
    if forward:
        return column.desc(), DuplicateGroup.id.desc()
    return column.asc(), DuplicateGroup.id.asc()


def _beyond(
    start: DuplicateGroup | GroupPlace, state: DuplicateState, *, forward: bool
) -> ColumnElement[bool]:
    """Condition: the group comes after (or before) `start` in the order of `_order`."""
    column = _sorted_by(state)
    value = start.similarity if state is DuplicateState.OPEN else start.decided_at
    if value is None:
        same = DuplicateGroup.id < start.id if forward else DuplicateGroup.id > start.id
        return and_(column.is_(None), same)
    if forward:
        return or_(column < value, and_(column == value, DuplicateGroup.id < start.id))
    return or_(column > value, and_(column == value, DuplicateGroup.id > start.id))


def _view(session: Session, group: DuplicateGroup, *, limit: int, with_places: bool = False) -> GroupView:
    rows = session.execute(
        select(Photo, DuplicateMember)
        .join(DuplicateMember, DuplicateMember.photo_id == Photo.id)
        .where(DuplicateMember.group_id == group.id)
        .order_by(
            (DuplicateMember.photo_id == group.kept_photo_id).desc(),
            DuplicateMember.similarity.desc(),
            Photo.id,
        )
        .limit(limit)
    ).all()
    places = _places(session, [photo.id for photo, _ in rows]) if with_places else {}
    return GroupView(
        group=group,
        members=tuple(
            MemberView(photo=photo, member=member, places=tuple(places.get(photo.id, ())))
            for photo, member in rows
        ),
    )


def _places(session: Session, photo_ids: Sequence[int]) -> dict[int, list[Place]]:
    found: defaultdict[int, list[Source]] = defaultdict(list)
    query = select(Source).where(Source.photo_id.in_(photo_ids)).order_by(Source.photo_id, Source.id)
    for source in session.scalars(query):
        found[source.photo_id].append(source)
    return {photo_id: places_of(sources)[:_MOST_PLACES] for photo_id, sources in found.items()}


@dataclass(frozen=True, kw_only=True)
class SideFace:
    """A face of one photo; `differs` if the same face in the other photo has another label."""

    face: PhotoFace
    differs: bool


def read_side_faces(
    session: Session, kept: Photo, other: Photo, *, whole: bool
) -> tuple[tuple[SideFace, ...], tuple[SideFace, ...]]:
    """The faces of both photos, those with different labels first, then from left to right.

    `whole` is False if one photo shows a part of the other: then faces cannot be matched by position.
    """
    both = [read_faces(session, photo.id) for photo in (kept, other)]
    ours, theirs = (_in_shares(faces, photo) for faces, photo in zip(both, (kept, other), strict=True))
    return _beside(both[0], ours, theirs if whole else []), _beside(both[1], theirs, ours if whole else [])


def _beside(
    faces: Sequence[PhotoFace], places: Sequence[PhotoFace], others: Sequence[PhotoFace]
) -> tuple[SideFace, ...]:
    judged = [
        SideFace(face=face, differs=_differs(place, others))
        for face, place in zip(faces, places, strict=True)
    ]
    return tuple(sorted(judged, key=lambda side: (not side.differs, side.face.x1)))


def _differs(place: PhotoFace, others: Sequence[PhotoFace]) -> bool:
    there = max(others, key=lambda other: overlap(place, other), default=None)
    if there is None or overlap(place, there) < SAME_FACE:
        return False
    return (
        place.current_label is not None
        and there.current_label is not None
        and place.current_label is not there.current_label
    )


def _in_shares(faces: Sequence[PhotoFace], photo: Photo) -> list[PhotoFace]:
    """Faces with corners as shares of width and height, since copies differ in size."""
    width, height = photo.width, photo.height
    return [
        replace(face, x1=face.x1 / width, x2=face.x2 / width, y1=face.y1 / height, y2=face.y2 / height)
        for face in faces
    ]


#: Limit of the count for a page or a log line; counting a million groups would take too long.
_COUNTED = 100_000


def count_groups(session: Session, job_id: int) -> int:
    """Number of existing groups that the job found."""
    found = select(DuplicateGroup.id).where(DuplicateGroup.job_id == job_id).limit(_COUNTED).subquery()
    return session.scalars(select(func.count()).select_from(found)).one()

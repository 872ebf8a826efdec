"""A job's photos to box, in listing order, read a page at a time at a bounded cost."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import JobPhoto, JobPhotoState, Photo

#: Positions looked at in one query, since no index knows which photos of a job are boxed.
WINDOW = 2_000
#: Windows looked through for one page before the reader is asked whether to go on.
WINDOWS = 10


@dataclass(frozen=True, kw_only=True)
class ListedPhoto:
    """One photo at its place in a job."""

    position: int
    name: str
    photo: Photo


@dataclass(frozen=True, kw_only=True)
class PhotosPage:
    """Photos by position."""

    photos: tuple[ListedPhoto, ...]
    #: Give it as `after` for the next page; None at the end.
    next_after: int | None
    #: True where looking stopped for its cost, so that more may fit beyond.
    cut_short: bool = False


def list_photos(
    session: Session, job_id: int, *, boxed: bool, after: int | None = None, limit: int = 60
) -> PhotosPage:
    """The job's photos beyond position `after` that are boxed, or those that are not."""
    found: list[_Place] = []
    start = -1 if after is None else after
    for _ in range(WINDOWS):
        rows = session.execute(_window(job_id, start)).all()
        found += [_Place(*row[:3]) for row in rows if row.photo_id and (row.boxed_at is not None) is boxed]
        if len(found) > limit:
            return PhotosPage(
                photos=_with_photos(session, found[:limit]), next_after=found[limit - 1].position
            )
        if len(rows) < WINDOW:
            return PhotosPage(photos=_with_photos(session, found), next_after=None)
        start = rows[-1].position
    return PhotosPage(photos=_with_photos(session, found), next_after=start, cut_short=True)


def next_to_box(session: Session, job_id: int, position: int) -> ListedPhoto | None:
    """The next photo that is not boxed yet, from the start again at the end; None where all are.

    It looks no further than `list_photos` does.
    """
    for after, before in ((position, None), (None, position)):
        page = list_photos(session, job_id, boxed=False, after=after, limit=1)
        if page.photos and (before is None or page.photos[0].position < before):
            return page.photos[0]
    return None


def photo_before(session: Session, job_id: int, position: int) -> ListedPhoto | None:
    """The photo that was read before a position, boxed or not; None at the start."""
    query = (
        _listed(job_id)
        .where(JobPhoto.position < position, Photo.id.is_not(None))
        .order_by(JobPhoto.position.desc())
        .limit(1)
    )
    place = session.execute(query).first()
    return _with_photos(session, [_Place(*place[:3])])[0] if place else None


class _Place(NamedTuple):
    position: int
    name: str
    photo_id: int


def _with_photos(session: Session, places: list[_Place]) -> tuple[ListedPhoto, ...]:
    query = select(Photo).where(Photo.id.in_(place.photo_id for place in places))
    photos = {photo.id: photo for photo in session.scalars(query)}
    return tuple(
        ListedPhoto(position=place.position, name=place.name, photo=photos[place.photo_id])
        for place in places
    )


def _window(job_id: int, after: int) -> Select[int, str, int, datetime | None]:
    """Up to WINDOW rows beyond a position."""
    return _listed(job_id).where(JobPhoto.position > after).order_by(JobPhoto.position).limit(WINDOW)


def _listed(job_id: int) -> Select[int, str, int, datetime | None]:
    """Position, name, photo and its mark; no photo where the file could not be read."""
    return (
        select(JobPhoto.position, JobPhoto.name, Photo.id.label("photo_id"), Photo.boxed_at)
        .outerjoin(Photo, (Photo.id == JobPhoto.photo_id) & (JobPhoto.state == JobPhotoState.DONE))
        .where(JobPhoto.job_id == job_id)
    )

"""A job's photos to box, in listing order, read a page at a time at a bounded cost."""

from dataclasses import dataclass

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
    found: list[ListedPhoto] = []
    start = -1 if after is None else after
    for _ in range(WINDOWS):
        rows = session.execute(_window(job_id, start)).all()
        found += [
            ListedPhoto(position=position, name=name, photo=photo)
            for position, name, photo in rows
            if photo is not None and (photo.boxed_at is not None) is boxed
        ]
        if len(found) > limit:
            return PhotosPage(photos=tuple(found[:limit]), next_after=found[limit - 1].position)
        if len(rows) < WINDOW:
            return PhotosPage(photos=tuple(found), next_after=None)
        start = rows[-1].position
    return PhotosPage(photos=tuple(found), next_after=start, cut_short=True)


def next_to_box(session: Session, job_id: int, position: int) -> ListedPhoto | None:
    """The next photo that is not boxed yet, from the start again at the end; None where all are.

    It looks no further than `list_photos` does.
    """
    for after, before in ((position, None), (None, position)):
        page = list_photos(session, job_id, boxed=False, after=after, limit=1)
        if page.photos and (before is None or page.photos[0].position < before):
            return page.photos[0]
    return None


def _window(job_id: int, after: int) -> Select[int, str, Photo]:
    """Up to WINDOW rows of (position, name, photo), photo None where the file could not be read."""
    return (
        select(JobPhoto.position, JobPhoto.name, Photo)
        .outerjoin(Photo, (Photo.id == JobPhoto.photo_id) & (JobPhoto.state == JobPhotoState.DONE))
        .where(JobPhoto.job_id == job_id, JobPhoto.position > after)
        .order_by(JobPhoto.position)
        .limit(WINDOW)
    )

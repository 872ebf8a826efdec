"""Read selected photos: pages, slices of a listing, numbers, and the choices of the filters.

A page and a number cost the same however large the library is: where no index lists the selected photos, a
search checks candidates window by window, and says so when it stops before the end.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.library.credits import Credit
from core.library.queries import read_credits
from core.library.selection.conditions import Bounds, added_within, meets, needs_windows, select_window
from core.library.selection.model import EVERYTHING, LibrarySelection
from models import Photo, Source

#: Photos on a page.
PAGE = 60
#: Most candidates checked in one query; a search begins with fewer, since the first ones often suffice.
_WINDOW = 2_000
_FIRST_WINDOW = 125
#: How long windows are checked for a page, before the reader is asked to continue, and for a number.
_SEARCH_SECONDS = 0.2
_COUNT_SECONDS = 0.1
#: Photos read to find the first and the last one of some days.
_BOUNDED = 20_000
#: Filtered photos are counted up to here.
_COUNTED = 50_000


@dataclass(frozen=True, kw_only=True)
class LibraryPhoto:
    """A photo with its credit."""

    photo: Photo
    credit: Credit | None


@dataclass(frozen=True, kw_only=True)
class LibraryPage:
    """One page of photos, newest first, with links to the pages before and after."""

    photos: tuple[LibraryPhoto, ...]
    #: Pass it as `before` to read older photos; None on the last page.
    older: int | None
    #: Pass it as `after` to read newer photos; None on the first page.
    newer: int | None
    #: Whether the search stopped at its limit, so that there may be more.
    cut_short: bool = False


@dataclass(frozen=True, kw_only=True)
class Found:
    """Ids in the direction of a search."""

    ids: list[int]
    #: Id from which to continue; None at the end.
    stopped_at: int | None
    cut_short: bool = False


@dataclass(frozen=True, kw_only=True)
class SelectedCount:
    """How many photos are selected."""

    photos: int
    #: Whether there may be more, since not all were counted.
    at_least: bool


@dataclass(frozen=True, kw_only=True)
class SelectedPhoto:
    """A photo to give to a job."""

    photo_id: int
    sha256: str
    stored: bool
    #: A path, name or address of the file; the hash where no source is known any more.
    name: str


@dataclass(frozen=True, kw_only=True)
class Slice:
    """The selected photos among some candidates, by id; a slice may be empty before the last one."""

    photos: tuple[SelectedPhoto, ...]
    #: Pass it as `after` to read the next slice; None at the end.
    next_after: int | None


def read_library(
    session: Session,
    selection: LibrarySelection,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> LibraryPage:
    """The page of photos older than `before` or newer than `after` (photo ids), else the newest ones."""
    upward = after is not None
    found = search(session, selection, start=after if upward else before, backward=not upward, limit=limit)
    ids = sorted(found.ids, reverse=True)
    # The reader came from that page, so it exists.
    older = (ids[-1] if ids else _next_to(after, 1)) if upward else found.stopped_at
    newer = found.stopped_at if upward else (ids[0] if ids else _next_to(before, -1)) if before else None
    return LibraryPage(
        photos=_with_credits(session, ids), older=older, newer=newer, cut_short=found.cut_short
    )


def read_library_around(session: Session, selection: LibrarySelection, photo_id: int) -> LibraryPage:
    """A page that shows this photo among its neighbours; the first page where few are newer."""
    newer = search(session, selection, start=photo_id, backward=False, limit=PAGE // 4).ids
    return read_library(session, selection, before=newer[-1] + 1 if len(newer) == PAGE // 4 else None)


def search(
    session: Session,
    selection: LibrarySelection,
    *,
    start: int | None,
    backward: bool,
    limit: int,
    seconds: float | None = None,
) -> Found:
    """Up to `limit` ids after `start` in this direction; None starts at the first or the last photo.

    Where candidates must be checked one by one, it stops after `seconds`, by default those of a page.
    """
    if not needs_windows(selection):
        window, _ = select_window(selection, start=start, backward=backward, size=limit + 1)
        return _cut(sorted(session.scalars(window), reverse=backward), limit)
    return _search_windows(
        session, selection, start, backward, limit, _SEARCH_SECONDS if seconds is None else seconds
    )


def _search_windows(
    session: Session,
    selection: LibrarySelection,
    start: int | None,
    backward: bool,
    limit: int,
    seconds: float,
) -> Found:
    """The search for selections that need windows; at least one is checked, more until the time is up."""
    bounds = _read_bounds(session, selection)
    ids: list[int] = []
    until, size = time.monotonic() + seconds, _FIRST_WINDOW
    while True:
        size = min(2 * size, _WINDOW)
        left = limit + 1 - len(ids)
        part = _check_window(
            session, selection, bounds, start=start, backward=backward, limit=left, size=size
        )
        ids += part.ids
        if len(ids) > limit or part.stopped_at is None:
            return _cut(ids, limit)
        start = part.stopped_at
        if time.monotonic() >= until:
            return Found(ids=ids, stopped_at=start, cut_short=True)


def count_selected(session: Session, selection: LibrarySelection) -> SelectedCount:
    """The number of selected photos; exact for the whole library and where few are selected."""
    if selection == EVERYTHING:
        return SelectedCount(
            photos=session.scalars(select(func.count()).select_from(Photo)).one(), at_least=False
        )
    if needs_windows(selection):
        found = _search_windows(session, selection, None, True, _COUNTED, _COUNT_SECONDS)
        return SelectedCount(photos=len(found.ids), at_least=found.stopped_at is not None)
    window, _ = select_window(selection, start=None, backward=True, size=_COUNTED + 1)
    photos = session.scalars(select(func.count()).select_from(window.subquery())).one()
    return SelectedCount(photos=min(photos, _COUNTED), at_least=photos > _COUNTED)


def read_slice(
    session: Session, selection: LibrarySelection, *, after: int, candidates: int | None = None
) -> Slice:
    """The selected photos among the next candidates after the photo id `after`; memory holds one slice."""
    everywhere: Bounds = (None, None)
    found = _check_window(
        session, selection, everywhere, start=after, backward=False, limit=None, size=candidates
    )
    name = select(func.min(Source.name)).where(Source.photo_id == Photo.id).correlate(Photo).scalar_subquery()
    rows = session.execute(
        select(Photo.id, Photo.sha256, Photo.stored, name.label("name"))
        .where(Photo.id.in_(found.ids))
        .order_by(Photo.id)
    )
    photos = tuple(
        SelectedPhoto(photo_id=row.id, sha256=row.sha256, stored=row.stored, name=row.name or row.sha256)
        for row in rows
    )
    return Slice(photos=photos, next_after=found.stopped_at)


def is_selected(session: Session, selection: LibrarySelection, photo_id: int) -> bool:
    """Whether the selection has this photo."""
    query = select(Photo.id).where(Photo.id == photo_id, *meets(selection, Photo.id))
    return session.scalars(query).one_or_none() is not None


def read_choices(session: Session, column: InstrumentedAttribute[Any], *, limit: int = 100) -> list[str]:
    """The distinct values of an indexed column, by one index lookup each instead of reading all rows."""
    least = select(func.min(column).label("value")).cte("choices", recursive=True)
    following = select(func.min(column)).where(column > least.c.value).correlate(least).scalar_subquery()
    walk = least.union_all(select(following).where(least.c.value.is_not(None)))
    query = select(walk.c.value).where(walk.c.value.is_not(None)).limit(limit)
    return list(session.scalars(query))


def _read_bounds(session: Session, selection: LibrarySelection) -> Bounds:
    """The first and the last photo of the days, so that a search skips all others.

    Exact for up to _BOUNDED photos. Of more, the first and the last ones tell, since ids rise with time; only
    a clock that was wrong for all of those could hide a photo from a page, and never from a job.
    """
    if selection.since is None and selection.until is None:
        return None, None
    of_days = select(Photo.id).where(*added_within(selection, Photo)).limit(_BOUNDED)
    first = of_days.order_by(Photo.created_at, Photo.id).subquery()
    last = of_days.order_by(Photo.created_at.desc(), Photo.id.desc()).subquery()
    low = session.scalars(select(func.min(first.c.id))).one()
    if low is None:
        # No photo was added within the days, and no id is between these.
        return 1, 0
    return low, session.scalars(select(func.max(last.c.id))).one()


def _check_window(
    session: Session,
    selection: LibrarySelection,
    bounds: Bounds,
    *,
    start: int | None,
    backward: bool,
    limit: int | None,
    size: int | None = None,
) -> Found:
    """The selected ids of one window; `stopped_at` is its last candidate, None where fewer are left."""
    size = size or _WINDOW
    window, chosen = select_window(selection, start=start, backward=backward, size=size, bounds=bounds)
    candidates = window.subquery()
    outermost = func.min(candidates.c.id) if backward else func.max(candidates.c.id)
    checked, last = session.execute(select(func.count(), outermost).select_from(candidates)).one()
    ids = list(session.scalars(chosen.limit(limit))) if checked else []
    return Found(ids=ids, stopped_at=last if checked == size else None)


def _cut(ids: list[int], limit: int) -> Found:
    """Cut the extra id that tells whether there is more."""
    more = len(ids) > limit
    return Found(ids=ids[:limit], stopped_at=ids[limit - 1] if more else None)


def _next_to(photo_id: int | None, step: int) -> int | None:
    """The bound beside this one, so that the page from which the reader came includes the photo itself."""
    return None if photo_id is None else photo_id + step


def _with_credits(session: Session, ids: Sequence[int]) -> tuple[LibraryPhoto, ...]:
    photos = {photo.id: photo for photo in session.scalars(select(Photo).where(Photo.id.in_(ids)))}
    credits = read_credits(session, ids)
    return tuple(LibraryPhoto(photo=photos[id_], credit=credits.get(id_)) for id_ in ids if id_ in photos)

"""The library: all photos, newest first, narrowed by where they came from; each page costs the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from core.library.credits.attribution import Credit
from core.library.credits.store_credits import read_credits
from models import Photo, Source, SourceKind

#: `licence` of photos of which nobody tells one.
UNKNOWN = "unknown"
_PAGE = 60


@dataclass(frozen=True, kw_only=True)
class LibraryFilter:
    """None means any."""

    licence: str | None = None
    host: str | None = None
    phrase: str | None = None
    kind: SourceKind | None = None
    #: Photos that this job met first.
    job: int | None = None

    @property
    def query(self) -> dict[str, Any]:
        """As an address writes it."""
        chosen = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: str(value) for name, value in chosen.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class LibraryPhoto:
    """A photo of the page with its credit."""

    photo: Photo
    credit: Credit | None


@dataclass(frozen=True, kw_only=True)
class LibraryPage:
    """Newest first; the ids from which the neighbouring pages go on."""

    photos: tuple[LibraryPhoto, ...]
    #: Give it as `before` for older ones; None at the end.
    older: int | None
    #: Give it as `after` for newer ones; None at the start.
    newer: int | None


def read_library(
    session: Session,
    chosen: LibraryFilter,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = _PAGE,
) -> LibraryPage:
    """The page of photos older than `before`, or newer than `after`, or the newest ones."""
    ids = list(session.scalars(_ids(chosen, before, after).limit(limit + 1)))
    more, ids = len(ids) > limit, sorted(ids[:limit], reverse=True)
    came_from = before is not None or after is not None
    older = (more if after is None else True) and bool(ids)
    newer = (more if after is not None else came_from) and bool(ids)
    return LibraryPage(
        photos=_with_credits(session, ids),
        older=ids[-1] if older else None,
        newer=ids[0] if newer else None,
    )


def read_choices(session: Session, column: InstrumentedAttribute[Any], *, limit: int = 100) -> list[str]:
    """The values of an indexed column, by one look into the index for each and not by reading all rows."""
    least = select(func.min(column).label("value")).cte("choices", recursive=True)
    following = select(func.min(column)).where(column > least.c.value).correlate(least).scalar_subquery()
    walk = least.union_all(select(following).where(least.c.value.is_not(None)))
    query = select(walk.c.value).where(walk.c.value.is_not(None)).limit(limit)
    return list(session.scalars(query))


def _ids(chosen: LibraryFilter, before: int | None, after: int | None) -> Select[Any]:
    conditions = _conditions(chosen)
    key: InstrumentedAttribute[Any] = Source.photo_id if conditions else Photo.id
    query = select(key).where(*conditions)
    if conditions:
        query = query.group_by(key)
    if before is not None:
        query = query.where(key < before)
    if after is not None:
        return query.where(key > after).order_by(key)
    return query.order_by(key.desc())


def _conditions(chosen: LibraryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.licence == UNKNOWN:
        told = aliased(Source)
        licensed = exists().where(told.photo_id == Source.photo_id, told.licence.is_not(None))
        conditions += [Source.licence.is_(None), ~licensed]
    elif chosen.licence is not None:
        conditions.append(Source.licence == chosen.licence)
    if chosen.host is not None:
        conditions.append(or_(Source.host == chosen.host, Source.page_host == chosen.host))
    if chosen.phrase is not None:
        conditions.append(Source.phrase == chosen.phrase)
    if chosen.kind is not None:
        conditions.append(Source.kind == chosen.kind)
    if chosen.job is not None:
        conditions.append(Source.job_id == chosen.job)
    return conditions


def _with_credits(session: Session, ids: Sequence[int]) -> tuple[LibraryPhoto, ...]:
    photos = {photo.id: photo for photo in session.scalars(select(Photo).where(Photo.id.in_(ids)))}
    credits = read_credits(session, ids)
    return tuple(LibraryPhoto(photo=photos[id_], credit=credits.get(id_)) for id_ in ids if id_ in photos)

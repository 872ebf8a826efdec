"""The target of a removal: how photos are named, and which photos match."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import ColumnElement, Exists, Select, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from core.crawl.address import address_digest, clean_address
from core.errors import InputError
from core.library.selection.conditions import select_ids
from core.library.selection.model import LibrarySelection
from models import Photo, Source, TakedownBy


@dataclass(frozen=True, kw_only=True)
class Target:
    """Photos named by number, page or file address, host, or phrase, or a selection of the library.

    Raises InputError removal_invalid or address_*.
    """

    by: TakedownBy
    #: Photo number, address of a page or file, host, or phrase; the selection in words.
    value: str
    #: Keep photos that also have another source, such as another phrase or a folder, and delete only their
    #: matching sources. None: True for a phrase, False for a page or host.
    spares: bool | None = None
    #: The photos of a removal by selection; None in others.
    selection: LibrarySelection | None = None

    def __post_init__(self) -> None:
        value = self.value.strip()
        if self.by is TakedownBy.PAGE:
            value = clean_address(value)
        elif self.by is TakedownBy.HOST:
            value = value.lower()
        elif self.by is TakedownBy.PHOTO and not (value.isascii() and value.isdigit() and len(value) < 19):
            raise InputError("removal_invalid", "Give the number of the photo.")
        if not value or (self.by is TakedownBy.SELECTION) is not (self.selection is not None):
            raise InputError("removal_invalid", "Enter what to remove.")
        object.__setattr__(self, "value", value)
        spares = self.by is TakedownBy.PHRASE if self.spares is None else self.spares
        by_photo = self.by in (TakedownBy.PHOTO, TakedownBy.SELECTION)
        object.__setattr__(self, "spares", spares and not by_photo)

    @classmethod
    def read(cls, by: str, value: str, *, spares: bool | None = None) -> Self:
        """From text of a form or URL. Raises InputError removal_invalid."""
        if by not in set(TakedownBy):
            raise InputError("removal_invalid", "Remove by photo, page, host or phrase.")
        return cls(by=TakedownBy(by), value=value, spares=spares)

    @classmethod
    def of(cls, selection: LibrarySelection) -> Self:
        """The photos of a selection, from wherever they came."""
        return cls(by=TakedownBy.SELECTION, value=selection.words, selection=selection)

    @property
    def words(self) -> str:
        """The target in plain words."""
        return self.value if self.selection is not None else f"{self.by.value} {self.value}"

    @property
    def photo_ids(self) -> Select[int]:
        """Ids of the photos to delete, each once."""
        if self.by is TakedownBy.PHOTO:
            return select(Photo.id).where(Photo.id == int(self.value))
        if self.selection is not None:
            return select_ids(self.selection)
        named = select(Source.photo_id).where(self.names(Source)).distinct()
        return named.where(~self._has_other_source()) if self.spares else named

    @property
    def shared_ids(self) -> Select[int]:
        """Ids of the matching photos that also have another source, whether they are kept or not."""
        if self.by in (TakedownBy.PHOTO, TakedownBy.SELECTION):
            places = func.count(Source.location_sha256.distinct())
            return (
                select(Source.photo_id).where(self.names(Source)).group_by(Source.photo_id).having(places > 1)
            )
        return select(Source.photo_id).where(self.names(Source), self._has_other_source()).distinct()

    def names(self, source: type[Source]) -> ColumnElement[bool]:
        """The condition for sources that match."""
        if self.by is TakedownBy.PHOTO:
            return source.photo_id == int(self.value)
        if self.selection is not None:
            return source.photo_id.in_(select_ids(self.selection))
        if self.by is TakedownBy.HOST:
            return or_(source.host == self.value, source.page_host == self.value)
        if self.by is TakedownBy.PHRASE:
            return source.phrase == self.value
        digest = address_digest(self.value)
        return or_(source.page_sha256 == digest, source.location_sha256 == digest)

    def _has_other_source(self) -> Exists:
        """Whether the photo has a source that does not match."""
        other = aliased(Source)
        return exists().where(other.photo_id == Source.photo_id, self.names(other).is_not(true()))

"""What a removal goes by, and which photos that is."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import ColumnElement, Exists, Select, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from core.crawl.address import address_digest, clean_address
from core.errors import InputError
from models import Photo, Source, TakedownBy


@dataclass(frozen=True, kw_only=True)
class Target:
    """Checked at construction: InputError removal_invalid or address_*."""

    by: TakedownBy
    #: Photo number, address of a page or file, host, or phrase.
    value: str
    #: Photos stay that came in another way too, by another phrase or from a folder: only that this one
    #: brought them is forgotten. A phrase spares them unless told otherwise, all else does not.
    spares: bool | None = None

    def __post_init__(self) -> None:
        value = self.value.strip()
        if self.by is TakedownBy.PAGE:
            value = clean_address(value)
        elif self.by is TakedownBy.HOST:
            value = value.lower()
        elif self.by is TakedownBy.PHOTO and not (value.isascii() and value.isdigit() and len(value) < 19):
            raise InputError("removal_invalid", "A photo is named by its number.")
        if not value:
            raise InputError("removal_invalid", "Say what is to be removed.")
        object.__setattr__(self, "value", value)
        spares = self.by is TakedownBy.PHRASE if self.spares is None else self.spares
        object.__setattr__(self, "spares", spares and self.by is not TakedownBy.PHOTO)

    @classmethod
    def read(cls, by: str, value: str, *, spares: bool | None = None) -> Self:
        """From a form or an address."""
        if by not in set(TakedownBy):
            raise InputError("removal_invalid", "Removals go by photo, page, host or phrase.")
        return cls(by=TakedownBy(by), value=value, spares=spares)

    @property
    def photo_ids(self) -> Select[int]:
        """Ids of the photos that go, each once."""
        if self.by is TakedownBy.PHOTO:
            return select(Photo.id).where(Photo.id == int(self.value))
        named = select(Source.photo_id).where(self.names(Source)).distinct()
        return named.where(~self._came_otherwise()) if self.spares else named

    @property
    def shared_ids(self) -> Select[int]:
        """Ids of the photos that are named and came in another way too, whether they are spared or not."""
        if self.by is TakedownBy.PHOTO:
            places = func.count(Source.location_sha256.distinct())
            return (
                select(Source.photo_id).where(self.names(Source)).group_by(Source.photo_id).having(places > 1)
            )
        return select(Source.photo_id).where(self.names(Source), self._came_otherwise()).distinct()

    def names(self, source: type[Source]) -> ColumnElement[bool]:
        """Which sources the target names."""
        if self.by is TakedownBy.PHOTO:
            return source.photo_id == int(self.value)
        if self.by is TakedownBy.HOST:
            return or_(source.host == self.value, source.page_host == self.value)
        if self.by is TakedownBy.PHRASE:
            return source.phrase == self.value
        digest = address_digest(self.value)
        return or_(source.page_sha256 == digest, source.location_sha256 == digest)

    def _came_otherwise(self) -> Exists:
        """Whether the photo has a source that the target does not name."""
        other = aliased(Source)
        return exists().where(other.photo_id == Source.photo_id, self.names(other).is_not(true()))

"""What a removal goes by, and which photos that is."""

import hashlib
from dataclasses import dataclass
from typing import Self

from sqlalchemy import ColumnElement, Select, or_, select

from core.crawl.address import clean_address
from core.errors import InputError
from models import Photo, Source, TakedownBy


@dataclass(frozen=True, kw_only=True)
class Target:
    """Checked at construction: InputError removal_invalid or address_*."""

    by: TakedownBy
    #: Photo number, address of a page or file, host, or phrase.
    value: str

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

    @classmethod
    def read(cls, by: str, value: str) -> Self:
        """From a form or an address."""
        if by not in set(TakedownBy):
            raise InputError("removal_invalid", "Removals go by photo, page, host or phrase.")
        return cls(by=TakedownBy(by), value=value)

    @property
    def photo_ids(self) -> Select[int]:
        """Ids of the photos, each once."""
        if self.by is TakedownBy.PHOTO:
            return select(Photo.id).where(Photo.id == int(self.value))
        return select(Source.photo_id).where(self._condition).distinct()

    @property
    def _condition(self) -> ColumnElement[bool]:
        if self.by is TakedownBy.HOST:
            return or_(Source.host == self.value, Source.page_host == self.value)
        if self.by is TakedownBy.PHRASE:
            return Source.phrase == self.value
        digest = hashlib.sha256(self.value.encode()).digest()
        return or_(Source.page_sha256 == digest, Source.location_sha256 == digest)

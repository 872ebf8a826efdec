"""A selection of the library's photos: what the library page filters by, and what jobs and exports take."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.errors import InputError
from core.number_text import number
from models import SourceKind

#: `licence` of photos without a known licence.
UNKNOWN = "unknown"
#: Photos that may be chosen one by one; each is a value of a query, and SQLite takes 32,766.
MOST_PHOTOS = 5_000


class LabelFilter(StrEnum):
    """Photos with a face of this current label, or photos that lack labels, faces or a search."""

    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    INCORRECT = "incorrect"
    NOT_A_FACE = "not_a_face"
    #: A face has neither a decision nor a prediction of the champion.
    NOT_LABELLED = "not_labelled"
    #: The photo was searched, and no face was found.
    NO_FACE = "no_face"
    NOT_SEARCHED = "not_searched"

    @property
    def words(self) -> str:
        """The filter in plain words."""
        if self is LabelFilter.NOT_LABELLED:
            return "not labelled yet"
        return self.value.replace("_", " ") + (" yet" if self is LabelFilter.NOT_SEARCHED else "")


#: A number that a column of ids holds.
_Id = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class LibrarySelection(BaseModel):
    """The photos for which all given values hold; without any, all photos. None means any.

    A selection with an unknown key is refused, not widened. `read` raises InputError selection_invalid.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    photos: tuple[_Id, ...] = Field((), description="Numbers of photos chosen one by one.")
    job: _Id | None = Field(None, description="Photos that this job read, fetched or was given.")
    label: LabelFilter | None = Field(None, description="What is known of their faces.")
    name: str | None = Field(None, description="Part of a file's path or address, or of a title.")
    licence: str | None = Field(None, description="Short name of the licence, or `unknown`.")
    host: str | None = Field(None, description="Host of the file or of its page.")
    phrase: str | None = Field(None, description="The phrase that found them.")
    kind: SourceKind | None = Field(None, description="Kind of source.")
    since: date | None = Field(None, description="First day on which they were added, in UTC.")
    until: date | None = Field(None, description="Last day on which they were added, in UTC.")

    @field_validator("name", "licence", "host", "phrase", mode="before")
    @classmethod
    def _stripped(cls, value: Any) -> Any:
        return (value.strip() or None) if isinstance(value, str) else value

    @field_validator("host")
    @classmethod
    def _lower(cls, value: str | None) -> str | None:
        return value and value.lower()

    @field_validator("photos")
    @classmethod
    def _each_once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(value) > MOST_PHOTOS:
            raise InputError(
                "selection_too_large",
                f"At most {number(MOST_PHOTOS)} photos can be chosen one by one. Use a filter.",
            )
        return tuple(sorted(set(value)))

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise InputError("selection_invalid", "The first day must not be after the last day.")
        return self

    @classmethod
    def read(cls, given: Mapping[str, str], ids: Sequence[str] = ()) -> Self:
        """From text of a form or URL; other keys are ignored, empty values mean any.

        Each text of `ids` holds numbers of photos, separated by commas.
        """
        names = [name for name in cls.model_fields if name != "photos" and given.get(name, "").strip()]
        values: dict[str, Any] = {name: given[name] for name in names}
        chosen = [number for text in ids for number in text.split(",") if number.strip()]
        try:
            return cls.model_validate({**values, "photos": chosen})
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]).replace("photos", "ids")
            raise InputError(
                "selection_invalid", f"The filter “{name}” is not valid: {first['input']!r}."
            ) from error

    def to_json(self) -> dict[str, Any]:
        """The given values, for JSON; `model_validate` reads them back."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @property
    def query(self) -> dict[str, str]:
        """The selection as parameters of a URL, which `read` reads back; numbers of photos are `ids`."""
        given = {name: str(value) for name, value in self.to_json().items() if name != "photos"}
        return {"ids": ",".join(map(str, self.photos)), **given} if self.photos else given

    @property
    def created_from(self) -> datetime | None:
        """The first moment of the first day."""
        return None if self.since is None else datetime.combine(self.since, time(), UTC)

    @property
    def created_before(self) -> datetime | None:
        """The moment after the last day; None if no photo can be added later."""
        if self.until is None or self.until == date.max:
            return None
        return datetime.combine(self.until + timedelta(days=1), time(), UTC)

    @property
    def words(self) -> str:
        """The selection in plain words, such as `phrase “crowd”, host news.example`."""
        count = len(self.photos)
        parts = [
            f"photo {self.photos[0]}" if count == 1 else f"{number(count)} chosen photos" if count else "",
            f"job {self.job}" if self.job is not None else "",
            self.label.words if self.label else "",
            f"name with “{self.name}”" if self.name else "",
            f"licence {self.licence}" if self.licence else "",
            f"host {self.host}" if self.host else "",
            f"phrase “{self.phrase}”" if self.phrase else "",
            f"source {self.kind.value}" if self.kind else "",
            f"added since {self.since}" if self.since else "",
            f"added until {self.until}" if self.until else "",
        ]
        return ", ".join(part for part in parts if part) or "all photos"


#: All photos.
EVERYTHING = LibrarySelection()

"""Photos of the library, their sources, and the boxes of their faces."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field

from core.boxes.face import FaceStatus
from core.library.credits import Credit
from core.library.selection.model import LabelFilter, LibrarySelection
from models import BoxEditKind, Choice, Label, Photo, Source, SourceKind
from web.api_v1.schemas.base import Answer, Asked, ListQuery


class PhotoFilter(Asked):
    """The filters of the library; all that are given hold."""

    ids: str | None = Field(None, description="Numbers of photos, separated by commas.")
    job: str | None = Field(None, description="Photos that this job read, fetched or was given.")
    label: LabelFilter | None = Field(None, description="What is known of their faces.")
    name: str | None = Field(None, description="Part of a file's path or address, or of a title.")
    licence: str | None = Field(None, description="Short name of the licence, or `unknown`.")
    host: str | None = Field(None, description="Host of the file or of its page.")
    phrase: str | None = Field(None, description="The phrase that found them.")
    kind: SourceKind | None = Field(None, description="Kind of source.")
    since: str | None = Field(None, description="First day on which they were added, in UTC.")
    until: str | None = Field(None, description="Last day on which they were added, in UTC.")

    @property
    def selection(self) -> LibrarySelection:
        """The selection. Raises InputError selection_invalid."""
        given = self.model_dump(include=set(PhotoFilter.model_fields) - {"ids"}, exclude_none=True)
        return LibrarySelection.read(given, [self.ids] if self.ids else ())


class PhotoQuery(PhotoFilter, ListQuery):
    """A page of the library."""


class PhotoAnswer(Answer):
    """A photo; sizes in pixels of the upright full-size photo."""

    id: int
    sha256: str
    bytes: int
    width: int
    height: int
    format: str
    frames: int
    notes: list[str]
    hidden: bool = Field(description="Whether it is hidden as a duplicate.")
    erased_at: datetime | None = Field(description="When its picture was deleted; its results stay.")
    boxed_at: datetime | None = Field(description="When a person marked the boxes as complete.")
    taken_at: str | None = Field(description="Of the camera's clock, without time zone.")
    camera: str | None
    created_at: datetime
    source: str | None
    licence: str | None
    attribution: str | None

    @classmethod
    def of(cls, photo: Photo, credit: Credit | None, **more: Any) -> Self:
        """The row as answered, with the best credit of its sources."""
        credited = {"source", "licence", "attribution", *more}
        return cls(
            **{name: getattr(photo, name) for name in cls.model_fields if name not in credited},
            source=credit.place if credit else None,
            licence=credit.licence if credit else None,
            attribution=(credit.attribution or None) if credit else None,
            **more,
        )


class PhotoList(Answer):
    """A page of the library, newest first; fewer photos than asked for do not mean the end."""

    photos: list[PhotoAnswer]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class PhotoSource(Answer):
    """A place that a photo came from."""

    kind: SourceKind
    name: str
    job_id: int | None
    created_at: datetime
    page_url: str | None
    title: str | None
    creator: str | None
    licence: str | None
    licence_url: str | None
    host: str | None
    phrase: str | None

    @classmethod
    def of(cls, source: Source) -> Self:
        """The row as answered."""
        return cls(**{name: getattr(source, name) for name in cls.model_fields})


class OnePhoto(PhotoAnswer):
    """A photo with the places it came from."""

    sources: list[PhotoSource] = Field(description="The oldest first, at most 100.")


class BoxedFace(Answer):
    """A face of a photo as the box editor shows it."""

    ref: str = Field(description="The face in edits: its number, or the key of the edit that drew it.")
    id: int
    box: tuple[float, float, float, float] = Field(description="x1, y1, x2, y2; x2 and y2 exclusive.")
    status: FaceStatus
    drawn: bool
    label: Label | None = Field(description="The newest decision.")
    own: bool = Field(description="Whether the caller's account made it.")
    predicted: Label | None
    confidence: float | None
    cannot_tell: bool
    contested: bool = Field(description="Whether two people disagree and nobody has settled it.")


class PhotoFaces(Answer):
    """The faces of a photo."""

    faces: list[BoxedFace]
    boxed: bool = Field(description="Whether a person marked all faces as boxed.")
    undoable: list[str] = Field(description="Keys of the account's edits that can be undone, oldest first.")


class BoxEditRequest(Asked):
    """One edit of a photo's boxes, or the undo or redo of one."""

    kind: BoxEditKind | Literal["undo", "redo"]
    key: str | None = Field(None, description="A UUID of the edit: sent again, it is applied once.")
    face: str | None = Field(None, description="`ref` of the face.")
    box: list[float] | None = Field(None, min_length=4, max_length=4, description="Of a drawn or moved box.")
    label: Choice | None = None
    milliseconds: int | None = Field(None, ge=0)
    edit: str | None = Field(None, description="The key of the edit to undo or redo.")

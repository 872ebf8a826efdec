# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: photos."""

import datetime as dt
from typing import Any

from maskloop_client.models.base import Model


class SeenFace(Model):
    """A face; corners in pixels of the upright full-size photo, x2 and y2 exclusive."""

    #: 1, 2, 3 ... by falling detector score.
    number: int
    x1: float
    y1: float
    x2: float
    y2: float
    #: One of with_mask, without_mask, incorrect, indeterminate, not_a_face.
    label: str
    #: By label; null for one that the version does not predict.
    probabilities: dict[str, float | None]
    detector_score: float | None


class SeenPhoto(Model):
    """A photo with its faces, those that the classifier takes for none left out."""

    sha256: str
    #: Pixels of the upright full-size photo.
    width: int
    height: int
    format: str
    #: Of a file with several pictures the first is read.
    frames: int
    #: What the reader of the photo should know, in words.
    note: str | None
    detector_key: str
    classifier_sha256: str
    faces: list[SeenFace]


class KeptPhotoAnswer(Model):
    """A photo that was stored in the library."""

    photo_id: int
    face_ids: list[int]


class PhotoAnswer(Model):
    """A photo; sizes in pixels of the upright full-size photo."""

    id: int
    sha256: str
    bytes: int
    width: int
    height: int
    format: str
    frames: int
    notes: list[str]
    #: Whether it is hidden as a duplicate.
    hidden: bool
    #: When its picture was deleted; its results stay.
    erased_at: dt.datetime | None
    #: When a person marked the boxes as complete.
    boxed_at: dt.datetime | None
    #: Of the camera's clock, without time zone.
    taken_at: str | None
    camera: str | None
    created_at: dt.datetime
    source: str | None
    licence: str | None
    attribution: str | None


class PhotoSource(Model):
    """A place that a photo came from."""

    #: One of folder, upload, crawl, camera.
    kind: str
    name: str
    job_id: int | None
    created_at: dt.datetime
    page_url: str | None
    title: str | None
    creator: str | None
    licence: str | None
    licence_url: str | None
    host: str | None
    phrase: str | None


class OnePhoto(PhotoAnswer):
    """A photo with the places it came from."""

    #: The oldest first, at most 100.
    sources: list[PhotoSource]


class BoxedFace(Model):
    """A face of a photo as the box editor shows it."""

    #: The face in edits: its number, or the key of the edit that drew it.
    ref: str
    id: int
    #: x1, y1, x2, y2; x2 and y2 exclusive.
    box: list[Any]
    #: One of counts, proposed, not_a_face, hidden.
    status: str
    drawn: bool
    #: The newest decision. One of with_mask, without_mask, incorrect, not_a_face.
    label: str | None
    #: Whether the caller's account made it.
    own: bool
    #: One of with_mask, without_mask, incorrect, not_a_face.
    predicted: str | None
    confidence: float | None
    cannot_tell: bool
    #: Whether two people disagree and nobody has settled it.
    contested: bool


class PhotoFaces(Model):
    """The faces of a photo."""

    faces: list[BoxedFace]
    #: Whether a person marked all faces as boxed.
    boxed: bool
    #: Keys of the account's edits that can be undone, oldest first.
    undoable: list[str]

"""Files and faces of jobs."""

from collections.abc import Iterator
from datetime import datetime

from maskloop_client.models.base import Model


class PhotoFace(Model):
    """A face of a photo; corners in pixels of the upright full-size photo, x2 and y2 exclusive.

    `final` is the label that counts: `decided` by a person where somebody did, else `predicted`.
    """

    face_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    predicted: str | None
    decided: str | None
    decided_at: datetime | None
    final: str
    #: By label; None for a box that a person drew.
    probabilities: dict[str, float] | None
    detector_score: float | None
    #: Detector score times the highest probability.
    rank_score: float | None


class FaceResult(PhotoFace):
    """A face of a job, with the file that it is in."""

    name: str
    position: int
    photo_id: int | None


class PhotoResult(Model):
    """A file of a job, also one that could not be read (`error_code` says why)."""

    position: int
    name: str
    state: str
    photo_id: int | None
    sha256: str | None
    width: int | None
    height: int | None
    error_code: str | None
    error_message: str | None
    #: Whether it is hidden as a duplicate.
    hidden: bool
    source: str | None
    licence: str | None
    attribution: str | None
    faces: list[PhotoFace]

    def each_face(self) -> Iterator[FaceResult]:
        """Its faces, each with the file that it is in."""
        place = {"name": self.name, "position": self.position, "photo_id": self.photo_id}
        for face in self.faces:
            yield FaceResult.model_validate(face.model_dump() | place)

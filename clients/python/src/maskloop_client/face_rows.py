"""Faces of a job, each with the file that it is in."""

from typing import Any

from maskloop_client.models import ResultFace, ResultPhoto


class FaceRow(ResultFace):
    """A face of a job with the file that it is in."""

    name: str
    position: int
    photo_id: int | None


def read_faces(body: dict[str, Any]) -> list[FaceRow]:
    """The faces of a page of files."""
    return [row for photo in body["photos"] for row in _faces_of(ResultPhoto.model_validate(photo))]


def _faces_of(photo: ResultPhoto) -> list[FaceRow]:
    place = {"name": photo.name, "position": photo.position, "photo_id": photo.photo_id}
    return [FaceRow.model_validate(face.model_dump() | place) for face in photo.faces]

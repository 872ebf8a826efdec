"""Faces of one photo at once, and the connection of a camera; both without a job."""

from flask import Response, url_for

from models import Scope, SourceKind
from web.api_v1.access import still_accepted
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.schemas.live import (
    CameraState,
    KeepQuery,
    KeptPhotoAnswer,
    LookQuery,
    PhotoForm,
    SeenPhoto,
)
from web.camera.views import camera_location, open_camera, read_state
from web.one_photo.sent import keep_in_library, look_at, one_at_a_time, sent_photo


@api_v1.post("/photos/look")
@operation(Scope.SUBMIT, answer=SeenPhoto, tag="photos", form=PhotoForm)
@one_at_a_time()
def look_at_photo(query: LookQuery) -> SeenPhoto:
    """The faces of one photo at once, as a job with default options finds them; nothing is stored.

    Each account has one photo in work and one waiting. A job reads larger photos.
    """
    _, data = sent_photo()
    return SeenPhoto.of(look_at(data), query.certainty)


@api_v1.post("/photos")
@operation(Scope.SUBMIT, answer=KeptPhotoAnswer, status=201, tag="photos", errors=(507,), form=PhotoForm)
@one_at_a_time()
def keep_photo(query: KeepQuery) -> Answered:
    """Store one photo with its faces in the library, at once; a photo that is kept twice is one photo."""
    name, data = sent_photo()
    kind, location = SourceKind.UPLOAD, name
    if query.camera:
        kind, location = SourceKind.CAMERA, camera_location()
    kept = keep_in_library(data, kind=kind, location=location)
    answer = KeptPhotoAnswer(photo_id=kept.photo_id, face_ids=list(kept.face_ids))
    return answer, 201, {"Location": url_for("api_v1.read_one_photo", photo_id=kept.photo_id)}


@api_v1.get("/camera")
@operation(Scope.SUBMIT, answer=CameraState, tag="camera")
def read_camera() -> CameraState:
    """Whether a camera can be opened at `/camera/connection`, a WebSocket; the error says why not."""
    return CameraState(**read_state())


@api_v1.get("/camera/connection", websocket=True)
@operation(Scope.SUBMIT, tag="camera")
def connect_camera() -> Response:
    """A WebSocket: numbered JPEG frames in, JSON with their faces out; it ends with the token.

    OpenAPI knows no WebSockets, so the document leaves it out; docs/camera.md describes its messages.
    """
    return open_camera(still_accepted())

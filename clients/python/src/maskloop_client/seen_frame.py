"""What the service answers about a frame of a camera: written by hand, since OpenAPI knows no WebSockets."""

from maskloop_client.models.base import Model


class TrackedFace(Model):
    """A face that is followed from frame to frame."""

    #: 1, 2, 3 ... by appearance; the same as long as the face stays in view.
    track: int
    #: x1, y1, x2, y2 in pixels of the frame.
    box: list[float]
    #: One of with_mask, without_mask, incorrect, indeterminate; None until it is certain that it is a face.
    label: str | None
    confidence: float


class SeenFrame(Model):
    """The faces in a frame."""

    #: The number of the frame.
    frame: int
    width: int
    height: int
    faces: list[TrackedFace]
    #: Faces by label since the camera was opened or reset, each counted once while it stays in view.
    counts: dict[str, int]
    #: Frames that were replaced by newer ones.
    dropped: int
    #: Open cameras of the service.
    cameras: int
    #: Seconds until the turn of the next frame.
    pause: float

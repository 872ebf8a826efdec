"""The box that a stored face's crop is cut for; needs no OpenCV, so that the web process can ask."""

from core.detection.face import Box, Corners

#: Keys of detectors whose boxes followed the habit of one group of annotators: lower and smaller than ours.
_CORRECTED_KEYS = ("yunet-1-", "yunet-2-")
#: How far they were below ours, in their own sizes, and by how much ours are larger (medians of 4,447 faces).
_CORRECTED_LOWER, _CORRECTED_GROWTH = 0.17, 1.11


def crop_box(corners: Corners, detector_key: str) -> Box:
    """The box of a stored face that its square is cut for: as today's detector would place it.

    Boxes of earlier detectors are converted; without this their squares would begin below the eyes.
    """
    x1, y1, x2, y2 = corners.x1, corners.y1, corners.x2, corners.y2
    if not detector_key.startswith(_CORRECTED_KEYS):
        return Box(x1=x1, y1=y1, x2=x2, y2=y2)
    up = _CORRECTED_LOWER * ((x2 - x1) * (y2 - y1)) ** 0.5
    wider, higher = ((side * (_CORRECTED_GROWTH - 1) / 2) for side in (x2 - x1, y2 - y1))
    return Box(x1=x1 - wider, y1=y1 - up - higher, x2=x2 + wider, y2=y2 - up + higher)

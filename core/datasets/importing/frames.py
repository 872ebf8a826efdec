"""Bring annotated boxes into pixels of the upright photo: scale them, turn them as EXIF turns the photo."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.datasets.importing.truth import Truth
from core.detection.face import Box, FoundFace, overlaps
from core.detection.photo import DecodedPhoto
from core.errors import InputError

#: The picture that was annotated has another shape than the photo.
SIZE_MISMATCH = "annotation_size"
#: The boxes may be those of the stored or of the upright picture, and meet a detected face in neither.
TURN_UNKNOWN = "annotation_turn"
#: Least IoU at which an annotated box meets a detected face.
MEETS = 0.3
#: Most pixels by which a box may leave its picture through rounding.
_ROUNDING = 1.0
#: Largest difference of the scales of both axes, as a share.
_SAME_RATIO = 0.05


@dataclass(frozen=True, kw_only=True)
class Frame:
    """How the picture that was annotated relates to the upright photo."""

    #: Pixels of the photo per pixel of the annotated picture, across and down.
    scale: tuple[float, float] = (1.0, 1.0)
    #: The EXIF orientation that the annotated picture still had; 1 where it was upright.
    orientation: int = 1
    #: Whether only detected faces can tell that this is the frame.
    is_guess: bool = False
    #: Whether boxes are shares of the picture, whose resolution does not matter then.
    is_relative: bool = False

    @property
    def is_scaled(self) -> bool:
        """Whether the annotated picture had another resolution."""
        return self.scale != (1.0, 1.0) and not self.is_relative

    @property
    def is_turned(self) -> bool:
        """Whether the photo was annotated as stored, although EXIF turns or mirrors it."""
        return self.orientation != 1


def fit_frame(truth: Truth, photo: DecodedPhoto, found: Sequence[FoundFace]) -> tuple[Truth, Frame]:
    """The truth in pixels of the upright full-size photo, and the frame in which it was annotated.

    Where the size alone does not tell the frame, it is the one in which boxes meet detected faces. Raises
    InputError annotation_size or annotation_turn where none fits.
    """
    if not _boxes_of(truth):
        return replace(truth, frame=None), Frame()
    frames = _relative_frames(photo) if truth.is_relative else _possible_frames(truth.frame, photo)
    if len(frames) > 1:
        inside = [frame for frame in frames if _is_inside(truth, frame, photo)]
        frames = inside if len(inside) == 1 else frames
    fitted = [(_in_photo(truth, frame, photo), frame) for frame in frames]
    if len(frames) == 1 and not frames[0].is_guess:
        return fitted[0]
    best = max(fitted, key=lambda each: _total_overlap(each[0], found), default=None)
    if best is None or not count_met(_boxes_of(best[0]), found):
        raise _unknown_frame(truth.frame, photo, is_turned=len(frames) > 1)
    return best


def count_met(boxes: Sequence[Box], found: Sequence[FoundFace]) -> int:
    """How many boxes meet a detected face."""
    return sum(share >= MEETS for share in _best_overlaps(boxes, found))


def _best_overlaps(boxes: Sequence[Box], found: Sequence[FoundFace]) -> list[float]:
    """The largest IoU of each box with a detected face."""
    if not found:
        return [0.0] * len(boxes)
    faces = np.array([_corners(face.box) for face in found], np.float64)
    return [float(overlaps(np.array(_corners(box), np.float64), faces).max()) for box in boxes]


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2


def _boxes_of(truth: Truth) -> list[Box]:
    return [*(each.box for each in truth.boxes), *truth.unlabelled]


def _possible_frames(size: tuple[int, int] | None, photo: DecodedPhoto) -> list[Frame]:
    """The frames that the size of the annotated picture allows, the upright photo first."""
    upright, stored = (photo.width, photo.height), photo.stored_size
    frames = [Frame(scale=scale) for scale in _scales(size or upright, upright)]
    if photo.orientation != 1:
        scales = _scales(size or stored, stored)
        frames += [Frame(scale=scale, orientation=photo.orientation) for scale in scales]
    if not frames and size is not None:
        # Some tools write the height as the width.
        frames = [Frame(scale=scale, is_guess=True) for scale in _scales(size[::-1], upright)]
    return frames


def _relative_frames(photo: DecodedPhoto) -> list[Frame]:
    """The frames of boxes in shares: the upright photo, and the stored one that EXIF turns."""
    frames = [Frame(scale=(photo.width, photo.height), is_relative=True)]
    if photo.orientation != 1:
        frames.append(Frame(scale=photo.stored_size, orientation=photo.orientation, is_relative=True))
    return frames


def _scales(size: tuple[int, int], picture: tuple[int, int]) -> list[tuple[float, float]]:
    """The scale from one size to another where both axes share it up to rounding, else nothing."""
    (width, height), (across, down) = size, (picture[0] / size[0], picture[1] / size[1])
    is_rounding = abs(width * down - picture[0]) <= max(1.0, down) or abs(
        height * across - picture[1]
    ) <= max(1.0, across)
    return [(across, down)] if is_rounding and abs(across / down - 1) <= _SAME_RATIO else []


def _is_inside(truth: Truth, frame: Frame, photo: DecodedPhoto) -> bool:
    """Whether all boxes lie in the picture of the frame."""
    return all(
        min(box.x1, box.y1) >= -_ROUNDING
        and box.x2 <= photo.width + _ROUNDING
        and box.y2 <= photo.height + _ROUNDING
        for box in _boxes_of(_in_photo(truth, frame, photo))
    )


def _total_overlap(truth: Truth, found: Sequence[FoundFace]) -> float:
    return sum(_best_overlaps(_boxes_of(truth), found))


def _unknown_frame(size: tuple[int, int] | None, photo: DecodedPhoto, *, is_turned: bool) -> InputError:
    own = f"{photo.width} x {photo.height}"
    if is_turned:
        return InputError(
            TURN_UNKNOWN,
            f"EXIF turns or mirrors the photo (orientation {photo.orientation}), and the boxes meet a "
            f"detected face neither on the stored picture nor on the upright one of {own} pixels.",
        )
    said = f"{size[0]} x {size[1]}" if size else "unknown"
    return InputError(
        SIZE_MISMATCH, f"The annotation is of a picture of {said} pixels, but the photo has {own}."
    )


def _in_photo(truth: Truth, frame: Frame, photo: DecodedPhoto) -> Truth:
    def move(box: Box) -> Box:
        (across, down), (width, height) = frame.scale, photo.stored_size
        scaled = Box(x1=box.x1 * across, y1=box.y1 * down, x2=box.x2 * across, y2=box.y2 * down)
        return turn_box(scaled, frame.orientation, width=width, height=height)

    return replace(
        truth,
        frame=None,
        is_relative=False,
        boxes=tuple(replace(each, box=move(each.box)) for each in truth.boxes),
        unlabelled=tuple(move(box) for box in truth.unlabelled),
        dropped=tuple(replace(each, box=move(each.box) if each.box else None) for each in truth.dropped),
    )


def turn_box(box: Box, orientation: int, *, width: float, height: float) -> Box:
    """The box of a stored picture of this size, on the picture that EXIF turned upright (1 to 8)."""
    x1, y1, x2, y2 = box.x1, box.y1, box.x2, box.y2
    if orientation in (2, 3, 7, 8):
        x1, x2 = width - x2, width - x1
    if orientation in (3, 4, 6, 7):
        y1, y2 = height - y2, height - y1
    if orientation >= 5:
        x1, y1, x2, y2 = y1, x1, y2, x2
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)

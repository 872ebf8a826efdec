"""Training pictures of a photo's labelled faces: plain crops, canvases, and canvases with drawn masks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.datasets.labelled_face import LabelledFace
from core.detection.crop import cut
from core.detection.crop_box import crop_box
from core.detection.photo import DecodedPhoto
from core.samples.drawn_mask import MaskPosition, MaskStyle, draw_mask
from core.training.network.canvas import CANVAS_CONTEXT, CANVAS_SIDE, DRAWABLE_SCORE, DRAWABLE_SIZE, Canvas
from models.label import Label
from models.split import Split

#: Prefix of the sources of canvases with a drawn mask.
DRAWN = "drawn"
_RARE_POSITIONS = (MaskPosition.UNDER_NOSE, MaskPosition.CHIN)


def decode_scale(faces: Sequence[LabelledFace]) -> float:
    """The smallest decoding scale, at most 1, at which no crop or canvas has to be enlarged."""
    return min(1.0, max(CANVAS_SIDE / (CANVAS_CONTEXT * max(face.size, 1.0)) for face in faces))


def plain_crops(photo: DecodedPhoto, faces: Sequence[LabelledFace], side: int) -> NDArray[np.uint8]:
    """Crops as prediction sees them, uint8 (n, side, side, 3)."""
    return cut(photo.rgb, _corners(photo, faces), side=side)


def canvases(photo: DecodedPhoto, faces: Sequence[LabelledFace]) -> list[Canvas]:
    """One canvas per face."""
    pictures = cut(photo.rgb, _corners(photo, faces), side=CANVAS_SIDE, context=CANVAS_CONTEXT)
    return [
        _canvas(face, pixels, face.label, face.source) for face, pixels in zip(faces, pictures, strict=True)
    ]


def drawn_canvas(photo: DecodedPhoto, face: LabelledFace, seed: int) -> Canvas | None:
    """A bare face with a mask drawn under the nose or on the chin; None where no mask can be drawn."""
    rng = np.random.default_rng([seed, face.face_id])
    landmarks = np.array(face.landmarks, float) * photo.scale
    position = _RARE_POSITIONS[rng.integers(len(_RARE_POSITIONS))]
    style = list(MaskStyle)[rng.integers(len(MaskStyle))]
    try:
        rgb = draw_mask(photo.rgb, landmarks, style=style, position=position, rng=rng)
    except ValueError:
        # The landmarks of a face in deep profile lie on one line.
        return None
    pixels = cut(rgb, _corners(photo, [face]), side=CANVAS_SIDE, context=CANVAS_CONTEXT)[0]
    return _canvas(face, pixels, Label.INCORRECT, f"{DRAWN}/{position}")


def choose_drawn(faces: Sequence[LabelledFace], seed: int) -> set[int]:
    """Ids of bare training faces that get a drawn mask, so that `incorrect` is no longer rare.

    Together with the real ones there are at most a third as many as bare faces.
    """
    training = [face for face in faces if face.split is Split.TRAIN]
    bare = [face for face in training if face.label is Label.WITHOUT_MASK]
    wanted = len(bare) // 3 - sum(face.label is Label.INCORRECT for face in training)
    drawable = [face.face_id for face in bare if _is_drawable(face)]
    if wanted <= 0 or not drawable:
        return set()
    rng = np.random.default_rng(seed)
    return set(rng.permutation(drawable)[:wanted].tolist())


def _is_drawable(face: LabelledFace) -> bool:
    return len(face.landmarks) == 5 and face.size >= DRAWABLE_SIZE and face.score >= DRAWABLE_SCORE


def _corners(photo: DecodedPhoto, faces: Sequence[LabelledFace]) -> NDArray[np.float32]:
    boxes = [crop_box(face.box, face.detector_key) for face in faces]
    corners = [(box.x1, box.y1, box.x2, box.y2) for box in boxes]
    return np.array(corners, np.float32).reshape(-1, 4) * photo.scale


def _canvas(face: LabelledFace, pixels: NDArray[np.uint8], label: Label, source: str) -> Canvas:
    return Canvas(
        pixels=pixels,
        label=label,
        split=face.split.value,
        source=source,
        face_size=face.size,
        picture=face.photo_id,
    )

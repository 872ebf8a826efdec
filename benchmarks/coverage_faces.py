"""Labelled photos for the coverage benchmark: detected faces, their predictions and their true labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.decode import decode_photo
from core.detection.detector import FaceMaskDetector
from core.detection.face import overlaps
from core.detection.options import DetectionOptions
from core.detection.weights import YUNET, fetch_weights
from core.release.voc import AnnotatedPhoto, read_annotations
from models.label import Label

#: A detected face shows the person of a box that it overlaps this much (IoU). Annotators of the labelled sets
#: box faces more or less tightly, so this is less than what counts for average precision.
SAME_PERSON = 0.3
_LABELS = tuple(Label)


@dataclass(frozen=True, kw_only=True)
class LabelledFaces:
    """n detected faces and m missed ones; photos are numbers from 0, labels positions in `Label`."""

    #: int64 (n,)
    photos: NDArray[np.int64]
    #: float64 (n, 4), the classifier's probabilities.
    probabilities: NDArray[np.float64]
    #: int64 (n,); `not_a_face` where no person drew a box.
    truth: NDArray[np.int64]
    #: int64 (m,): boxes that no detected face overlaps.
    missed_photos: NDArray[np.int64]
    #: int64 (m,)
    missed_truth: NDArray[np.int64]

    def save(self, file: Path) -> None:
        """Write them to a .npz file."""
        np.savez_compressed(file, **vars(self))


def load_faces(file: Path) -> LabelledFaces:
    """Faces that `save` wrote."""
    with np.load(file, allow_pickle=False) as stored:
        return LabelledFaces(**{name: stored[name] for name in LabelledFaces.__dataclass_fields__})


def detect_faces(folder: Path, weights: Path) -> LabelledFaces:
    """Find and classify the faces in `folder`/images; the boxes of `folder`/annotations say what they are.

    Raises InputError where a file is unusable.
    """
    cv2.setNumThreads(1)
    fetch_weights([YUNET.name], weights)
    options = DetectionOptions()
    detector = FaceMaskDetector(weights, options=options)
    parts = [
        _photo_faces(number, photo, detector, options)
        for number, photo in enumerate(read_annotations(folder / "images", folder / "annotations"))
    ]
    return join_faces(parts)


def join_faces(parts: Sequence[LabelledFaces]) -> LabelledFaces:
    """The faces of several photos."""
    names = LabelledFaces.__dataclass_fields__
    return LabelledFaces(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _photo_faces(
    number: int, photo: AnnotatedPhoto, detector: FaceMaskDetector, options: DetectionOptions
) -> LabelledFaces:
    faces = detector.detect(decode_photo(photo.path.read_bytes(), min_scale=options.min_decode_scale))
    boxes = [(each.found.box.x1, each.found.box.y1, each.found.box.x2, each.found.box.y2) for each in faces]
    scores = np.array([each.found.score for each in faces])
    matched = match_boxes(np.array(boxes, float).reshape(-1, 4), scores, photo.boxes)
    truth = np.array([_LABELS.index(label) for label in photo.labels], np.int64)
    missed = np.setdiff1d(np.arange(len(truth)), matched)
    invented = _LABELS.index(Label.NOT_A_FACE)
    return LabelledFaces(
        photos=np.full(len(faces), number, np.int64),
        probabilities=np.array([each.probabilities for each in faces], float).reshape(-1, 4),
        truth=np.array([invented if box < 0 else truth[box] for box in matched], np.int64),
        missed_photos=np.full(len(missed), number, np.int64),
        missed_truth=truth[missed],
    )


def match_boxes(
    found: NDArray[np.floating], scores: NDArray[np.floating], boxes: NDArray[np.floating]
) -> NDArray[np.int64]:
    """The box that each found face shows, int64 (n,), -1 for none; the best score chooses first."""
    matched = np.full(len(found), -1, np.int64)
    free = np.ones(len(boxes), bool)
    for index in np.argsort(-scores, kind="stable"):
        shared = np.where(free, overlaps(found[index], boxes), 0.0)
        if len(boxes) and shared.max() >= SAME_PERSON:
            matched[index] = int(shared.argmax())
            free[matched[index]] = False
    return matched

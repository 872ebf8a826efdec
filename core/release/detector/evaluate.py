"""How well a one-pass detector finds the faces of held-back photos: AP, recall by size, false faces."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from core.detection.face import overlaps
from core.detection.finder import MERGE_INSIDE, MERGE_NEAR, MERGE_OVERLAP, merge
from core.detection.grid import decode, grids_of, padded, patches
from core.detection.yunet import BOX, SCORE
from core.evaluation.average_precision import PhotoBoxes, SizeRange, average_precision, match
from core.training.detector.mosaics import Faces
from core.training.detector.scene_store import SceneStore, shrunk

#: Long side of the one pass in pixels.
PASS_SIDE = 640
#: Lower than in prediction: AP counts every candidate.
THRESHOLD = 0.05
OVERLAPS = (0.3, 0.5)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A photo's true faces and a detector's boxes (n, 4) with scores (n,), in the same pixels."""

    faces: Faces
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]


def measure(network: keras.Model, scenes: SceneStore, chosen: Iterable[int]) -> dict[str, float]:
    """Metrics of a Keras network in one pass over chosen scenes, by name, as the log shows them."""
    return metrics([_measured(network, scenes.rgb(index), scenes.faces(index)) for index in chosen])


def metrics(photos: Sequence[Measured]) -> dict[str, float]:
    """AP and recall at IoU 0.3 and 0.5 over all faces; candidates on ignored boxes do not count."""
    results = {}
    for least in OVERLAPS:
        pooled = [_counted(photo, least) for photo in photos]
        found = average_precision([match(photo, SizeRange(), least) for photo in pooled])
        results[f"ap_{least:g}"] = round(found.average, 4)
        results[f"recall_{least:g}"] = round(found.recall, 4)
    return results


def _counted(photo: Measured, least: float) -> PhotoBoxes:
    """Without the candidates whose middle is in an ignored box."""
    middles = (photo.boxes[:, None, :2] + photo.boxes[:, None, 2:]) / 2
    ignored = photo.faces.ignored[None]
    within = (middles >= ignored[..., :2]) & (middles <= ignored[..., 2:])
    inside = np.any(np.all(within, axis=2), axis=1)
    on_face = np.zeros(len(photo.boxes), bool)
    for box in photo.faces.boxes:
        on_face |= overlaps(box, photo.boxes) >= least
    kept = ~inside | on_face
    return PhotoBoxes(truth=photo.faces.boxes, detected=photo.boxes[kept], scores=photo.scores[kept])


def _measured(network: keras.Model, rgb: NDArray[np.uint8], faces: Faces) -> Measured:
    rows, scale = one_pass(network, rgb)
    return Measured(faces=faces, boxes=rows[:, BOX] / scale, scores=rows[:, SCORE])


def one_pass(network: keras.Model, rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
    """Merged candidates (n, 19) of a Keras network, in pixels of the shrunk picture, and its scale."""
    small, scale = shrunk(rgb, PASS_SIDE)
    outputs = network(patches(padded(small))[None].astype(np.float32) / 128, training=False)
    rows = decode(grids_of([np.asarray(output)[0] for output in outputs]), threshold=THRESHOLD)
    return merge(rows, overlap=MERGE_OVERLAP, near=MERGE_NEAR, inside=MERGE_INSIDE), scale

"""Faces that the annotators of training photos left out, as a person saw them among the false alarms.

Taught as `not_a_face`, they would make the classifier reject faces like them.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.detection.face import overlaps
from models.label import Label

#: By the SHA-256 of a photo's file: boxes in its pixels, and a label where one is known.
UNBOXED_FACES = Path(__file__).parent / "unboxed_faces.json"
#: IoU from which on a candidate is that face; the detector may change a little.
SAME_FACE = 0.5


@dataclass(frozen=True, kw_only=True)
class UnboxedFaces:
    """The faces without a drawn box of one photo: boxes (n, 4), and a label or None for each."""

    boxes: NDArray[np.float32]
    labels: tuple[Label | None, ...]

    def at(self, box: NDArray[np.floating]) -> int | None:
        """The number of the face that a candidate's box (4,) shows; None where it shows none."""
        if not len(self.boxes):
            return None
        shared = overlaps(box, self.boxes)
        return int(shared.argmax()) if shared.max() >= SAME_FACE else None


NO_FACES = UnboxedFaces(boxes=np.empty((0, 4), np.float32), labels=())


def read_unboxed(file: Path = UNBOXED_FACES) -> dict[str, UnboxedFaces]:
    """All photos of the list."""
    listed: dict[str, list[dict[str, object]]] = json.loads(file.read_text(encoding="utf-8"))
    return {sha256: _faces(faces) for sha256, faces in listed.items()}


def unboxed_in(photo: bytes, known: dict[str, UnboxedFaces]) -> UnboxedFaces:
    """The listed faces of a photo's file."""
    return known.get(hashlib.sha256(photo).hexdigest(), NO_FACES)


def _faces(faces: list[dict[str, object]]) -> UnboxedFaces:
    return UnboxedFaces(
        boxes=np.array([face["box"] for face in faces], np.float32).reshape(-1, 4),
        labels=tuple(None if face["label"] is None else Label(str(face["label"])) for face in faces),
    )

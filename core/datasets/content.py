"""Content of a dataset: which labelled faces it includes, their counts by split and label, its hash."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from core.datasets.options import FreezeOptions
from core.detection.face import SAME_FACE, Box, overlap
from models import Label, Split


@dataclass(frozen=True, kw_only=True)
class FaceLabel:
    """A face with its current label, the number of people who agree on it, and its split."""

    face_id: int
    photo_id: int
    photo_sha256: str
    detector_key: str
    box: tuple[float, float, float, float]
    decision_id: int
    label: Label
    agreeing: int
    #: False where the photo has no hashes, so that its near-duplicates are unknown.
    hashed: bool
    #: None where the photo is similar to groups of different splits.
    split: Split | None

    @property
    def size(self) -> float:
        """Square root of the area of the box, in pixels."""
        x1, y1, x2, y2 = self.box
        return float(((x2 - x1) * (y2 - y1)) ** 0.5)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A face to freeze, with its label and split."""

    face_id: int
    photo_id: int
    decision_id: int
    label: Label
    split: Split
    #: Photo hash, detector and box; unlike the id, the same on every machine.
    identity: str


@dataclass(frozen=True, kw_only=True)
class Content:
    """The faces to freeze, and how many labelled faces are left out for which reason."""

    entries: tuple[Entry, ...]
    left_out: dict[str, int]

    @property
    def sha256(self) -> str:
        """SHA-256 of the sorted identities, labels and splits; ids and order do not matter."""
        digest = hashlib.sha256()
        for line in sorted(f"{e.identity} {e.label.value} {e.split.value}\n" for e in self.entries):
            digest.update(line.encode())
        return digest.hexdigest()

    @property
    def photos(self) -> set[int]:
        """Ids of the photos of the faces."""
        return {entry.photo_id for entry in self.entries}

    def counts(self) -> dict[str, Any]:
        """Faces by split and label, and faces left out by reason, as `Dataset.counts` stores them."""
        found = Counter((entry.split, entry.label) for entry in self.entries)
        by_split = {split.value: {label.value: found[split, label] for label in Label} for split in Split}
        return {**by_split, "left_out": self.left_out}


def select_content(labels: Iterable[FaceLabel], options: FreezeOptions) -> Content:
    """Select the faces that the options include; `labels` are grouped by photo."""
    entries, left_out = list[Entry](), Counter[str]()
    for _, group in groupby(labels, key=lambda face: face.photo_id):
        of_photo = list(group)
        fit = [face for face in of_photo if not _reason_left_out(face, options)]
        left_out.update(reason for face in of_photo if (reason := _reason_left_out(face, options)))
        kept = _drop_replaced(fit)
        left_out["found_again"] += len(fit) - len(kept)
        entries.extend(_entry(face) for face in kept)
    return Content(entries=tuple(entries), left_out=dict(+left_out))


def _reason_left_out(face: FaceLabel, options: FreezeOptions) -> str | None:
    if face.agreeing < options.agreeing:
        return "too_few_agree"
    if face.size < options.smallest_face:
        return "too_small"
    if not face.hashed:
        return "photo_unreadable"
    return "between_sides" if face.split is None else None


def _entry(face: FaceLabel) -> Entry:
    assert face.split is not None
    corners = " ".join(f"{corner:.1f}" for corner in face.box)
    return Entry(
        face_id=face.face_id,
        photo_id=face.photo_id,
        decision_id=face.decision_id,
        label=face.label,
        split=face.split,
        identity=f"{face.photo_sha256} {face.detector_key} {corners}",
    )


def _drop_replaced(faces: Sequence[FaceLabel]) -> list[FaceLabel]:
    """The faces of a photo, each once, newest decision first.

    A face with decisions on the boxes of two detectors keeps the newer one.
    """
    kept: list[FaceLabel] = []
    for face in sorted(faces, key=lambda face: -face.decision_id):
        if not any(_is_same_face(face, newer) for newer in kept):
            kept.append(face)
    return kept


def _is_same_face(face: FaceLabel, newer: FaceLabel) -> bool:
    return face.detector_key != newer.detector_key and overlap(_box(face), _box(newer)) >= SAME_FACE


def _box(face: FaceLabel) -> Box:
    x1, y1, x2, y2 = face.box
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)

"""Content of a dataset: which labelled faces it includes, their counts by split and label, its hash."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any

from core.datasets.options import FreezeOptions
from core.detection.face import SAME_FACE, Box, overlap
from models import Label, Split

#: Why a decided face is not in a dataset: the reasons as stored, and as they are shown.
LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "contested": "contested: two people answered differently",
        "cannot_tell": "the newest answer is “can't tell”",
        "too_few_agree": "too few people agree",
        "too_small": "too small",
        "photo_unreadable": "the photo could not be read",
        "between_sides": "similar to photos of different splits",
        "found_again": "the same face has a newer decision on another detector's box",
    }
)


@dataclass(frozen=True, kw_only=True)
class FaceLabel:
    """A face with the decision that counts, the number of people who agree on its label, and its split."""

    face_id: int
    photo_id: int
    photo_sha256: str
    detector_key: str
    box: tuple[float, float, float, float]
    decision_id: int
    #: None where the decision is "can't tell".
    label: Label | None
    agreeing: int
    #: Two people answered differently, and nobody has settled it.
    contested: bool
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

    @property
    def left_out_words(self) -> str:
        """How many faces are left out, and why."""
        reasons = ", ".join(f"{LEFT_OUT[reason]}: {count:,}" for reason, count in self.left_out.items())
        return f"{sum(self.left_out.values()):,} left out" + (f" ({reasons})" if reasons else "")

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
        left_out.update(reason for face in kept if (reason := _reason_unlabelled(face)))
        entries.extend(_entry(face) for face in kept if not _reason_unlabelled(face))
    return Content(entries=tuple(entries), left_out=dict(+left_out))


def _reason_unlabelled(face: FaceLabel) -> str | None:
    """Why a decided face has no label that counts; it still replaces older decisions about the same face."""
    if face.contested:
        return "contested"
    return "cannot_tell" if face.label is None else None


def _reason_left_out(face: FaceLabel, options: FreezeOptions) -> str | None:
    if _reason_unlabelled(face):
        return None
    if face.agreeing < options.agreeing:
        return "too_few_agree"
    if face.size < options.smallest_face:
        return "too_small"
    if not face.hashed:
        return "photo_unreadable"
    return "between_sides" if face.split is None else None


def _entry(face: FaceLabel) -> Entry:
    assert face.split is not None and face.label is not None
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

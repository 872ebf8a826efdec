"""The content of a dataset: which faces go in, their counts, and the hash that the dataset is known by."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from core.datasets.labels import FaceLabel
from core.datasets.options import FreezeOptions
from core.datasets.same_face import drop_found_again
from models import Label, Split


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One face of the dataset-to-be."""

    face_id: int
    photo_id: int
    decision_id: int
    label: Label
    split: Split
    #: Tells the face by what it is, not by its number in this database.
    identity: str


@dataclass(frozen=True, kw_only=True)
class Content:
    """What is frozen, and why other labelled faces are not."""

    entries: tuple[Entry, ...]
    left_out: dict[str, int]

    @property
    def sha256(self) -> str:
        """Of every face's identity, label and side, in an order of their own."""
        digest = hashlib.sha256()
        for line in sorted(f"{e.identity} {e.label.value} {e.split.value}\n" for e in self.entries):
            digest.update(line.encode())
        return digest.hexdigest()

    @property
    def photos(self) -> set[int]:
        """Ids of the photos that the faces are in."""
        return {entry.photo_id for entry in self.entries}

    def counts(self) -> dict[str, Any]:
        """Faces by side and label, and those left out by reason."""
        found = Counter((entry.split, entry.label) for entry in self.entries)
        by_split = {split.value: {label.value: found[split, label] for label in Label} for split in Split}
        return {**by_split, "left_out": self.left_out}


def choose(labels: Iterable[FaceLabel], options: FreezeOptions) -> Content:
    """Which of the labelled faces go in; the faces of a photo come one after the other."""
    entries, left_out = list[Entry](), Counter[str]()
    for _, group in groupby(labels, key=lambda face: face.photo_id):
        of_photo = list(group)
        fit = [face for face in of_photo if not _reason(face, options)]
        left_out.update(reason for face in of_photo if (reason := _reason(face, options)))
        kept = drop_found_again(fit)
        left_out["found_again"] += len(fit) - len(kept)
        entries.extend(_entry(face) for face in kept)
    return Content(entries=tuple(entries), left_out=dict(+left_out))


def _reason(face: FaceLabel, options: FreezeOptions) -> str | None:
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

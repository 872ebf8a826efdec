"""Scenes: pictures with the boxes and labels that the one-pass detector learns from them.

Where a person labelled a face that YuNet found, the box is YuNet's and the label the person's: boxes of all
sources then follow one habit, from forehead to chin. A drawn box that YuNet missed is used as it was drawn.
A candidate that no person confirmed is a face where both teachers are sure, background where the classifier
is sure that it is none, and ignored in between.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.detection.face import overlaps
from core.detection.grid import LABELS
from core.detection.yunet import BOX, SCORE
from core.errors import InputError
from core.labels.label_words import read_label
from core.labels.voc import read_voc
from core.release.detector.teachers import Taught
from core.release.pictures import ListedPicture, Origin
from core.release.voc import PHOTO_ENDINGS
from core.training.detector.mosaics import Faces
from models.label import Label

#: IoU at which a candidate shows a drawn face; low, since annotators draw boxes differently from YuNet.
SAME_FACE = 0.3
#: The detector's score, and the classifier's probability of `not_a_face`, of a face that no person confirmed.
SURE_SCORE, SURE_FACE = 0.6, 0.3
#: The classifier's probability of `not_a_face` from which on a candidate is background.
SURE_BACKGROUND = 0.8
#: The word of boxes without a label.
FACE_WORD = "face"


class Truth(StrEnum):
    """What people said of a scene."""

    #: Every face is boxed.
    BOXED = "boxed"
    #: The picture's folder names the label of its one main face.
    ONE_FACE = "one_face"
    #: There is no face.
    EMPTY = "empty"
    #: Nothing.
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class ListedScene:
    """A picture, and what its folder says of it."""

    picture: ListedPicture
    truth: Truth


#: Folders of the training data in the order of the card: whole photos first.
_FOLDERS = (
    ("photos/images", Truth.BOXED, Origin.PHOTO),
    ("more/photos/images", Truth.BOXED, Origin.PHOTO),
    ("more/faces_only/images", Truth.BOXED, Origin.PHOTO),
    ("more/people_unboxed/images", Truth.NONE, Origin.PHOTO),
    ("negatives", Truth.EMPTY, Origin.NEGATIVE),
    ("crops", Truth.ONE_FACE, Origin.CROP),
)


def list_scenes(data: Path) -> list[ListedScene]:
    """Every picture that the detector may learn from, sorted by folder and name; `measure` is not among them.

    Raises InputError no_training_pictures.
    """
    scenes = [scene for folder in _FOLDERS for scene in _of_folder(data, *folder)]
    if not scenes:
        raise InputError("no_training_pictures", f"There is no picture in {data}.")
    return scenes


def _of_folder(data: Path, folder: str, truth: Truth, origin: Origin) -> Iterator[ListedScene]:
    for path in sorted((data / folder).rglob("*")):
        if path.suffix.lower() not in PHOTO_ENDINGS:
            continue
        name = path.relative_to(data).as_posix()
        label = _folder_label(path.parent.name) if truth is Truth.ONE_FACE else None
        picture = ListedPicture(
            path=path, name=name, folder=name.rpartition("/")[0], origin=origin, label=label
        )
        yield ListedScene(picture=picture, truth=truth)


def _folder_label(folder: str) -> Label | None:
    faces = list(Label)[:LABELS]
    return next((label for label in faces if folder.startswith(label)), None)


def faces_of(scene: ListedScene, taught: Taught) -> Faces | None:
    """What the detector is to learn from a scene; None where that is unknown: a crop without a face."""
    if scene.truth is Truth.EMPTY:
        return _faces([], [], [])
    if scene.truth is Truth.BOXED:
        return _drawn_faces(taught, *read_drawn(scene.picture.path))
    found = _unconfirmed(taught, np.ones(len(taught.rows), bool))
    if scene.truth is Truth.NONE:
        return found
    return _named(found, scene.picture.label) if len(found.boxes) else None


def read_drawn(photo: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The boxes (n, 4) of a photo's annotation and label probabilities (n, 3), 0 where the word is `face`.

    The annotation is `annotations/<stem>.xml` beside the photo's folder. Raises InputError bad_annotation.
    """
    file = photo.parent.parent / "annotations" / f"{photo.stem}.xml"
    boxes, labels = [], []
    for each in read_voc(file.read_bytes(), name=file.name).objects:
        # Elsewhere `face` means a bare one, as in sets of bare and masked faces.
        word = None if each.word == FACE_WORD else read_label(each.word)
        if each.box is None or (word is None and each.word != FACE_WORD):
            raise InputError("bad_annotation", f"{file.name} has an unusable object: {each.word!r}.")
        boxes.append((each.box.x1, each.box.y1, each.box.x2, each.box.y2))
        labels.append(_certain(word.label) if word is not None else np.zeros(LABELS))
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(labels, np.float32).reshape(-1, LABELS)


def _certain(label: Label) -> NDArray[np.float64]:
    return np.eye(len(Label))[list(Label).index(label), :LABELS]


def _drawn_faces(taught: Taught, drawn: NDArray[np.float32], labels: NDArray[np.float32]) -> Faces:
    places = pair(taught.rows[:, BOX], drawn)
    boxes, labels = drawn.copy(), labels.copy()
    for row, place in zip(taught.rows, places, strict=True):
        if place >= 0:
            boxes[place] = row[BOX]
    for row in np.flatnonzero(places >= 0):
        if not labels[places[row]].any():
            labels[places[row]] = _face_labels(taught.probabilities[row : row + 1])[0]
    others = _unconfirmed(taught, places < 0)
    return Faces(
        boxes=np.concatenate([boxes, others.boxes]),
        labels=np.concatenate([labels, others.labels]),
        ignored=others.ignored,
    )


def pair(boxes: NDArray[np.floating], drawn: NDArray[np.floating]) -> NDArray[np.int64]:
    """The index of the drawn box that each of the boxes (n, 4), best first, shows, or -1; int64 (n,)."""
    free = np.ones(len(drawn), bool)
    places = np.full(len(boxes), -1, np.int64)
    for index, box in enumerate(boxes):
        shared = np.where(free, overlaps(box, drawn), 0.0)
        if len(shared) and shared.max() >= SAME_FACE:
            places[index] = int(shared.argmax())
            free[places[index]] = False
    return places


def _unconfirmed(taught: Taught, chosen: NDArray[np.bool_]) -> Faces:
    """Candidates that no person boxed: sure faces with the classifier's labels, doubtful ones ignored."""
    no_face = taught.probabilities[:, LABELS]
    sure = chosen & (taught.rows[:, SCORE] >= SURE_SCORE) & (no_face < SURE_FACE)
    doubtful = chosen & ~sure & (no_face < SURE_BACKGROUND)
    return Faces(
        boxes=taught.rows[sure, BOX],
        labels=_face_labels(taught.probabilities[sure]),
        ignored=taught.rows[doubtful, BOX],
    )


def _named(found: Faces, label: Label | None) -> Faces:
    """The largest of the faces gets its folder's label."""
    if label is None:
        return found
    main = int(np.prod(found.boxes[:, 2:] - found.boxes[:, :2], axis=1).argmax())
    labels = found.labels.copy()
    labels[main] = _certain(label)
    return replace(found, labels=labels)


def _face_labels(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities (n, 3) of the labels of faces, given that they are faces."""
    of_faces = probabilities[:, :LABELS]
    return of_faces / np.maximum(of_faces.sum(axis=1, keepdims=True), 1e-6)


def _faces(boxes: Sequence[object], labels: Sequence[object], ignored: Sequence[object]) -> Faces:
    return Faces(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        labels=np.array(labels, np.float32).reshape(-1, LABELS),
        ignored=np.array(ignored, np.float32).reshape(-1, 4),
    )

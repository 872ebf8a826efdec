"""The first batch of a detector's training: the boxed photos, decoded, and the file that it starts from."""

from collections.abc import Collection, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.decode import decode_photo
from core.detection.detector import GROWTH
from core.detectors.folder import DetectorFolder, detector_folder
from core.detectors.job_kind import PREPARE_DETECTOR_STAGE
from core.detectors.queries import BoxedPhoto, is_detector_outdated, read_boxed
from core.errors import InputError
from core.item_errors import ItemErrors
from core.jobs.finish import finish_batch
from core.jobs.store import add_event
from core.library.queries import read_photo_bytes
from core.number_text import plural
from core.training.detector.mosaics import LABELS, Faces
from core.training.detector.scene_store import (
    INDEX_FILE,
    LONGEST_SIDE,
    DecodedScene,
    SceneStore,
    shrunk,
    write_scenes,
)
from core.training.folder import remove_folder
from core.versions.detectors.queries import starting_file
from models import EventLevel, Split
from workers.engine import BatchRun, handles
from workers.freeze import group_photos
from workers.training.preparing import remove_old_folders
from workers.training.sharing import fetch, share


@handles(PREPARE_DETECTOR_STAGE)
def prepare_detector(run: BatchRun) -> None:
    """Prepare, and finish the batch, which opens the fit."""
    remove_old_folders(run)
    prepare_photos(run)
    with run.db.write() as session:
        finish_batch(session, run.claim)


def prepare_photos(run: BatchRun) -> DetectorFolder:
    """Write what the fit needs, or use what is there: a killed preparation begins again.

    Raises InputError too_few_boxed where no training or no validation photo can be read.
    """
    folder = detector_folder(run.settings, run.claim.job_id)
    fetch(run, folder.shared)
    if (folder.path / INDEX_FILE).exists():
        with run.db.read() as session:
            if not is_detector_outdated(session, SceneStore(folder.path).names.tolist()):
                return folder
        remove_folder(run.settings, run.claim.job_id)
        folder = detector_folder(run.settings, run.claim.job_id)
    group_photos(run)
    with run.db.read() as session:
        photos = read_boxed(session, (Split.TRAIN, Split.VALIDATION))
        parent_id, file = starting_file(session, run.settings)
    _require_faces({each.split for each in photos if len(each.boxes)})
    folder.start.write_bytes(file)
    folder.parent.write_text(str(parent_id or ""))
    unreadable: list[int] = []
    write_scenes(_scenes(run, photos, unreadable), folder.path)
    share(run, folder.shared)
    _log(run, photos, len(unreadable))
    return folder


def _scenes(run: BatchRun, photos: Sequence[BoxedPhoto], unreadable: list[int]) -> Iterator[DecodedScene]:
    """The photos that can be read; raises InputError too_few_boxed behind the last of too few."""
    cv2.setNumThreads(1)
    errors, with_face = ItemErrors(), set[Split]()
    for each in photos:
        run.check()
        try:
            with run.db.read() as session:
                decoded = decode_photo(read_photo_bytes(session, run.settings, each.photo))
        except Exception as error:
            errors.input_error(error, photo=each.photo.id)
            unreadable.append(each.photo.id)
            continue
        if len(each.boxes):
            with_face.add(each.split)
        rgb, _ = shrunk(decoded.rgb, LONGEST_SIDE)
        scale = rgb.shape[1] / decoded.width
        yield DecodedScene(
            name=str(each.photo.id),
            folder="boxed",
            split=each.split.value,
            rgb=rgb,
            faces=Faces(
                boxes=detector_boxes(each.boxes) * np.float32(scale),
                labels=np.zeros((len(each.boxes), LABELS), np.float32),
                ignored=each.ignored * np.float32(scale),
            ),
        )
    errors.check(len(photos))
    _require_faces(with_face)


def _require_faces(splits: Collection[Split]) -> None:
    """Raise InputError too_few_boxed unless there are faces to learn from and to validate with."""
    for split in (Split.TRAIN, Split.VALIDATION):
        if split not in splits:
            raise InputError(
                "too_few_boxed",
                f"The {split.value} split has no boxed photo with a face that can be read. Box more photos: "
                "groups of near-duplicates are given a split by chance.",
            )


def detector_boxes(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the network is to answer for reviewed boxes (n, 4), which `face_boxes` then grows again."""
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / (2 * GROWTH)
    return np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)


def _log(run: BatchRun, photos: Sequence[BoxedPhoto], unreadable: int) -> None:
    faces = sum(len(each.boxes) for each in photos)
    line = f"{plural(len(photos), 'boxed photo')} with {plural(faces, 'face')} to train and validate with."
    with run.db.write() as session:
        add_event(session, run.claim.job_id, EventLevel.INFO, "detector_prepared", line)
        if unreadable:
            line = f"{plural(unreadable, 'photo')} could not be read and are left out."
            add_event(session, run.claim.job_id, EventLevel.WARNING, "photos_unreadable", line)

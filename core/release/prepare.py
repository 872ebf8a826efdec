"""Everything before the fit: list pictures, detect faces, learn the box correction, cut canvases."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.correction import BoxCorrection, load_correction, save_correction
from core.detection.decode import decode_photo
from core.detection.finder import FaceFinder
from core.detection.options import DetectionOptions
from core.detection.yunet import COLUMNS
from core.release.box_correction import BoxPairs, learn_correction, pair
from core.release.cutting import canvases_of, see
from core.release.pictures import ListedPicture, Picture, list_pictures, split_pictures
from core.release.voc import AnnotatedPhoto, read_annotations
from core.training.network.canvas import Canvas, CanvasStore, open_canvases, write_canvases
from models.split import Split

#: A lower threshold than in prediction, so that the classifier also learns from doubtful candidates.
TRAINING_OPTIONS = DetectionOptions(score_threshold=0.2)


def detect_faces(
    pictures: Sequence[ListedPicture], detector: Path, cached: Path, *, processes: int
) -> list[NDArray[np.float32]]:
    """Candidate rows (n, 16) of each picture, read from `cached` if that is for the same pictures."""
    if cached.exists():
        with np.load(cached, allow_pickle=False) as arrays:
            if arrays["names"].tolist() == [str(picture.path) for picture in pictures]:
                return np.split(arrays["rows"], np.cumsum(arrays["counts"])[:-1])
    with ProcessPoolExecutor(processes) as pool:
        work = ((detector, picture.path) for picture in pictures)
        found = list(pool.map(_detect, *zip(*work, strict=True), chunksize=16))
    np.savez(
        cached,
        names=np.array([str(picture.path) for picture in pictures]),
        counts=np.array([len(rows) for rows in found]),
        rows=np.concatenate([np.empty((0, COLUMNS), np.float32), *found]),
    )
    return found


def _detect(detector: Path, picture: Path) -> NDArray[np.float32]:
    return _finder(detector).find(decode_photo(picture.read_bytes()))


@cache
def _finder(detector: Path) -> FaceFinder:
    cv2.setNumThreads(1)
    return FaceFinder(detector, TRAINING_OPTIONS)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What the fit starts from; `rows[i]` are the detector's candidates (n, 16) on `pictures[i]`."""

    pictures: list[Picture]
    rows: list[NDArray[np.float32]]
    truth: dict[Path, AnnotatedPhoto]
    correction: BoxCorrection
    canvases: CanvasStore


def prepare(data: Path, out: Path, detector: Path, *, processes: int) -> Prepared:
    """Prepare a training folder; results in `out` of an earlier, interrupted run are used."""
    out.mkdir(parents=True, exist_ok=True)
    listed = list_pictures(data)
    rows = detect_faces(listed, detector, out / "rows.npz", processes=processes)
    pictures = split_pictures(listed, rows, processes=processes)
    photos, annotations = data / "photos" / "images", data / "photos" / "annotations"
    truth = {photo.path: photo for photo in read_annotations(photos, annotations)}
    correction = _correction(pictures, rows, truth, out / "correction.npz")
    if not (out / "canvases.npz").exists():
        write_canvases(_cut_all(pictures, rows, truth, out, processes), out)
    canvases = open_canvases(out)
    return Prepared(pictures=pictures, rows=rows, truth=truth, correction=correction, canvases=canvases)


def _correction(
    pictures: Sequence[Picture],
    rows: Sequence[NDArray[np.float32]],
    truth: dict[Path, AnnotatedPhoto],
    file: Path,
) -> BoxCorrection:
    if not file.exists():
        found, drawn = [], []
        for picture, candidates in zip(pictures, rows, strict=True):
            if picture.path in truth and picture.split is Split.TRAIN:
                shown = pair(candidates, truth[picture.path].boxes)
                found.append(candidates[shown >= 0])
                drawn.append(truth[picture.path].boxes[shown[shown >= 0]])
        pairs = BoxPairs(rows=np.concatenate(found), drawn=np.concatenate(drawn))
        save_correction(learn_correction(pairs), file)
    return load_correction(file)


def _cut_all(
    pictures: Sequence[Picture],
    rows: Sequence[NDArray[np.float32]],
    truth: dict[Path, AnnotatedPhoto],
    out: Path,
    processes: int,
) -> Iterator[Canvas]:
    with ProcessPoolExecutor(processes) as pool:
        work = (
            (picture, index, rows[index], truth.get(picture.path), out / "correction.npz")
            for index, picture in enumerate(pictures)
        )
        for canvases in pool.map(_cut, *zip(*work, strict=True), chunksize=8):
            yield from canvases


def _cut(
    picture: Picture,
    index: int,
    rows: NDArray[np.float32],
    truth: AnnotatedPhoto | None,
    correction: Path,
) -> list[Canvas]:
    cv2.setNumThreads(1)
    rgb = decode_photo(picture.path.read_bytes()).rgb
    return list(canvases_of(see(picture, index, rgb, rows, _loaded(correction), truth)))


@cache
def _loaded(correction: Path) -> BoxCorrection:
    return load_correction(correction)

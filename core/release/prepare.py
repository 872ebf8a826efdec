"""Everything before the fit: list pictures, detect faces, cut canvases."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.decode import decode_photo
from core.detection.finder import FaceFinder
from core.detection.options import DetectionOptions
from core.detection.yunet import BOX, COLUMNS
from core.release.cutting import canvases_of, lower_by, pair, see
from core.release.other_views import VIEW_OPTIONS, view_canvases
from core.release.pictures import ListedPicture, Picture, list_pictures, split_pictures
from core.release.unboxed import UnboxedFaces, read_unboxed, unboxed_in
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
    return _finder(detector, TRAINING_OPTIONS).find(decode_photo(picture.read_bytes()))


@cache
def _finder(detector: Path, options: DetectionOptions) -> FaceFinder:
    cv2.setNumThreads(1)
    return FaceFinder(detector, options)


@cache
def _unboxed() -> dict[str, UnboxedFaces]:
    return read_unboxed()


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What the fit starts from; `rows[i]` are the detector's candidates (n, 16) on `pictures[i]`."""

    pictures: list[Picture]
    rows: list[NDArray[np.float32]]
    truth: dict[Path, AnnotatedPhoto]
    canvases: CanvasStore


def prepare(data: Path, out: Path, detector: Path, *, processes: int) -> Prepared:
    """Prepare a training folder; results in `out` of an earlier, interrupted run are used."""
    out.mkdir(parents=True, exist_ok=True)
    listed = list_pictures(data)
    rows = detect_faces(listed, detector, out / "rows.npz", processes=processes)
    pictures = split_pictures(listed, rows, processes=processes)
    photos, annotations = data / "photos" / "images", data / "photos" / "annotations"
    truth = {photo.path: photo for photo in read_annotations(photos, annotations)}
    if not (out / "canvases.npz").exists():
        write_canvases(_cut_all(pictures, rows, truth, detector, processes), out)
    canvases = open_canvases(out)
    return Prepared(pictures=pictures, rows=rows, truth=truth, canvases=canvases)


def _drawn_lower(
    pictures: Sequence[Picture], rows: Sequence[NDArray[np.float32]], truth: dict[Path, AnnotatedPhoto]
) -> float:
    """How far drawn boxes are below the detector's, in face sizes: the median over training photos.

    Annotators differ in where a face begins and ends. Their own box is used only for faces that the detector
    missed, and the classifier is to see those as it sees the others.
    """
    found = [np.zeros(1)]
    for picture, candidates in zip(pictures, rows, strict=True):
        if picture.path in truth and picture.split is Split.TRAIN:
            boxes = truth[picture.path].boxes
            places = pair(candidates[:, BOX], boxes)
            found.append(lower_by(candidates[places >= 0, BOX], boxes[places[places >= 0]]))
    return float(np.median(np.concatenate(found)))


def _cut_all(
    pictures: Sequence[Picture],
    rows: Sequence[NDArray[np.float32]],
    truth: dict[Path, AnnotatedPhoto],
    detector: Path,
    processes: int,
) -> Iterator[Canvas]:
    lower = _drawn_lower(pictures, rows, truth)
    with ProcessPoolExecutor(processes) as pool:
        work = (
            (picture, index, rows[index], truth.get(picture.path), lower, detector)
            for index, picture in enumerate(pictures)
        )
        for canvases in pool.map(_cut, *zip(*work, strict=True), chunksize=8):
            yield from canvases


def _cut(
    picture: Picture,
    index: int,
    rows: NDArray[np.float32],
    truth: AnnotatedPhoto | None,
    lower: float,
    detector: Path,
) -> list[Canvas]:
    cv2.setNumThreads(1)
    data = picture.path.read_bytes()
    rgb = decode_photo(data).rgb
    seen = see(picture, index, rgb, rows, truth, drawn_lower=lower, unboxed=unboxed_in(data, _unboxed()))
    views = view_canvases(picture, index, rgb, _finder(detector, VIEW_OPTIONS))
    return [*canvases_of(seen), *views]

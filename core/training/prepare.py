"""Cut the crops of a training photo by photo, and compute the features that are not cached yet."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import keras
import numpy as np
from numpy.typing import NDArray

from core.datasets.labelled_face import LabelledFace
from core.detection.decode import decode_photo
from core.detection.photo import DecodedPhoto
from core.item_errors import ItemErrors
from core.training.backbone import compute_features
from core.training.crops import canvases, choose_drawn, decode_scale, drawn_canvas, plain_crops
from core.training.features import FeatureCache, face_key
from core.training.folder import TrainingFolder
from core.training.network.canvas import Canvas, write_canvases
from models.split import Split

#: Training crops that calibrate the ranges of the 8-bit network.
SAMPLES = 128
#: Crops whose features are computed and stored at a time.
_FEATURES_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class PrepareInput:
    """What to prepare, and from where."""

    faces: Sequence[LabelledFace]
    side: int
    seed: int
    #: Whether canvases are cut too.
    fine_tune: bool
    #: The network below its head.
    features: keras.Model
    cache: FeatureCache
    folder: TrainingFolder
    #: Returns the bytes of a face's photo; raises InputError where the photo cannot be read.
    open_photo: Callable[[LabelledFace], bytes]
    #: Called before each photo with the numbers of photos done and in total; raises to interrupt.
    progress: Callable[[int, int], object]


@dataclass(frozen=True, kw_only=True)
class PrepareResult:
    """The crops, the faces without a photo, and how many features were computed."""

    #: Row of each face's crop in the file of crops, by face id.
    crop_rows: dict[int, int]
    #: Ids of faces whose photo could not be read.
    unreadable: set[int]
    #: Faces whose features were computed now; those of all others were cached.
    computed: int


class _Sink:
    """Writes the kept crops to a file, and computes the features of crops that have none."""

    def __init__(self, work: PrepareInput, kept: set[int], missing: set[bytes]) -> None:
        self._work, self._kept, self._missing = work, kept, missing
        self._raw = work.folder.crops.open("wb")
        self._pending: dict[bytes, NDArray[np.uint8]] = {}
        self.crop_rows: dict[int, int] = {}
        self.computed = 0

    def take(self, face: LabelledFace, crop: NDArray[np.uint8]) -> None:
        key = face_key(face.photo_sha256, face.box)
        if face.face_id in self._kept:
            self.crop_rows[face.face_id] = len(self.crop_rows)
            self._raw.write(crop.tobytes())
        if key in self._missing:
            self._pending[key] = crop
        if len(self._pending) >= _FEATURES_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if self._pending:
            rows = compute_features(self._work.features, np.stack(list(self._pending.values())))
            self._work.cache.put(list(self._pending), rows)
            self.computed += len(self._pending)
            self._pending = {}

    def close(self) -> None:
        self._raw.close()


def cut_faces(work: PrepareInput) -> PrepareResult:
    """Cut the crops that are needed; a killed preparation resumes with the features that are cached."""
    keys = {face.face_id: face_key(face.photo_sha256, face.box) for face in work.faces}
    missing = set(keys.values()) - work.cache.known(keys.values())
    kept = _kept_faces(work)
    needed = [
        face for face in work.faces if work.fine_tune or face.face_id in kept or keys[face.face_id] in missing
    ]
    sink, unreadable = _Sink(work, kept, missing), set[int]()
    try:
        cutting = _cut_photos(work, needed, sink, unreadable)
        if work.fine_tune:
            write_canvases(cutting, work.folder.path)
        else:
            for _ in cutting:
                pass
        sink.flush()
    finally:
        sink.close()
    return PrepareResult(crop_rows=sink.crop_rows, unreadable=unreadable, computed=sink.computed)


def _kept_faces(work: PrepareInput) -> set[int]:
    """Ids of faces whose crops are kept: all validation faces, and a sample of the training faces."""
    training = [face.face_id for face in work.faces if face.split is Split.TRAIN]
    sample = np.random.default_rng(work.seed).permutation(training)[:SAMPLES]
    validating = {face.face_id for face in work.faces if face.split is Split.VALIDATION}
    return validating | set(sample.tolist())


def _cut_photos(
    work: PrepareInput, faces: Sequence[LabelledFace], sink: _Sink, unreadable: set[int]
) -> Iterator[Canvas]:
    """Pass every crop to the sink, and yield the canvases where they are needed."""
    drawn = choose_drawn(work.faces, work.seed) if work.fine_tune else set()
    by_photo = [
        list(group) for _, group in groupby(sorted(faces, key=_photo), key=lambda face: face.photo_id)
    ]
    errors = ItemErrors()
    for done, group in enumerate(by_photo):
        work.progress(done, len(by_photo))
        try:
            photo = decode_photo(work.open_photo(group[0]), min_scale=decode_scale(group))
            crops = plain_crops(photo, group, work.side)
        except Exception as error:
            errors.input_error(error, photo=group[0].photo_id)
            unreadable.update(face.face_id for face in group)
            continue
        for face, crop in zip(group, crops, strict=True):
            sink.take(face, crop)
        if work.fine_tune:
            yield from _canvases(photo, group, drawn, work.seed)
    errors.check(len(by_photo))


def _canvases(
    photo: DecodedPhoto, faces: Sequence[LabelledFace], drawn: set[int], seed: int
) -> Iterator[Canvas]:
    yield from canvases(photo, [face for face in faces if face.split is Split.TRAIN])
    for face in faces:
        if face.face_id in drawn and (canvas := drawn_canvas(photo, face, seed)) is not None:
            yield canvas


def _photo(face: LabelledFace) -> tuple[int, int]:
    return face.photo_id, face.face_id

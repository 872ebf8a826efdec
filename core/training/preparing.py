"""Cut what a training needs, photo by photo, and compute the features that no training computed before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import keras
import numpy as np
from numpy.typing import NDArray

from core.datasets.labelled_face import LabelledFace
from core.detection.decode import decode_photo
from core.detection.photo import DecodedPhoto
from core.errors import InputError
from core.training.backbone import compute_features
from core.training.crops import canvases, choose_drawn, decode_scale, drawn_canvas, plain_crops
from core.training.features import FeatureCache, face_key
from core.training.folder import TrainingFolder
from core.training.network.canvas import Canvas, write_canvases
from models.split import Split

#: Training crops on which 8-bit ranges are set.
SAMPLES = 128
#: Crops whose features are computed and kept at a time.
_FEATURES_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class Work:
    """What to prepare, and from where."""

    faces: Sequence[LabelledFace]
    side: int
    seed: int
    #: Canvases are cut too.
    fine_tune: bool
    #: The network's part below its head.
    features: keras.Model
    cache: FeatureCache
    folder: TrainingFolder
    #: Bytes of a face's photo; InputError where there are none any more.
    open_photo: Callable[[LabelledFace], bytes]
    #: Called before each photo with the photos done and to do; raises to interrupt.
    progress: Callable[[int, int], object]


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What came of it."""

    #: Place of each face's crop among the crops, by face id.
    crop_rows: dict[int, int]
    #: Ids of faces whose photo could not be read.
    lost: set[int]
    #: Features computed now, by face; all others were there already.
    computed: int


class _Sink:
    """Takes crops: those for measuring go to a file, those without features through the backbone."""

    def __init__(self, work: Work, measured: set[int], missing: set[bytes]) -> None:
        self._work, self._measured, self._missing = work, measured, missing
        self._raw = work.folder.crops.open("wb")
        self._waiting: dict[bytes, NDArray[np.uint8]] = {}
        self.crop_rows: dict[int, int] = {}
        self.computed = 0

    def take(self, face: LabelledFace, crop: NDArray[np.uint8]) -> None:
        key = face_key(face.photo_sha256, face.box)
        if face.face_id in self._measured:
            self.crop_rows[face.face_id] = len(self.crop_rows)
            self._raw.write(crop.tobytes())
        if key in self._missing:
            self._waiting[key] = crop
        if len(self._waiting) >= _FEATURES_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            rows = compute_features(self._work.features, np.stack(list(self._waiting.values())))
            self._work.cache.put(list(self._waiting), rows)
            self.computed += len(self._waiting)
            self._waiting = {}

    def close(self) -> None:
        self._raw.close()


def cut_faces(work: Work) -> Cut:
    """Cut all that is needed; features are kept as they come, so that a killed preparation goes on."""
    keys = {face.face_id: face_key(face.photo_sha256, face.box) for face in work.faces}
    missing = set(keys.values()) - work.cache.known(keys.values())
    measured = _measured(work)
    needed = [
        face
        for face in work.faces
        if work.fine_tune or face.face_id in measured or keys[face.face_id] in missing
    ]
    sink, lost = _Sink(work, measured, missing), set[int]()
    try:
        cutting = _cut_photos(work, needed, sink, lost)
        if work.fine_tune:
            write_canvases(cutting, work.folder.path)
        else:
            for _ in cutting:
                pass
        sink.flush()
    finally:
        sink.close()
    return Cut(crop_rows=sink.crop_rows, lost=lost, computed=sink.computed)


def _measured(work: Work) -> set[int]:
    """Faces whose crops are kept: all that validate, and a sample of those that train."""
    training = [face.face_id for face in work.faces if face.split is Split.TRAIN]
    sample = np.random.default_rng(work.seed).permutation(training)[:SAMPLES]
    validating = {face.face_id for face in work.faces if face.split is Split.VALIDATION}
    return validating | set(sample.tolist())


def _cut_photos(work: Work, faces: Sequence[LabelledFace], sink: _Sink, lost: set[int]) -> Iterator[Canvas]:
    """Crops go to the sink; the canvases come out, where the work asks for them."""
    drawn = choose_drawn(work.faces, work.seed) if work.fine_tune else set()
    by_photo = [
        list(group) for _, group in groupby(sorted(faces, key=_photo), key=lambda face: face.photo_id)
    ]
    for done, group in enumerate(by_photo):
        work.progress(done, len(by_photo))
        try:
            photo = decode_photo(work.open_photo(group[0]), min_scale=decode_scale(group))
        except InputError:
            lost.update(face.face_id for face in group)
            continue
        for face, crop in zip(group, plain_crops(photo, group, work.side), strict=True):
            sink.take(face, crop)
        if work.fine_tune:
            yield from _canvases(photo, group, drawn, work.seed)


def _canvases(
    photo: DecodedPhoto, faces: Sequence[LabelledFace], drawn: set[int], seed: int
) -> Iterator[Canvas]:
    yield from canvases(photo, [face for face in faces if face.split is Split.TRAIN])
    for face in faces:
        if face.face_id in drawn and (canvas := drawn_canvas(photo, face, seed)) is not None:
            yield canvas


def _photo(face: LabelledFace) -> tuple[int, int]:
    return face.photo_id, face.face_id

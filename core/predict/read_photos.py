"""Read the photos of a batch: bytes, hashes, faces. A photo that cannot be read fails alone."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

from core.detection.decode import decode_photo
from core.detection.face import DetectedFace
from core.detection.photo import DecodedPhoto
from core.errors import InputError
from core.item_errors import ItemErrors
from core.library.files.reading import missing_from_store, photo_erased, read_photo
from core.library.fingerprints.exif import read_shot
from core.library.fingerprints.hashes import hash_photo, measure_faces
from core.predict.results import PhotoFailed, PhotoRead, PhotoResult, PhotoToRead

#: Photos of a batch on their way from an object store at a time.
_FETCHED_AT_ONCE = 2


class Detector(Protocol):
    """The part of the detector that this module uses."""

    def detect(self, photo: DecodedPhoto) -> list[DetectedFace]:
        """Faces with their probabilities, by falling score."""
        ...


def read_file(photo: PhotoToRead, *, max_bytes: int) -> bytes:
    """The photo's bytes.

    Raises what `read_photo` raises, InputError photo_erased, and TransientError stored_file_missing for any
    other file of the photo store.
    """
    if photo.read is not None:
        return photo.read(max_bytes=max_bytes)
    if photo.bring is not None:
        photo.bring()
    try:
        return read_photo(photo.root, photo.relative, max_bytes=max_bytes, allowed_roots=photo.allowed_roots)
    except InputError as error:
        if photo.erased and error.code == "file_gone":
            raise photo_erased() from error
        if photo.stored and error.code == "file_gone":
            raise missing_from_store(f"photo {photo.position + 1}") from error
        raise


@contextmanager
def fetched_ahead(photos: Iterable[object]) -> Iterator[None]:
    """Fetch stored photos from an object store while those before them are searched.

    A photo that cannot be fetched ahead is fetched again in its turn, which raises what is wrong.
    """
    bring = [photo.bring for photo in photos if isinstance(photo, PhotoToRead) and photo.bring is not None]
    if not bring:
        yield
        return
    pool = ThreadPoolExecutor(_FETCHED_AT_ONCE, thread_name_prefix="fetch")
    for each in bring:
        pool.submit(each)
    try:
        yield
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class Readable(Protocol):
    """A photo to read."""

    @property
    def position(self) -> int:
        """`JobPhoto.position`."""
        ...

    @property
    def known_sha256(self) -> str | None:
        """SHA-256 of its bytes; None where only reading tells."""
        ...


PhotoT = TypeVar("PhotoT", bound=Readable)


def read_photos(
    photos: Sequence[PhotoT],
    detector: Detector,
    *,
    read: Callable[[PhotoT], bytes],
    min_scale: float,
    is_known: Callable[[str], bool],
    before_each: Callable[[], None],
) -> Iterator[PhotoResult]:
    """Yield one result per photo, in order.

    `read` returns the bytes of a photo, or raises InputError.
    `min_scale` is the smallest scale at which a photo may be decoded, at most 1.0. `is_known` returns whether
    faces and predictions for a SHA-256 are stored already, so that the photo need not be decoded. An error
    that strikes every photo is raised at the end.
    """
    errors = ItemErrors()
    for photo in photos:
        before_each()
        try:
            result: PhotoResult = _read(photo, detector, read, min_scale, is_known)
        except Exception as error:
            failure = errors.input_error(error, position=photo.position)
            result = PhotoFailed(position=photo.position, code=failure.code, message=failure.message)
        yield result
    errors.check(len(photos))


def _read(
    photo: PhotoT,
    detector: Detector,
    read: Callable[[PhotoT], bytes],
    min_scale: float,
    is_known: Callable[[str], bool],
) -> PhotoRead:
    if photo.known_sha256 is not None and is_known(photo.known_sha256):
        return PhotoRead(position=photo.position, sha256=photo.known_sha256, bytes=0)
    data = read(photo)
    sha256 = hashlib.sha256(data).hexdigest()
    if is_known(sha256):
        return PhotoRead(position=photo.position, sha256=sha256, bytes=len(data), shot=read_shot(data))
    decoded = decode_photo(data, min_scale=min_scale)
    faces = detector.detect(decoded)
    return PhotoRead(
        position=photo.position,
        sha256=sha256,
        bytes=len(data),
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        frames=decoded.frames,
        notes=decoded.notes,
        faces=tuple(faces),
        hashes=hash_photo(decoded),
        shot=read_shot(data),
        statistics=tuple(measure_faces(decoded, [face.found.box for face in faces])),
    )

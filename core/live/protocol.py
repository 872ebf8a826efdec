"""Send a photo to a live process and read its answer, which is JSON."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from core.detection.face import Box, DetectedFace, FoundFace
from core.library.fingerprints.photo_hashes import FaceStatistics, PhotoHashes, PictureHashes
from core.live.asking import Asker
from core.live.wire import Desk, raise_error
from core.predict.results import PhotoRead
from core.settings import Settings

#: A person waits no longer for other photos.
_QUEUE_SECONDS = 30.0
#: Longer than the slowest accepted photo takes.
_ANSWER_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class PhotoAnswer:
    """A photo that was read, with its faces, and the models that found them."""

    read: PhotoRead
    detector_key: str
    classifier_sha256: str

    @property
    def faces(self) -> tuple[DetectedFace, ...]:
        """Faces by falling detector score, including those labelled `not_a_face`."""
        return self.read.faces or ()

    def to_fields(self) -> dict[str, Any]:
        """The answer as JSON takes it."""
        read = self.read
        return {
            "sha256": read.sha256,
            "bytes": read.bytes,
            "width": read.width,
            "height": read.height,
            "format": read.format,
            "frames": read.frames,
            "notes": read.notes,
            "detector_key": self.detector_key,
            "classifier_sha256": self.classifier_sha256,
            "faces": [_face_to_json(face) for face in self.faces],
            "hashes": None if read.hashes is None else asdict(read.hashes),
            "statistics": [asdict(each) for each in read.statistics],
        }

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `to_fields` gave."""
        given = dict(fields)
        key, sha256, faces = (given.pop(name) for name in ("detector_key", "classifier_sha256", "faces"))
        hashes, statistics = given.pop("hashes"), given.pop("statistics")
        notes = tuple(given.pop("notes", ()))
        read = PhotoRead(
            position=0,
            faces=tuple(map(_face_from_json, faces)),
            hashes=None if hashes is None else _hashes_from_json(hashes),
            statistics=tuple(map(_statistics_from_json, statistics)),
            notes=notes,
            **given,
        )
        return cls(read=read, detector_key=key, classifier_sha256=sha256)


def detect_photo(
    settings: Settings, data: bytes, *, on_wait: Callable[[], None] = lambda: None
) -> PhotoAnswer:
    """Detect the faces of a photo. Raises InputError as in a job, and what `Asker.ask` raises."""
    with Asker(settings) as asker:
        answer = asker.ask(
            Desk.PHOTOS,
            {},
            data,
            queue_seconds=_QUEUE_SECONDS,
            answer_seconds=_ANSWER_SECONDS,
            on_wait=on_wait,
        )
    raise_error(answer)
    return PhotoAnswer.from_fields(answer["photo"])


def _face_to_json(face: DetectedFace) -> dict[str, Any]:
    found = face.found
    return {
        "box": vars(found.box),
        "landmarks": found.landmarks,
        "score": found.score,
        "probabilities": face.probabilities,
    }


def _face_from_json(given: dict[str, Any]) -> DetectedFace:
    found = FoundFace(
        box=Box(**given["box"]),
        landmarks=tuple((x, y) for x, y in given["landmarks"]),
        score=given["score"],
    )
    return DetectedFace(found=found, probabilities=tuple(given["probabilities"]))


def _hashes_from_json(given: dict[str, Any]) -> PhotoHashes:
    return PhotoHashes(picture=PictureHashes(**given["picture"]), pixels=given["pixels"])


def _statistics_from_json(given: dict[str, Any]) -> FaceStatistics:
    return FaceStatistics(**given | {"hashes": PictureHashes(**given["hashes"])})

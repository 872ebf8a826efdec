"""Send a photo to the live process and read its answer, which is JSON."""

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from core.detection.face import Box, DetectedFace, FoundFace
from core.errors import InputError, MaskloopError, PermanentError, TransientError
from core.library.fingerprints.photo_hashes import FaceStatistics, PhotoHashes, PictureHashes
from core.predict.results import PhotoRead
from core.settings import Settings

_KINDS: dict[str, type[MaskloopError]] = {
    kind.__name__: kind for kind in (InputError, TransientError, PermanentError)
}


#: The live process sends this when it is ready for a photo's bytes; anything else is an error.
GO_ON = b"+"


_CONNECT_SECONDS = 2.0


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

    def to_json(self) -> str:
        """The answer as JSON."""
        read = self.read
        return json.dumps(
            {
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
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` or `error_to_json` wrote; raises the error of the latter."""
        given = json.loads(text)
        if "error" in given:
            raise _KINDS[given["error"]["kind"]](given["error"]["code"], given["error"]["message"])
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


def detect_photo(settings: Settings, data: bytes) -> PhotoAnswer:
    """Detect the faces of a photo. Raises InputError as in a job, and TransientError live_unreachable."""
    try:
        with connect(settings.photo_socket) as live:
            live.settimeout(_ANSWER_SECONDS)
            live.sendall(len(data).to_bytes(8, "big"))
            text = live.recv(1)
            if text == GO_ON:
                live.sendall(data)
                text = b""
            text += b"".join(iter(lambda: live.recv(1 << 16), b""))
    except (BrokenPipeError, ConnectionResetError, TimeoutError) as error:
        raise _unreachable() from error
    if not text:
        # The live process died while it read this photo.
        raise _unreachable()
    return PhotoAnswer.from_json(text.decode())


def connect(path: Path) -> socket.socket:
    """Connect to a socket of the live process; TransientError live_unreachable."""
    live = socket.socket(socket.AF_UNIX)
    live.settimeout(_CONNECT_SECONDS)
    try:
        live.connect(str(path))
    except OSError as error:
        live.close()
        raise _unreachable() from error
    return live


def error_to_json(error: MaskloopError) -> str:
    """An error as JSON, in place of an answer."""
    return json.dumps({"error": {"kind": type(error).__name__, "code": error.code, "message": error.message}})


def _unreachable() -> TransientError:
    return TransientError(
        "live_unreachable", "The live process, which detects faces in photos and cameras, does not respond."
    )


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

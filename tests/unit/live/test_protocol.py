"""The answer to one photo crosses processes unchanged, errors with their kind."""

import json

import pytest

from core.detection.face import Box, DetectedFace, FoundFace
from core.errors import InputError, MaskloopError, PermanentError, TransientError
from core.library.fingerprints.photo_hashes import FaceStatistics, PhotoHashes, PictureHashes
from core.live.protocol import PhotoAnswer
from core.live.wire import error_fields, raise_error
from core.predict.results import PhotoRead


def made_answer(sha256: str = "a" * 64) -> PhotoAnswer:
    found = FoundFace(box=Box(x1=1.25, y1=2, x2=30, y2=40.5), landmarks=((1.0, 2.0),) * 5, score=0.75)
    face = DetectedFace(found=found, probabilities=(0.1, 0.7, 0.15, 0.05))
    hashes = PictureHashes(phash=-(2**63), dhash=2**63 - 1)
    read = PhotoRead(
        position=0,
        sha256=sha256,
        bytes=10,
        width=60,
        height=50,
        format="PNG",
        frames=2,
        faces=(face, face),
        hashes=PhotoHashes(picture=hashes, pixels="b" * 64),
        statistics=(FaceStatistics(hashes=hashes, blur=3.5, brightness=120.25),) * 2,
    )
    return PhotoAnswer(read=read, detector_key="yunet-test", classifier_sha256="c" * 64)


def test_an_answer_comes_back_as_it_was() -> None:
    assert PhotoAnswer.from_fields(json.loads(json.dumps(made_answer().to_fields()))) == made_answer()


@pytest.mark.parametrize("kind", [InputError, TransientError, PermanentError])
def test_an_error_comes_back_as_it_was(kind: type[MaskloopError]) -> None:
    with pytest.raises(kind) as caught:
        raise_error(json.loads(json.dumps(error_fields(kind("photo_truncated", "Half of it.")))))
    assert (caught.value.code, caught.value.message) == ("photo_truncated", "Half of it.")

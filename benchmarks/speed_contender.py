"""One contender of the speed benchmark in its own process; prints its metrics as a line of JSON."""

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from core.detection.crop import cut
from core.detection.decode import decode_photo
from core.detection.detector import FaceMaskDetector
from core.detection.options import DetectionOptions
from core.detection.weights import YUNET, find_weights
from core.library.fingerprints.exif import read_shot
from core.library.fingerprints.hashes import hash_photo, measure_faces

CONTENDERS = ("decode", "stages", "keras")
#: Input side of the classifier in most tutorials, in pixels.
KERAS_SIDE = 224

#: Takes the bytes of a file, returns the number of faces found.
Work = Callable[[bytes], int]


def main() -> None:
    """Warm up on one photo, then measure every `--parts`-th one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--smallest-face", type=float, default=16.0)
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--parts", type=int, default=1)
    parser.add_argument("--photos", type=int, default=None, help="at most this many")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    paths = sorted(given.folder.iterdir())[: given.photos]
    stages: dict[str, float] = {}
    work = {"decode": _decode, "stages": _stages, "keras": _keras}[given.contender](given, stages)
    work(paths[0].read_bytes())
    stages.clear()
    start, processor = time.perf_counter(), time.process_time()
    faces = [work(path.read_bytes()) for path in paths[given.part :: given.parts]]
    found = {
        "photos": len(faces),
        "faces": sum(faces),
        "seconds": time.perf_counter() - start,
        "processor": time.process_time() - processor,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "stages": stages,
    }
    print(json.dumps(found))


def _decode(given: argparse.Namespace, stages: dict[str, float]) -> Work:
    def work(data: bytes) -> int:
        decode_photo(data)
        return 0

    return work


def _stages(given: argparse.Namespace, stages: dict[str, float]) -> Work:
    """What a worker does with a photo, without jobs and database; seconds of processor time by stage."""
    options = DetectionOptions(smallest_face=given.smallest_face)
    detector = FaceMaskDetector(given.weights, options=options, threads=1)

    @contextmanager
    def timed(stage: str) -> Iterator[None]:
        before = time.thread_time()
        yield
        stages[stage] = stages.get(stage, 0.0) + time.thread_time() - before

    def work(data: bytes) -> int:
        with timed("decoding"):
            photo = decode_photo(data, min_scale=options.min_decode_scale)
        with timed("finding faces"):
            faces = detector.find_faces(photo)
        with timed("classifying"):
            detector.classify(photo, faces)
        with timed("hashes of the photo"):
            hash_photo(photo)
        with timed("hashes, blur and brightness of faces"):
            measure_faces(photo, [face.box for face in faces])
        with timed("EXIF"):
            read_shot(data)
        return len(faces)

    return work


def _keras(given: argparse.Namespace, stages: dict[str, float]) -> Work:
    # Imported here, so that TensorFlow costs the other contenders no memory.
    from core.training.network.network import build_network

    network = build_network(KERAS_SIDE)
    finder = cv2.FaceDetectorYN.create(str(find_weights(YUNET.name, given.weights)), "", (320, 320), 0.6)

    def work(data: bytes) -> int:
        rgb = decode_photo(data).rgb
        finder.setInputSize((rgb.shape[1], rgb.shape[0]))
        found = finder.detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1]
        rows = np.empty((0, 15), np.float32) if found is None else found
        for row in rows:
            box = np.array([[row[0], row[1], row[0] + row[2], row[1] + row[3]]])
            box = np.clip(box, 0, [rgb.shape[1], rgb.shape[0]] * 2)
            network.predict(cut(rgb, box, side=KERAS_SIDE).astype(np.float32), verbose=0)
        return len(rows)

    return work


if __name__ == "__main__":
    main()

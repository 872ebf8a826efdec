"""One contender of the speed benchmark in its own process; prints its metrics as a line of JSON."""

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from core.detection.crop import cut
from core.detection.decode import decode_photo
from core.detection.detector import FaceMaskDetector
from core.detection.options import DetectionOptions
from core.detection.weights import YUNET, find_weights

CONTENDERS = ("decode", "maskloop", "keras")
#: Input side of the classifier in most tutorials, in pixels.
KERAS_SIDE = 224
ENDINGS = (".jpg", ".jpeg", ".png", ".webp")

#: Takes the bytes of a file, returns the number of faces found.
Work = Callable[[bytes], int]


def main() -> None:
    """Warm up on one photo, then measure all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--photos", type=int, required=True)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    paths = sorted(path for path in given.folder.rglob("*") if path.suffix.lower() in ENDINGS)
    chosen = [paths[at] for at in np.linspace(0, len(paths) - 1, min(given.photos, len(paths))).astype(int)]
    work = {"decode": _decode, "maskloop": _maskloop, "keras": _keras}[given.contender](given.weights)
    work(chosen[0].read_bytes())
    start = time.perf_counter()
    faces = sum(work(path.read_bytes()) for path in chosen)
    rate = len(chosen) / (time.perf_counter() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"photos_per_second": rate, "faces": faces, "memory": memory}))


def _decode(weights: Path) -> Work:
    def work(data: bytes) -> int:
        decode_photo(data)
        return 0

    return work


def _maskloop(weights: Path) -> Work:
    options = DetectionOptions()
    detector = FaceMaskDetector(weights, options=options, threads=1)
    return lambda data: len(detector.detect(decode_photo(data, min_scale=options.min_decode_scale)))


def _keras(weights: Path) -> Work:
    # Imported here, so that TensorFlow costs the other contenders no memory.
    from core.training.network.network import build_network

    network = build_network(KERAS_SIDE)
    finder = cv2.FaceDetectorYN.create(str(find_weights(YUNET.name, weights)), "", (320, 320), 0.6)

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

"""What a photo costs, counted and not timed: python -m benchmarks.hot_paths

Counts are the same on every machine and beside any load, so a test compares them with those in
`hot_paths.toml`: pixels and pictures through YuNet, crops through the classifier, and calls of functions,
Python's and built-in ones, by stage. Together they follow the instructions: the networks take nearly the same
for each pixel and each crop, and what is no network calls NumPy, OpenCV and Pillow for each photo, face and
band of rows.
With Valgrind installed, `--instructions` counts the instructions themselves, which takes minutes.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import prod
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.detection.decode import decode_photo
from core.detection.detector import FaceMaskDetector
from core.detection.face import FoundFace
from core.detection.photo import DecodedPhoto
from core.detection.yunet import YuNet, padded_size
from core.library.fingerprints.hashes import hash_photo, measure_faces
from core.samples.making import all_samples
from core.settings import Settings

RECORD = Path(__file__).with_name("hot_paths.toml")
#: One face, a group, small faces, a turned photo, and a picture without a face.
PHOTOS = (
    *("portrait.jpg", "groups/group_4.jpg", "sizes/small_faces_640.jpg", "turned/exif_6.jpg"),
    "no_face/room_1.jpg",
)
#: Rounds that Valgrind runs, once each; the difference is what the further rounds take.
_FEW, _MANY = 1, 3
_INSTRUCTIONS = re.compile(r"I\s+refs:\s+([\d,]+)")

T = TypeVar("T")


def sample_photos() -> list[bytes]:
    """The files that are read, always the same."""
    found = {sample.name: sample.data for sample in all_samples() if sample.name in PHOTOS}
    return [found[name] for name in PHOTOS]


def count_work(weights: Path) -> dict[str, int]:
    """Counts by name for the sample photos together."""
    counts: Counter[str] = Counter()
    detector = FaceMaskDetector(weights)
    files = sample_photos()
    _read_all(detector, files, lambda stage, work: work())
    with _counted_network(counts):
        _read_all(detector, files, lambda stage, work: _counted(counts, stage, work))
    return dict(counts)


def _read_all(
    detector: FaceMaskDetector, files: list[bytes], stage: Callable[[str, Callable[[], Any]], Any]
) -> None:
    for data in files:
        photo: DecodedPhoto = stage("decode", partial(decode_photo, data))
        faces: list[FoundFace] = stage("find", partial(detector.find_faces, photo))
        stage("classify", partial(detector.classify, photo, faces))
        stage("hash", partial(hash_photo, photo))
        stage("measure_faces", partial(measure_faces, photo, [face.box for face in faces]))


@contextmanager
def _counted_network(counts: Counter[str]) -> Iterator[None]:
    """Count the pictures and padded pixels that go through YuNet."""
    original = YuNet.candidates_of

    def counting(
        network: YuNet, pictures: Sequence[NDArray[np.uint8]], *, threshold: float
    ) -> list[NDArray[np.float32]]:
        counts["network_pictures"] += len(pictures)
        counts["network_pixels"] += sum(prod(padded_size(picture)) for picture in pictures)
        return original(network, pictures, threshold=threshold)

    YuNet.candidates_of = counting  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        YuNet.candidates_of = original  # type: ignore[method-assign]


def _counted(counts: Counter[str], stage: str, work: Callable[[], T]) -> T:
    def note(frame: FrameType, event: str, argument: object) -> None:
        # Newer Pythons run comprehensions without a call.
        if event == "c_call" or (event == "call" and not frame.f_code.co_name.startswith("<")):
            counts[f"{stage}_calls"] += 1

    sys.setprofile(note)
    try:
        result = work()
    finally:
        sys.setprofile(None)
    if stage == "classify":
        counts["crops"] += len(result)  # type: ignore[arg-type]
    return result


def main() -> int:
    """Print the counts as a Markdown table; with `--instructions` what Valgrind counts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hot_paths", description=__doc__)
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--rounds", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    weights = Settings.from_env().weights
    if given.rounds:
        detector, files = FaceMaskDetector(weights), sample_photos()
        for _ in range(given.rounds):
            _read_all(detector, files, lambda stage, work: work())
        return 0
    print(f"| {len(PHOTOS)} sample photos | count |")
    print("|---|---|")
    for name, count in count_work(weights).items():
        print(f"| {name.replace('_', ' ')} | {count:,} |")
    if given.instructions:
        print(f"| instructions | {_instructions():,} |")
    return 0


def _instructions() -> int:
    """What the program and its libraries execute for the sample photos, after loading."""
    if shutil.which("valgrind") is None:
        raise SystemExit("Valgrind is not installed.")
    few, many = (_instructions_of(rounds) for rounds in (_FEW, _MANY))
    return (many - few) // (_MANY - _FEW)


def _instructions_of(rounds: int) -> int:
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    command += [sys.executable, "-m", "benchmarks.hot_paths", "--rounds", str(rounds)]
    fixed = Settings.from_env().to_child_env() | {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=fixed, capture_output=True, text=True, check=True)
    found = _INSTRUCTIONS.search(done.stderr)
    assert found, done.stderr[-500:]
    return int(found[1].replace(",", ""))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m benchmarks.speed FOLDER`: photos per second, against decoding alone and the usual method.

Each contender runs in its own process, bound to the same cores, one after the other, for several rounds; the
median counts. (a) `decode` reads and decodes the same files. (b) `keras` detects faces with
`cv2.FaceDetectorYN` and calls Keras' `predict` once per face, as tutorials do.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed_contender import CONTENDERS


@dataclass(frozen=True, kw_only=True)
class Result:
    """Photos per second (median of rounds), faces found, and peak resident memory in MB."""

    photos_per_second: float
    faces: int
    memory: float


def main() -> int:
    """Run the contenders and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of photos")
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="folder of pretrained weights")
    parser.add_argument("--photos", type=int, default=200, help="number of photos, evenly spaced")
    parser.add_argument("--keras-photos", type=int, default=20, help="number of photos for (b)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=1, help="cores that each contender is bound to")
    given = parser.parse_args()
    results = {name: _run(name, given) for name in CONTENDERS}
    print(_table(results))
    return 0


def _run(name: str, given: argparse.Namespace) -> Result:
    rounds = []
    for _ in range(1 if name == "keras" else given.rounds):
        photos = given.keras_photos if name == "keras" else given.photos
        command = [sys.executable, "-m", "benchmarks.speed_contender", name, str(given.folder)]
        command += ["--weights", str(given.weights), "--photos", str(photos)]
        done = subprocess.run(_bound(command, given.cores), capture_output=True, text=True, check=True)
        rounds.append(json.loads(done.stdout.splitlines()[-1]))
    return Result(
        photos_per_second=statistics.median(found["photos_per_second"] for found in rounds),
        faces=rounds[0]["faces"],
        memory=max(found["memory"] for found in rounds),
    )


def _bound(command: list[str], cores: int) -> list[str]:
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    return ["taskset", "--cpu-list", ",".join(map(str, allowed)), *command]


def _table(results: dict[str, Result]) -> str:
    ours = results["maskloop"].photos_per_second
    lines = ["| | photos/s | Maskloop is | faces | memory MB |", "|---|---|---|---|---|"]
    for name, result in results.items():
        times = f"{ours / result.photos_per_second:.2f} times as fast"
        lines.append(
            f"| {name} | {result.photos_per_second:.1f} | {times} | {result.faces} | {result.memory:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m benchmarks.dedup DATA` measures duplicate search among 10,000 photos, and 10,000 in 1,000,000.

It runs Maskloop, `imagededup`'s dHash and plain `imagehash` with a dictionary, each on one core, on copies of
real photos made by `benchmarks.near_duplicates` and on different photos that look similar. `--peers` is the
Python of an environment with imagededup; `benchmarks.dedup_peers` explains how to create it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.dedup_metrics import Judge, Pair, precision, recall_by_change
from benchmarks.dedup_search import search_table
from benchmarks.dedup_similar import search_similar
from benchmarks.dedup_vectors import vectors_table
from benchmarks.near_duplicates import CHANGES, TWINS, make_folder
from core.dedup.grouping import Candidate, Grouping, group_anew
from core.dedup.hash_search import HashedLibrary
from core.detection.decode import decode_photo
from core.library.fingerprints.hashes import hash_bytes, hash_photo
from core.library.fingerprints.photo_hashes import NEAR_DISTANCE, HashedPhotos, PhotoHashes


def main() -> int:
    """Make the photos, run the programs, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dedup", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with photos/images, crops and negatives")
    parser.add_argument("--peers", required=True, help="Python that has imagededup")
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--changed", type=int, default=250, help="photos to which every change is applied")
    parser.add_argument("--folder", type=Path, help="folder to keep the photos in, or to reuse")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch) / "photos"
        if not folder.is_dir():
            make_folder(given.data, folder, photos=given.photos, changed=given.changed)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        cv2.setNumThreads(1)
        _compare(folder, given.peers)
    print(search_table())
    print(vectors_table())
    return 0


def _compare(folder: Path, peers: str) -> None:
    paths = sorted(folder.iterdir())
    sizes = [_size(path) for path in paths]
    candidates, groups, seconds = _maskloop(paths, sizes)
    similar = search_similar(paths, [min(size) for size in sizes], candidates, groups, distance=NEAR_DISTANCE)
    times = {"Maskloop": seconds, "all hashes of the full pixels, without the decode": _shared(paths)}
    pairs = {"Maskloop": _pairs(groups, paths), "and similar ones": _pairs(similar.groups, paths)}
    for name, python in (("imagededup", peers), ("imagehash", sys.executable)):
        command = [python, str(Path(__file__).with_name("dedup_peers.py")), name, str(folder)]
        answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout.splitlines()[-1])
        times[name], pairs[name] = answer["seconds"], [(one, other) for one, other in answer["pairs"]]
    print(_speed_table(times, len(paths)))
    print(similar.table(len(paths)))
    print(_quality_table(pairs, folder))


def _maskloop(
    paths: list[Path], sizes: list[tuple[int, int]]
) -> tuple[dict[int, Candidate], list[Grouping], float]:
    """Read, hash and group the files as a duplicate job does, without a database."""
    start = time.perf_counter()
    candidates = {at: _candidate(at, path, sizes[at]) for at, path in enumerate(paths)}
    photos = HashedPhotos(
        ids=np.arange(len(paths)),
        phash=np.array([c.phash for c in candidates.values()]).view(np.uint64),
        dhash=np.array([c.dhash for c in candidates.values()]).view(np.uint64),
    )
    groups = [
        group
        for cluster in HashedLibrary(photos).clusters(photos, NEAR_DISTANCE)
        for group in group_anew(
            [candidates[at] for at in cluster.tolist()], distance=NEAR_DISTANCE, not_same={}
        )
    ]
    seconds = time.perf_counter() - start
    return candidates, groups, seconds


def _size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def _candidate(at: int, path: Path, size: tuple[int, int]) -> Candidate:
    data, (width, height) = path.read_bytes(), size
    hashes = hash_bytes(data, short_side=min(width, height)).hashes
    return Candidate(
        photo_id=at,
        phash=hashes.picture.phash,
        dhash=hashes.picture.dhash,
        pixel_hash=hashes.pixels,
        pixels=width * height,
        bytes=len(data),
    )


def _pairs(groups: list[Grouping], paths: list[Path]) -> list[Pair]:
    """Names of all pairs of photos in the same group."""
    members = ((group.kept_id, *(match.photo_id for match in group.matches)) for group in groups)
    return [pair for group in members for pair in combinations(sorted(paths[at].name for at in group), 2)]


def _shared(paths: list[Path]) -> float:
    """Seconds for all three hashes of photos that detection decodes anyway."""
    seconds = 0.0
    work: Callable[..., PhotoHashes] = hash_photo
    for path in paths:
        decoded = decode_photo(path.read_bytes())
        start = time.perf_counter()
        work(decoded)
        seconds += time.perf_counter() - start
    return seconds


def _speed_table(times: dict[str, float], photos: int) -> str:
    lines = [f"| {photos:,} photos on one core | seconds | imagededup takes |", "|---|---|---|"]
    for name, seconds in times.items():
        lines.append(f"| {name} | {seconds:.1f} | {times['imagededup'] / seconds:.1f} times as long |")
    return "\n".join(lines)


def _quality_table(pairs: dict[str, list[Pair]], folder: Path) -> str:
    judge = Judge(folder)
    recall = {name: recall_by_change(found, folder) for name, found in pairs.items()}
    lines = [f"\n| recall | {' | '.join(pairs)} |", "|---|" + "---|" * len(pairs)]
    lines += [
        f"| {change} | " + " | ".join(f"{recall[name][change]:.3f}" for name in pairs) + " |"
        for change in CHANGES
    ]
    means = [sum(recall[name][twin] for twin in TWINS) / len(TWINS) for name in pairs]
    lines.append("| **size and compression** | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")
    for words, twins_only in (("precision among them", True), ("precision, all changes", False)):
        precisions = [precision(found, judge, twins_only=twins_only) for found in pairs.values()]
        cells = (f"{share:.4f} ({wrong:,} wrong)" for share, wrong in precisions)
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

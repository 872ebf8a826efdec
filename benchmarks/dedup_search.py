"""Search 1,000,000 hashes for 10,000 new photos: Maskloop and faiss, each in a separate process."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.dedup.hash_search import HashedLibrary
from core.library.fingerprints.photo_hashes import NEAR_DISTANCE, HashedPhotos

LIBRARY, NEW = 1_000_000, 10_000


def random_photos(count: int, new: int) -> HashedPhotos:
    """Photos with random hashes; half of the last `new` differ by a few bits from an earlier photo."""
    rng = np.random.default_rng(4)
    phash, dhash = (rng.integers(0, 2**64, count, dtype=np.uint64) for _ in range(2))
    copies = count - new + np.arange(new // 2)
    originals = rng.integers(0, count - new, len(copies))
    for hashes in (phash, dhash):
        flips = (rng.random((len(copies), 64)) < 2 / 64) @ (1 << np.arange(64, dtype=np.uint64))
        hashes[copies] = hashes[originals] ^ flips.astype(np.uint64)
    return HashedPhotos(ids=np.arange(count), phash=phash, dhash=dhash)


def search_table() -> str:
    """Run all programs; returns their results as a Markdown table."""
    lines = [
        f"\n| {NEW:,} new among {LIBRARY:,} | build s | search s | memory MB | copies found |",
        "|---|---|---|---|---|",
    ]
    for name in PROGRAMS:
        command = [sys.executable, "-m", "benchmarks.dedup_search", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines.append(f"| {name} | {done.stderr.splitlines()[-1]} | | | |")
            continue
        build, search, memory, found = json.loads(done.stdout)
        lines.append(f"| {name} | {build:.2f} | {search:.2f} | {memory:.0f} | {found:,} |")
    return "\n".join(lines)


def _maskloop(photos: HashedPhotos) -> Callable[[HashedPhotos], int]:
    library = HashedLibrary(photos)
    return lambda new: sum(len(cluster) - 1 for cluster in library.clusters(new, NEAR_DISTANCE))


def _faiss(photos: HashedPhotos, kind: str) -> Callable[[HashedPhotos], int]:
    """Search pHashes with a faiss index on one thread, then compare dHashes with NumPy."""
    import faiss

    faiss.omp_set_num_threads(1)
    index: Any = faiss.IndexBinaryFlat(64) if kind == "Flat" else faiss.IndexBinaryMultiHash(64, 3, 21)
    index.nflip = 2
    index.add(_bytes(photos.phash))

    def search(new: HashedPhotos) -> int:
        limits, _, found = index.range_search(_bytes(new.phash), NEAR_DISTANCE + 1)
        asked = np.repeat(np.arange(len(new)), np.diff(limits.astype(np.int64)))
        near = np.bitwise_count(photos.dhash[found] ^ new.dhash[asked]) <= NEAR_DISTANCE
        other = photos.ids[found] != new.ids[asked]
        return len(np.unique(asked[near & other]))

    return search


PROGRAMS: dict[str, Callable[[HashedPhotos], Callable[[HashedPhotos], int]]] = {
    "Maskloop": _maskloop,
    "faiss IndexBinaryFlat": lambda photos: _faiss(photos, "Flat"),
    "faiss IndexBinaryMultiHash, 3 parts of 21 bits, 2 flips": lambda photos: _faiss(photos, "MultiHash"),
}


def _bytes(hashes: NDArray[np.uint64]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(hashes).view(np.uint8).reshape(-1, 8)


def resident_megabytes() -> float:
    """Current resident memory of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20


def main() -> None:
    """Measure the program in the first argument."""
    photos = random_photos(LIBRARY, NEW)
    new = photos.take(np.arange(LIBRARY - NEW, LIBRARY))
    before, start = resident_megabytes(), time.perf_counter()
    search = PROGRAMS[sys.argv[1]](photos)
    built = time.perf_counter()
    found = search(new)
    ended = time.perf_counter()
    print(json.dumps([built - start, ended - built, resident_megabytes() - before, found]))


if __name__ == "__main__":
    main()

"""Search 100,000 embeddings for 10,000 new photos: Maskloop and faiss, each in a separate process."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.dedup_similar import ABOVE
from core.dedup.embedding import NUMBERS
from core.dedup.similar import MOST_SIMILAR, EmbeddedPhotos, similar_pairs

LIBRARY, NEW = 100_000, 10_000
_AT_ONCE = 500


def random_photos() -> EmbeddedPhotos:
    """Photos with random embeddings; half of the last `NEW` are noisy copies of earlier ones."""
    rng = np.random.default_rng(4)
    vectors = rng.integers(-127, 127, (LIBRARY, NUMBERS), np.int8, endpoint=True)
    copies = LIBRARY - NEW + np.arange(NEW // 2)
    noise = rng.integers(-30, 30, (len(copies), NUMBERS))
    vectors[copies] = (vectors[rng.integers(0, LIBRARY - NEW, len(copies))] + noise).clip(-127, 127)
    return EmbeddedPhotos(ids=np.arange(LIBRARY), vectors=vectors)


def vectors_table() -> str:
    """Run all programs; returns their results as a Markdown table."""
    lines = [
        f"\n| {NEW:,} new among {LIBRARY:,} embeddings | search s | memory MB | copies found |",
        "|---|---|---|---|",
    ]
    for name in PROGRAMS:
        command = [sys.executable, "-m", "benchmarks.dedup_vectors", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines.append(f"| {name} | {done.stderr.splitlines()[-1]} | | |")
            continue
        search, memory, found = json.loads(done.stdout)
        lines.append(f"| {name} | {search:.1f} | {memory:.0f} | {found:,} |")
    return "\n".join(lines)


def _maskloop(library: EmbeddedPhotos) -> int:
    pairs = (
        pair
        for start in range(LIBRARY - NEW, LIBRARY, _AT_ONCE)
        for pair in similar_pairs(library.take(slice(start, start + _AT_ONCE)), library, ABOVE)
    )
    return len({pair.second_id for pair in pairs})


def _faiss(library: EmbeddedPhotos) -> int:
    """Exact inner products of float32, on one thread."""
    import faiss

    faiss.omp_set_num_threads(1)
    wide = library.vectors.astype(np.float32)
    faiss.normalize_L2(wide)
    index = faiss.IndexFlatIP(NUMBERS)
    index.add(wide)
    cosines, found = index.search(wide[LIBRARY - NEW :], MOST_SIMILAR + 1)
    other = found != np.arange(LIBRARY - NEW, LIBRARY)[:, None]
    return int(((cosines >= ABOVE) & other).any(axis=1).sum())


PROGRAMS: dict[str, Callable[[EmbeddedPhotos], int]] = {
    "Maskloop": _maskloop,
    "faiss IndexFlatIP": _faiss,
}


def main() -> int:
    """Run one program; prints seconds, MB above the photos' own memory, and copies found."""
    photos = random_photos()
    Path("/proc/self/clear_refs").write_text("5")  # Forget the peak that drawing the photos had.
    before = _peak_megabytes()
    start = time.perf_counter()
    found = PROGRAMS[sys.argv[1]](photos)
    seconds = time.perf_counter() - start
    print(json.dumps([seconds, _peak_megabytes() - before, found]))
    return 0


def _peak_megabytes() -> float:
    """Peak memory of this process."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    sys.exit(main())

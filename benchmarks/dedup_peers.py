"""Other programs of the duplicate benchmark, each in a separate process; prints seconds and pairs as JSON.

Install `imagededup` into its own environment without its dependencies: it depends on torch, which its hashing
does not use:

    python -m venv /tmp/peers/venv
    /tmp/peers/venv/bin/pip install --no-deps imagededup
    /tmp/peers/venv/bin/pip install numpy scipy pillow scikit-learn PyWavelets tqdm matplotlib
"""

import importlib.util
import json
import sys
import time
import types
from collections import defaultdict
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

Find = Callable[[Path], list[tuple[str, str]]]


def load_imagededup() -> Find:
    """`DHash().find_duplicates` with default options, in one process."""
    found = importlib.util.find_spec("imagededup")
    assert found is not None and found.submodule_search_locations is not None
    # The package's __init__ imports its neural network, which imports torch.
    for name in ("methods", "utils"):
        package = types.ModuleType(f"imagededup.{name}")
        package.__path__ = [str(Path(found.submodule_search_locations[0]) / name)]
        sys.modules[package.__name__] = package
    from imagededup.methods.hashing import DHash

    def find(folder: Path) -> list[tuple[str, str]]:
        near = DHash(verbose=False).find_duplicates(image_dir=folder, num_enc_workers=0, num_dist_workers=0)
        return [(name, other) for name, others in near.items() for other in others if name < other]

    return find


def load_imagehash() -> Find:
    """The usual script: files with equal pHash are duplicates, found with a dictionary."""
    import imagehash
    import scipy.fftpack  # noqa: F401 - imagehash would load it with the first photo
    from PIL import Image

    def find(folder: Path) -> list[tuple[str, str]]:
        by_hash = defaultdict(list)
        for path in sorted(folder.iterdir()):
            with Image.open(path) as image:
                by_hash[str(imagehash.phash(image))].append(path.name)
        return [pair for names in by_hash.values() for pair in combinations(sorted(names), 2)]

    return find


def main() -> None:
    """Run the program in the first argument on the folder in the second."""
    find = {"imagededup": load_imagededup, "imagehash": load_imagehash}[sys.argv[1]]()
    start = time.perf_counter()
    pairs = find(Path(sys.argv[2]))
    print(json.dumps({"seconds": time.perf_counter() - start, "pairs": pairs}))


if __name__ == "__main__":
    main()

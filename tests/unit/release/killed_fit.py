"""A fit of four epochs on the canvases of a folder, for a test to kill in the middle; argv: FOLDER OUT."""

import sys
from pathlib import Path

from core.release.fitting import Recipe, fit
from core.training.network.canvas import open_canvases

RECIPE = Recipe(side=32, batch=8, steps=6, head_epochs=4, cycles=())


def fit_canvases(folder: Path, out: Path) -> None:
    """Fit, and print when it starts from the beginning."""
    fit(open_canvases(folder), RECIPE, out, begin=lambda _network: print("begins anew", flush=True))


if __name__ == "__main__":
    fit_canvases(Path(sys.argv[1]), Path(sys.argv[2]))

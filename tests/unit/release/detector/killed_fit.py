"""A fit on the scenes of a folder, for a test to kill; argv: FOLDER OUT."""

import sys
from collections.abc import Callable
from pathlib import Path

from core.release.detector.learner import DetectorRecipe, OnePassLearner
from core.release.detector.pipeline import training_weights
from core.training.detector.fit import Pace, fit
from core.training.detector.scene_store import SceneStore

RECIPE = DetectorRecipe(side=64, batch=2, widths=(8, 8, 8), blocks=(1, 1, 1))
PACE = Pace(steps=12, logged=1, kept=3)


def fit_scenes(folder: Path, out: Path, report: Callable[[str], object]) -> None:
    """Fit twelve steps, with a line for each; a fit that was killed goes on."""
    scenes = SceneStore(folder)
    fit(OnePassLearner(RECIPE), scenes, training_weights(scenes), RECIPE, PACE, out, report=report)


def _print(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    fit_scenes(Path(sys.argv[1]), Path(sys.argv[2]), _print)

"""A fit on the scenes of a folder, for a test to kill; argv: FOLDER OUT."""

import sys
from pathlib import Path

from core.release.detector.fit import DetectorRecipe, Pace, fit
from core.release.detector.scene_store import SceneStore

RECIPE = DetectorRecipe(side=64, batch=2, widths=(8, 8, 8), blocks=(1, 1, 1))
PACE = Pace(steps=12, logged=1, kept=3)


def main() -> None:
    """Fit twelve steps."""
    fit(SceneStore(Path(sys.argv[1])), RECIPE, PACE, Path(sys.argv[2]))


if __name__ == "__main__":
    main()

"""`python -m core.release.detector --data DIR --out DIR`: from pictures to a detector's folder."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import tensorflow as tf

from core.errors import MaskloopError
from core.release.detector.learner import DetectorRecipe
from core.release.detector.pipeline import DetectorPlan, averaged_network, compare_all, finish, train
from core.release.detector.tuning import TUNING, TuningPlan, tune
from core.release.voc import read_annotations
from core.training.detector.fit import Pace
from core.training.detector.scene_store import SceneStore


def main() -> int:
    """Read the command line and train; a repeated command goes on where the last one was stopped."""
    given = _arguments()
    tf.config.threading.set_intra_op_parallelism_threads(given.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    try:
        folder = _trained(given)
        for compared in given.compare:
            photos = list(read_annotations(compared / "images", compared / "annotations"))
            for name, found in compare_all(folder, given.weights, photos).items():
                print(json.dumps({"photos": str(compared), "detector": name, **found.as_json()}))
    except MaskloopError as error:
        print(f"{error.code}: {error.message}", file=sys.stderr)
        return 1
    print(f"The detector is in {folder}.")
    return 0


def _trained(given: argparse.Namespace) -> Path:
    """The folder of the detector that the command line asks for."""
    pace = Pace(steps=given.steps, measured=given.measured)
    shared = {
        "data": given.data,
        "out": given.out,
        "weights": given.weights,
        "name": given.name,
        "pace": pace,
        "measured_photos": given.photos,
        "processes": given.processes,
    }
    if given.tune:
        recipe = replace(TUNING, batch=given.batch, side=given.side, rate=given.rate or TUNING.rate)
        return tune(TuningPlan(**shared, recipe=recipe, share=given.share))
    one_pass = DetectorRecipe()
    recipe = DetectorRecipe(batch=given.batch, side=given.side, rate=given.rate or one_pass.rate)
    plan = DetectorPlan(**shared, recipe=recipe)
    return finish(plan, SceneStore(plan.out), averaged_network(plan)) if given.export else train(plan)


def _arguments() -> argparse.Namespace:
    recipe = DetectorRecipe()
    parser = argparse.ArgumentParser(prog="python -m core.release.detector", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of photos, crops and negatives")
    parser.add_argument("--out", type=Path, required=True, help="folder for the result and checkpoints")
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="folder of pretrained weights")
    parser.add_argument(
        "--tune", action="store_true", help="fine-tune YuNet; else a one-pass detector begins with nothing"
    )
    parser.add_argument("--share", type=float, default=0.5, help="of the tuned weights in the result")
    parser.add_argument("--rate", type=float, help="highest learning rate")
    parser.add_argument("--name", default="maskloop-detector-1", help="name of the detector")
    parser.add_argument("--steps", type=int, default=20_000, help="batches of the whole fit")
    parser.add_argument("--batch", type=int, default=recipe.batch, help="mosaics in a batch")
    parser.add_argument("--side", type=int, default=recipe.side, help="side of a mosaic in pixels")
    parser.add_argument("--measured", type=int, default=200, help="steps between two measurements")
    parser.add_argument("--photos", type=int, default=60, help="held-back photos of a measurement")
    parser.add_argument("--processes", type=int, default=2, help="processes that prepare the pictures")
    parser.add_argument("--threads", type=int, default=2, help="threads of the fit")
    parser.add_argument(
        "--export", action="store_true", help="export the last checkpoint; the fit is not continued"
    )
    parser.add_argument(
        "--compare",
        type=Path,
        nargs="*",
        default=[],
        help="folders of images/ and annotations/ on which to compare the result with YuNet",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""`python -m core.release --data DIR --out DIR`: from a folder of pictures to a classifier's folder."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from core.errors import MaskloopError
from core.release.fitting import NARROW, Recipe
from core.release.pipeline import Plan, train


def main() -> int:
    """Read the command line, train, and print the classifier's folder."""
    recipe, narrow = Recipe(), NARROW
    parser = argparse.ArgumentParser(prog="python -m core.release", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of photos, crops and negatives")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for the result and intermediate files"
    )
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="folder of pretrained weights")
    parser.add_argument("--name", default="maskloop-2", help="name of the classifier version")
    parser.add_argument("--start", type=Path, help="a classifier's folder to start from; default: ImageNet")
    parser.add_argument("--side", type=int, default=recipe.side, help="side of the crops in pixels")
    parser.add_argument(
        "--epochs", type=int, nargs="+", default=list(recipe.cycles), help="epochs of each cycle"
    )
    parser.add_argument(
        "--width",
        type=float,
        default=recipe.width,
        help="1 ships the wide network, less ships a narrow one distilled from it",
    )
    parser.add_argument(
        "--narrow-epochs",
        type=int,
        nargs="+",
        default=list(narrow.cycles),
        help="the same for the narrow network",
    )
    parser.add_argument(
        "--rate", type=float, default=recipe.full_rate, help="highest learning rate; lower it with --start"
    )
    parser.add_argument("--steps", type=int, default=recipe.steps, help="batches per epoch")
    parser.add_argument("--processes", type=int, default=2, help="processes that prepare crops")
    given = parser.parse_args()
    plan = Plan(
        data=given.data,
        out=given.out,
        weights=given.weights,
        name=given.name,
        start=given.start,
        recipe=replace(
            recipe, side=given.side, cycles=tuple(given.epochs), steps=given.steps, full_rate=given.rate
        ),
        narrow=None
        if given.width == 1
        else replace(
            narrow, side=given.side, width=given.width, cycles=tuple(given.narrow_epochs), steps=given.steps
        ),
        processes=given.processes,
    )
    try:
        folder = train(plan)
    except MaskloopError as error:
        print(f"{error.code}: {error.message}", file=sys.stderr)
        return 1
    print(f"The classifier is in {folder}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m core.release --data DIR --out DIR`: from a folder of pictures to a classifier's folder."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import MaskloopError
from core.release.fitting import NARROW, Recipe
from core.release.pipeline import Plan, train


def main() -> int:
    """Read the command line, train, and print the classifier's folder."""
    parser = argparse.ArgumentParser(prog="python -m core.release", description=__doc__)
    _add_paths(parser)
    _add_recipe(parser)
    try:
        folder = train(_plan(parser.parse_args()))
    except MaskloopError as error:
        print(f"{error.code}: {error.message}", file=sys.stderr)
        return 1
    print(f"The classifier is in {folder}.")
    return 0


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder of photos, crops and negatives")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for the result and intermediate files"
    )
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="folder of pretrained weights")
    parser.add_argument("--name", default="maskloop-3", help="name of the classifier version")
    parser.add_argument("--start", type=Path, help="a classifier's folder to start from; default: ImageNet")
    parser.add_argument("--processes", type=int, default=2, help="processes that prepare crops")


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    recipe, narrow = Recipe(), NARROW

    def add(option: str, help: str, default: object, **how: Any) -> None:
        parser.add_argument(option, help=help, default=default, **how)

    add("--side", "side of the crops in pixels", recipe.side, type=int)
    add("--epochs", "epochs of each cycle", list(recipe.cycles), type=int, nargs="+")
    width = "1 ships the wide network, less ships a narrow one distilled from it"
    add("--width", width, recipe.width, type=float)
    add("--narrow-epochs", "the same for the narrow network", list(narrow.cycles), type=int, nargs="+")
    add("--rate", "highest learning rate; lower it with --start", recipe.full_rate, type=float)
    add("--steps", "batches per epoch", recipe.steps, type=int)
    add("--warm-up", "batches over which the learning rate rises", recipe.warm_up, type=int)
    mean = "ship a running mean of the weights that forgets half within so many batches; 0: none"
    add("--running-mean", mean, recipe.running_mean, type=int)
    mix = "mix the running means after these epochs"
    add("--mix", mix, [], type=_epochs_and_share, nargs="+", metavar="EPOCHS:SHARE")


def _epochs_and_share(text: str) -> tuple[int, float]:
    epochs, _, share = text.partition(":")
    return int(epochs), float(share)


def _plan(given: argparse.Namespace) -> Plan:
    wide = replace(
        Recipe(),
        side=given.side,
        # An earlier classifier has a last layer that fits already.
        head_epochs=Recipe().head_epochs if given.start is None else 0,
        cycles=tuple(given.epochs),
        averaged=min(Recipe().averaged, len(given.epochs)),
        steps=given.steps,
        full_rate=given.rate,
        warm_up=given.warm_up,
        running_mean=given.running_mean,
        mixed=tuple(given.mix),
    )
    narrow = replace(
        NARROW, side=given.side, width=given.width, cycles=tuple(given.narrow_epochs), steps=given.steps
    )
    return Plan(
        data=given.data,
        out=given.out,
        weights=given.weights,
        name=given.name,
        start=given.start,
        recipe=wide,
        narrow=None if given.width == 1 else narrow,
        processes=given.processes,
    )


if __name__ == "__main__":
    sys.exit(main())

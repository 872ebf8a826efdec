"""`python -m benchmarks.crops --data DIR --out DIR`: a classifier's labels of a training folder's test crops.

Cuts the crops as `python -m core.release` does, around the boxes of today's detector, and keeps them in
`--out`. Prints the tables of crops that a card has. `--write` puts them into the classifier's card in place
of its own.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.card import CARD_FILE, CHAMPION, Card, read_card
from core.detection.weights import YUNET, fetch_weights
from core.errors import MaskloopError
from core.number_text import metric
from core.release.card import card_text, label_table
from core.release.metrics import crop_metrics
from core.release.pipeline import covered_crops, measured_crops
from core.release.prepare import prepare
from core.training.network.batches import plain_crops
from core.training.network.canvas import CanvasStore
from core.training.network.litert_file import exported_logits
from models.split import Split


def main() -> int:
    """Measure, print, and write the card if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crops", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the training folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for the crops")
    parser.add_argument("--weights", type=Path, default=Path("weights"), help="folder of pretrained weights")
    parser.add_argument("--classifier", type=Path, default=CHAMPION, help="a classifier's folder")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write the figures into the card")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    try:
        card = read_card(given.classifier)
        fetch_weights([YUNET.name], given.weights)
        prepared = prepare(given.data, given.out, given.weights / YUNET.name, processes=given.processes)
        figures = crop_figures(prepared.canvases, card)
    except MaskloopError as error:
        print(f"{error.code}: {error.message}", file=sys.stderr)
        return 1
    print("\n".join(lines(figures)))
    if given.write:
        write(given.classifier, figures)
    return 0


def crop_figures(canvases: CanvasStore, card: Card) -> dict[str, Any]:
    """The entries `test_crops` and `covered_crops` of a card's figures."""

    def measured(chosen: NDArray[np.int64]) -> dict[str, Any]:
        logits = exported_logits(card.path(card.classifier), plain_crops(canvases, chosen, card.side))
        return asdict(crop_metrics(logits, card.temperature, canvases, chosen))

    return {
        "test_crops": measured(measured_crops(canvases, Split.TEST)),
        "covered_crops": measured(covered_crops(canvases)),
    }


def lines(figures: dict[str, Any]) -> Iterator[str]:
    """The figures as Markdown."""
    crops, covers = figures["test_crops"], figures["covered_crops"]
    yield f"{crops['count']:,} crops, accuracy {metric(crops['accuracy'])}"
    yield ""
    yield from label_table(crops["by_size"])
    shares = (
        f"{source.removeprefix('drawn/')} {metric(share)}" for source, share in covers["by_source"].items()
    )
    yield f"Covered mouths that are still classified as without_mask: {', '.join(shares)}."


def write(folder: Path, figures: dict[str, Any]) -> None:
    """Replace the figures of crops in a classifier's card."""
    file = folder / CARD_FILE
    card = json.loads(file.read_text(encoding="utf-8"))
    card["figures"] = {**card["figures"], **figures}
    file.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    (folder / "CARD.md").write_text(card_text(card), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

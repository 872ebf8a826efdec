"""Read `card.json` of a classifier: which files belong together, and how to use them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.errors import PermanentError
from models.label import Label

CARD_FILE = "card.json"
#: Side of the square in the photo that becomes a crop, in face sizes, a face's size being the square root of
#: its box's area.
CONTEXT = 1.35
#: How far the square's centre is below the box's, in face sizes: a mask reaches below the chin, where a box
#: ends, and the hair says nothing.
DOWN = 0.15
#: What all cards without `down` have as `context`.
_EARLIER_CONTEXT = 1.5
#: Folder of the classifier that ships with Maskloop.
CHAMPION = Path(__file__).parent / "champion"


class Runtime(StrEnum):
    """What runs the classifier's file."""

    LITERT = "litert"
    ONNX = "onnx"


@dataclass(frozen=True, kw_only=True)
class CardFile:
    """A file in the classifier's folder, and the SHA-256 that it must have."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """The part of `card.json` that prediction needs; its metrics and counts are for people."""

    folder: Path
    classifier: CardFile
    #: Side of the crops in pixels.
    side: int
    #: Side of the square in the photo that becomes a crop, in face sizes.
    context: float
    #: How far the square's centre is below the box's, in face sizes.
    down: float
    #: Logits are divided by it before the softmax.
    temperature: float
    #: The labels that it predicts, in the order of its outputs, which is the one of `Label`.
    labels: tuple[Label, ...] = tuple(Label)
    runtime: Runtime = Runtime.LITERT

    def path(self, file: CardFile) -> Path:
        """The file's path. Raises PermanentError: classifier_missing, classifier_damaged."""
        path = self.folder / file.name
        if not path.is_file():
            raise PermanentError("classifier_missing", f"The classifier's file {path} is missing.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
            raise PermanentError("classifier_damaged", f"{path} is not the file that its card names.")
        return path


def read_card(folder: Path) -> Card:
    """Read and check the card of a classifier's folder.

    Raises PermanentError: classifier_missing, classifier_labels, card_unreadable.
    """
    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PermanentError("classifier_missing", f"There is no classifier in {folder}.") from error
    except ValueError as error:
        raise _unreadable(folder, error) from error
    return parse_card(card, folder)


def parse_card(card: Mapping[str, Any], folder: Path) -> Card:
    """Check a parsed `card.json` whose files are in `folder`; raises as `read_card` does."""
    try:
        context, down = _crop_frame(card["input"])
        labels = tuple(label for label in Label if label.value in card["labels"])
        if len(labels) < 2 or card["labels"] != [label.value for label in labels]:
            raise PermanentError("classifier_labels", f"The classifier in {folder} has other labels.")
        return Card(
            folder=folder,
            classifier=CardFile(**card["classifier"]),
            side=int(card["input"]["side"]),
            context=context,
            down=down,
            temperature=float(card["temperature"]),
            labels=labels,
            runtime=Runtime(card.get("runtime", Runtime.LITERT)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(folder, error) from error


def _crop_frame(given: Mapping[str, Any]) -> tuple[float, float]:
    """Side of the square in face sizes, and how far its centre is below the box's.

    Cards without `down` are of networks that learned from the boxes of earlier detectors, which were lower
    and a tenth smaller; their squares are cut where they learned to expect them.
    """
    context = float(given["context"])
    if "down" in given:
        return context, float(given["down"])
    return context * CONTEXT / _EARLIER_CONTEXT, DOWN


def _unreadable(folder: Path, error: Exception) -> PermanentError:
    return PermanentError("card_unreadable", f"The card in {folder} cannot be read: {error}.")

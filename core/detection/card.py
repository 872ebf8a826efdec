"""The card of a classifier for the machine: which files belong together, and how to read their answers."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import PermanentError
from models.label import Label

CARD_FILE = "card.json"
#: The classifier that comes with Maskloop.
CHAMPION = Path(__file__).parent / "champion"


@dataclass(frozen=True, kw_only=True)
class CardFile:
    """A file of the classifier's folder and the SHA-256 it must have."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Card:
    """What prediction needs of `card.json`; figures and data counts in it are for people."""

    folder: Path
    classifier: CardFile
    correction: CardFile
    #: Side of the square crops in pixels, and of the square they are cut from in face sizes.
    side: int
    context: float
    #: Logits are divided by it before the softmax.
    temperature: float

    def path(self, file: CardFile) -> Path:
        """The file's path, once its hash is found right; PermanentError otherwise."""
        path = self.folder / file.name
        if not path.is_file():
            raise PermanentError("classifier_missing", f"The classifier's file {path} is missing.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
            raise PermanentError("classifier_damaged", f"{path} is not the file that its card describes.")
        return path


def read_card(folder: Path) -> Card:
    """Read and check the card of a classifier's folder; PermanentError when it does not hold together."""
    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PermanentError("classifier_missing", f"There is no classifier in {folder}.") from error
    except ValueError as error:
        raise _unreadable(folder, error) from error
    return parse_card(card, folder)


def parse_card(card: Mapping[str, Any], folder: Path) -> Card:
    """The card from what `card.json` says, for files that lie below a folder; raises as `read_card` does."""
    try:
        if card["labels"] != [label.value for label in Label]:
            raise PermanentError("classifier_labels", f"The classifier in {folder} has other labels.")
        return Card(
            folder=folder,
            classifier=CardFile(**card["classifier"]),
            correction=CardFile(**card["correction"]),
            side=int(card["input"]["side"]),
            context=float(card["input"]["context"]),
            temperature=float(card["temperature"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(folder, error) from error


def _unreadable(folder: Path, error: Exception) -> PermanentError:
    return PermanentError("card_unreadable", f"The card in {folder} is not understood: {error}.")

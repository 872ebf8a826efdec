"""Read `detector.json` of a one-pass detector: its name, its file, and what the file's bytes must be."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from core.detection.card import CardFile
from core.detection.grid import PATCH, STRIDES
from core.errors import PermanentError

DETECTOR_CARD_FILE = "detector.json"


@dataclass(frozen=True, kw_only=True)
class DetectorCard:
    """The part of `detector.json` that detection needs; its metrics are for people."""

    folder: Path
    #: Begins the `detector_key` of every face that it finds.
    name: str
    network: CardFile

    @property
    def path(self) -> Path:
        """The network's file. Raises PermanentError: detector_missing, detector_damaged."""
        path = self.folder / self.network.name
        if not path.is_file():
            raise PermanentError("detector_missing", f"The detector's file {path} is missing.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != self.network.sha256:
            raise PermanentError("detector_damaged", f"{path} is not the file that its card names.")
        return path


def read_detector_card(folder: Path) -> DetectorCard:
    """Read and check the card of a detector's folder.

    Raises PermanentError: detector_missing, detector_card_unreadable, detector_layout.
    """
    try:
        card = json.loads((folder / DETECTOR_CARD_FILE).read_text(encoding="utf-8"))
        if card["patch"] != PATCH or card["strides"] != list(STRIDES):
            raise PermanentError("detector_layout", f"The detector in {folder} is for another release.")
        network = CardFile(**card["network"])
        if not network.name or Path(network.name).name != network.name:
            raise ValueError(f"{network.name!r} is not the name of a file in its folder")
        return DetectorCard(folder=folder, name=str(card["name"]), network=network)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PermanentError("detector_missing", f"There is no face detector in {folder}.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise PermanentError(
            "detector_card_unreadable", f"The detector's card in {folder} cannot be read: {error}."
        ) from error

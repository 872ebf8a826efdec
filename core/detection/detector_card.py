"""Read and write `detector.json` of a detector's folder: layout, name, file, and the hash of its bytes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.detection.card import CardFile
from core.errors import PermanentError

DETECTOR_CARD_FILE = "detector.json"
#: Of a one-pass detector: side of the square of pixels that becomes one cell, and width of a cell of each
#: grid, in pixels.
PATCH = 8
STRIDES = (8, 16, 32)


class DetectorLayout(StrEnum):
    """What kind of network a detector's file holds."""

    #: One pass over patches of pixels, a LiteRT file.
    ONE_PASS = "one_pass"  # noqa: S105 (a layout)
    #: YuNet's graph with other weights, an ONNX file; it looks in the same passes as YuNet.
    YUNET = "yunet"


@dataclass(frozen=True, kw_only=True)
class DetectorCard:
    """The part of `detector.json` that detection needs; its metrics are for people."""

    folder: Path
    #: Begins the `detector_key` of every face that it finds.
    name: str
    network: CardFile
    layout: DetectorLayout = DetectorLayout.ONE_PASS

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
        # Cards from before there were two layouts have none.
        layout = DetectorLayout(card.get("layout", DetectorLayout.ONE_PASS))
        if layout is DetectorLayout.ONE_PASS and not _is_known(card):
            raise PermanentError("detector_layout", f"The detector in {folder} is for another release.")
        network = CardFile(**card["network"])
        if not network.name or Path(network.name).name != network.name:
            raise ValueError(f"{network.name!r} is not the name of a file in its folder")
        return DetectorCard(folder=folder, name=str(card["name"]), network=network, layout=layout)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PermanentError("detector_missing", f"There is no face detector in {folder}.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise PermanentError(
            "detector_card_unreadable", f"The detector's card in {folder} cannot be read: {error}."
        ) from error


def write_detector(
    file: Path, folder: Path, *, name: str, layout: DetectorLayout, details: Mapping[str, Any]
) -> None:
    """Write a detector's folder: the network's file and `detector.json`; `details` are for people."""
    folder.mkdir(parents=True, exist_ok=True)
    data = file.read_bytes()
    (folder / file.name).write_bytes(data)
    card = {
        "name": name,
        "layout": layout.value,
        "network": {"name": file.name, "sha256": hashlib.sha256(data).hexdigest()},
        "patch": PATCH,
        "strides": list(STRIDES),
        **details,
    }
    (folder / DETECTOR_CARD_FILE).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def _is_known(card: Mapping[str, Any]) -> bool:
    """Whether the inputs and outputs of a one-pass detector are those of this release."""
    return bool(card["patch"] == PATCH and card["strides"] == list(STRIDES))

"""A detector's folder is used only as its card describes it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from core.detection.detector_card import DETECTOR_CARD_FILE, read_detector_card
from core.detection.one_pass import GridNetwork
from core.errors import PermanentError

DATA = b"a network"
CARD = {
    "name": "maskloop-detector-1",
    "network": {"name": "detector.tflite", "sha256": hashlib.sha256(DATA).hexdigest()},
    "patch": 8,
    "strides": [8, 16, 32],
}


def folder_with(folder: Path, **changes: Any) -> Path:
    (folder / "detector.tflite").write_bytes(DATA)
    (folder / DETECTOR_CARD_FILE).write_text(json.dumps({**CARD, **changes}))
    return folder


def code_of(folder: Path) -> str:
    with pytest.raises(PermanentError) as caught:
        assert read_detector_card(folder).path
    return caught.value.code


def test_a_card_names_its_detector_and_file(tmp_path: Path) -> None:
    card = read_detector_card(folder_with(tmp_path))
    assert card.path.read_bytes() == DATA
    assert card.name == "maskloop-detector-1" and card.network.sha256 == hashlib.sha256(DATA).hexdigest()


def test_every_fault_of_a_folder_has_its_code(tmp_path: Path) -> None:
    assert code_of(tmp_path / "nowhere") == "detector_missing"
    assert code_of(tmp_path) == "detector_missing"
    assert code_of(folder_with(tmp_path, strides=[4, 8])) == "detector_layout"
    assert code_of(folder_with(tmp_path, network="detector.tflite")) == "detector_card_unreadable"
    folder_with(tmp_path)
    (tmp_path / "detector.tflite").write_bytes(DATA + b".")
    assert code_of(tmp_path) == "detector_damaged"
    (tmp_path / "detector.tflite").unlink()
    assert code_of(tmp_path) == "detector_missing"
    (tmp_path / DETECTOR_CARD_FILE).write_text("{")
    assert code_of(tmp_path) == "detector_card_unreadable"


@pytest.mark.parametrize("name", ["../classifier.tflite", "/etc/hostname", ""])
def test_a_card_names_a_file_of_its_own_folder(tmp_path: Path, name: str) -> None:
    network = {"name": name, "sha256": CARD["network"]["sha256"]}  # type: ignore[index]
    assert code_of(folder_with(tmp_path, network=network)) == "detector_card_unreadable"


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    folder_with(tmp_path)
    with pytest.raises(PermanentError) as caught:
        GridNetwork(tmp_path / "detector.tflite")
    assert caught.value.code == "detector_unreadable"

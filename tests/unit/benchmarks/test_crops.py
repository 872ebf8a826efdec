"""The figures of test crops are those of the crops that exist, and a card takes them and keeps the rest."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.detection.card import CHAMPION, read_card
from core.training.network.canvas import CANVAS_SIDE, Canvas, CanvasStore, open_canvases, write_canvases
from models.label import Label
from tests.training import Late, need_training

need_training()
crops = Late("benchmarks.crops")


@pytest.fixture
def canvases(tmp_path: Path) -> CanvasStore:
    """Plain pictures, which are no faces: two are measured, one is covered."""
    sources = ["photos/false_alarms", "negatives/false_alarms", "drawn/cup", "photos/background", "photos"]
    write_canvases(
        (
            Canvas(
                pixels=np.full((CANVAS_SIDE, CANVAS_SIDE, 3), 128, np.uint8),
                label=Label.WITHOUT_MASK if source == "drawn/cup" else Label.NOT_A_FACE,
                split="train" if source == "photos" else "test",
                source=source,
                face_size=40.0,
                picture=index,
            )
            for index, source in enumerate(sources)
        ),
        tmp_path,
    )
    return open_canvases(tmp_path)


def test_crops_are_measured_and_written_into_the_card(canvases: CanvasStore, tmp_path: Path) -> None:
    figures = crops.crop_figures(canvases, read_card(CHAMPION))
    assert (figures["test_crops"]["count"], figures["test_crops"]["accuracy"]) == (2, 1.0)
    assert figures["covered_crops"]["by_source"] == {"drawn/cup": 0.0}
    assert "still classified as without_mask: cup" in "\n".join(crops.lines(figures))
    folder = tmp_path / "classifier"
    shutil.copytree(CHAMPION, folder)
    before = json.loads((folder / "card.json").read_text())
    crops.write(folder, figures)
    after = json.loads((folder / "card.json").read_text())
    assert after["figures"]["test_crops"]["count"] == 2
    assert (
        after["figures"]["test"] == before["figures"]["test"] and after["classifier"] == before["classifier"]
    )
    assert read_card(folder).classifier.sha256 == read_card(CHAMPION).classifier.sha256

"""The scenes that the tests of detectors share."""

from pathlib import Path

import pytest

from core.training.detector.scene_store import SceneStore, write_scenes
from tests.unit.training.detector.discs import scene


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> SceneStore:
    """Twelve scenes to train on and four held back."""
    folder: Path = tmp_path_factory.mktemp("scenes")
    train = [scene(index) for index in range(12)]
    held_back = [scene(index, split="validation") for index in range(100, 104)]
    write_scenes(train + held_back, folder)
    return SceneStore(folder)

"""The face detector in use is the one that the settings name."""

from pathlib import Path

import pytest

from core.detection.card import CHAMPION, read_card
from core.detection.options import DetectionOptions
from core.errors import PermanentError
from core.settings import Settings
from workers.detector import make_detector


def test_a_detector_that_is_not_there_stops_the_work(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, detector=str(tmp_path / "nowhere"))
    with pytest.raises(PermanentError) as caught:
        make_detector(settings, DetectionOptions(), read_card(CHAMPION), None)
    assert caught.value.code == "detector_missing", "and not YuNet in its place"


def test_without_the_setting_yunet_is_used(tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as caught:
        make_detector(Settings(data=tmp_path), DetectionOptions(), read_card(CHAMPION), None)
    assert caught.value.code == "weights_missing"


def test_a_detector_in_the_home_folder_is_found() -> None:
    assert Settings(detector="~/found").detector_folder == Path("~/found").expanduser()
    assert Settings().detector_folder is None

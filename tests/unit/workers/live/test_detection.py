"""The detector of the live process follows the champion."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from core.database import Database
from core.detection.detector import FaceMaskDetector
from core.errors import TransientError
from core.live.frame_pixels import FRAME_OPTIONS
from core.settings import Settings
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped
from models import Base, ClassifierVersion
from workers.live import detection
from workers.live.detection import ChampionDetector
from workers.live.photos import Photos


@pytest.fixture
def champion_detector(
    db: Database, settings: Settings, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ChampionDetector]:
    monkeypatch.setattr(detection, "_CHECK_SECONDS", -1.0)
    settings.data.mkdir()
    settings.weights.symlink_to(weights)
    shipped = keep_shipped(version_files(settings))
    with db.write() as session:
        register_shipped(session, shipped)
    detector = ChampionDetector(settings, FRAME_OPTIONS)
    yield detector
    detector.close()


def test_another_champion_is_taken_up_and_the_same_one_stays_loaded(
    champion_detector: ChampionDetector, db: Database
) -> None:
    first = champion_detector.detector()
    assert champion_detector.detector() is first
    with db.write() as session:
        version = session.scalars(select(ClassifierVersion)).one()
        version.card = version.card | {"temperature": 2.0}
    assert champion_detector.detector() is not first
    assert first.detector_key.endswith("s40-t0.5")


def test_without_a_database_the_last_champion_goes_on(
    champion_detector: ChampionDetector, db: Database, settings: Settings
) -> None:
    first = champion_detector.detector()
    Base.metadata.drop_all(db.engine)
    assert champion_detector.detector() is first
    fresh = ChampionDetector(settings, FRAME_OPTIONS)
    with pytest.raises(TransientError) as error:
        fresh.detector()
    fresh.close()
    assert error.value.code == "database_unavailable"


def test_a_photo_is_looked_at_before_somebody_waits_and_a_failure_is_for_who_asks(
    champion_detector: ChampionDetector, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    def load(folder: Path, **given: object) -> FaceMaskDetector:
        detector = FaceMaskDetector(folder, **given)
        loaded.append(detector.detector_key)
        return detector

    monkeypatch.setattr("workers.detector.FaceMaskDetector", load)
    _warm(settings)
    assert len(loaded) == 1 and loaded[0].endswith("s16-t0.3")
    settings.weights.unlink()
    _warm(settings)
    assert len(loaded) == 1


def _warm(settings: Settings) -> None:
    photos = Photos(settings)
    photos.warm()
    photos.close()

"""Files of versions: stored by hash, and refused where they are damaged or not those of the card."""

import json
from pathlib import Path

import pytest

from core.database import Database
from core.detection.card import CHAMPION
from core.detection.detector import FaceMaskDetector
from core.errors import PermanentError
from core.library.files.store import PhotoStore
from core.settings import Settings
from core.versions.files import (
    NewVersion,
    VersionFiles,
    keep_files,
    keep_shipped,
    version_card,
    version_files,
)
from core.versions.queries import file_path, list_files
from core.versions.store import register_version
from models import ClassifierVersion, VersionFileKind


def test_a_version_predicts_from_the_store(db: Database, settings: Settings, weights: Path) -> None:
    store = version_files(settings)
    with db.write() as session:
        version = register_version(session, keep_shipped(store))
        kinds = {file.kind for file in list_files(session, version.id)}
    assert kinds == {
        VersionFileKind.LITERT, VersionFileKind.KERAS, VersionFileKind.CARD
    }  # fmt: skip
    detector = FaceMaskDetector(weights, classifier=version_card(version, store))
    assert detector.classifier_sha256 == version.sha256


def test_registering_again_changes_nothing(db: Database, settings: Settings) -> None:
    new = keep_shipped(version_files(settings))
    ids = []
    for _ in range(2):
        with db.write() as session:
            ids.append(register_version(session, new).id)
            assert len(list_files(session, ids[-1])) == len(new.files)
    assert ids[0] == ids[1]


def test_a_damaged_file_is_refused(db: Database, settings: Settings, weights: Path) -> None:
    store = version_files(settings)
    with db.write() as session:
        version = register_version(session, keep_shipped(store))
    path = store.folder / store.relative(version.sha256)
    path.chmod(0o640)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with db.read() as session, pytest.raises(PermanentError) as caught:
        file_path(session, store, version.id, VersionFileKind.LITERT)
    assert caught.value.code == "version_file_damaged"
    with pytest.raises(PermanentError) as caught:
        FaceMaskDetector(weights, classifier=version_card(version, store))
    assert caught.value.code == "classifier_damaged"
    path.unlink()
    with db.read() as session, pytest.raises(PermanentError) as caught:
        file_path(session, store, version.id, VersionFileKind.LITERT)
    assert caught.value.code == "version_file_missing"


def test_a_card_of_other_files_is_refused(db: Database, tmp_path: Path) -> None:
    card = json.loads((CHAMPION / "card.json").read_text())
    foreign = tmp_path / "classifier.tflite"
    foreign.write_bytes(b"another network")
    paths = {VersionFileKind.LITERT: foreign}
    files = keep_files(VersionFiles(PhotoStore(tmp_path / "store")), paths, card)
    with db.write() as session:
        with pytest.raises(PermanentError) as caught:
            register_version(session, NewVersion(name="foreign", card=card, files=files))
        assert caught.value.code == "card_files_differ"
        assert session.query(ClassifierVersion).count() == 0

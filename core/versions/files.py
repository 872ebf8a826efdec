"""The files of classifier versions, stored by the SHA-256 of their bytes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from core.detection.card import CARD_FILE, CHAMPION, Card, parse_card
from core.errors import PermanentError
from core.library.files.store import PhotoStore, StoredPhoto, file_store
from core.settings import Settings
from models import ClassifierVersion, VersionFileKind

#: Larger than any file of a version.
_MOST_BYTES = 2**30


class VersionFiles:
    """Content-addressed files in the folder `versions` of the store; versions may share a file."""

    def __init__(self, store: PhotoStore) -> None:
        self._store = store

    @property
    def folder(self) -> Path:
        """The folder of the paths on this host."""
        return self._store.root

    def keep(self, path: Path) -> StoredPhoto:
        """Store a copy of a file; TransientError disk_full, store_write_failed."""
        with path.open("rb") as file:
            return self._store.put(file, max_bytes=_MOST_BYTES)

    def keep_bytes(self, data: bytes) -> StoredPhoto:
        """Store bytes as a file; errors as in `keep`."""
        return self._store.put(BytesIO(data), max_bytes=_MOST_BYTES)

    def relative(self, sha256: str) -> str:
        """The path of a file relative to the folder, fetched where an object store has it."""
        return str(self._store.local(sha256).relative_to(self.folder))

    def path(self, sha256: str) -> Path:
        """The path of a file, hash checked; PermanentError version_file_missing, version_file_damaged."""
        path = self._store.local(sha256)
        if not path.is_file():
            raise PermanentError("version_file_missing", f"The version file {sha256[:12]} is missing.")
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            raise PermanentError(
                "version_file_damaged", f"{path} is not the file that was registered: its SHA-256 differs."
            )
        return path


def version_files(settings: Settings) -> VersionFiles:
    """The store of the service's versions."""
    return VersionFiles(file_store(settings, "versions"))


@dataclass(frozen=True, kw_only=True)
class KeptFile:
    """A file of a version in the store."""

    kind: VersionFileKind
    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class NewVersion:
    """A version to register, with its files in the store."""

    name: str
    #: Content of `card.json`: labels, classifier, input, temperature, data, metrics.
    card: Mapping[str, Any]
    files: Sequence[KeptFile]
    parent_id: int | None = None
    dataset_id: int | None = None


def keep_files(
    store: VersionFiles, paths: Mapping[VersionFileKind, Path], card: Mapping[str, Any]
) -> list[KeptFile]:
    """Copy the files and the card of a version into the store; call it before opening a session."""
    kept = keep_paths(store, paths)
    text = json.dumps(card, indent=1) + "\n"
    return [*kept, _kept_file(VersionFileKind.CARD, "card.json", store.keep_bytes(text.encode()))]


def keep_paths(store: VersionFiles, paths: Mapping[VersionFileKind, Path]) -> list[KeptFile]:
    """Copy files into the store."""
    return [_kept_file(kind, path.name, store.keep(path)) for kind, path in paths.items()]


def _kept_file(kind: VersionFileKind, name: str, stored: StoredPhoto) -> KeptFile:
    return KeptFile(kind=kind, name=name, sha256=stored.sha256, bytes=stored.bytes)


def keep_shipped(store: VersionFiles) -> NewVersion:
    """Copy the files of the release's version into the store, for `register_shipped`."""
    card = json.loads((CHAMPION / CARD_FILE).read_text(encoding="utf-8"))
    return NewVersion(name=card["name"], card=card, files=_keep_champion_files(store, card))


def _keep_champion_files(store: VersionFiles, card: dict[str, dict[str, str]]) -> list[KeptFile]:
    paths: dict[VersionFileKind, Path] = {
        VersionFileKind.LITERT: CHAMPION / card["classifier"]["name"],
        VersionFileKind.KERAS: CHAMPION / card["weights"]["name"],
    }
    return keep_files(store, paths, card)


def version_card(version: ClassifierVersion, store: VersionFiles) -> Card:
    """The card of a version with the paths of its files in the store, as `FaceMaskDetector` takes it."""
    card = parse_card(version.card, store.folder)
    classifier = replace(card.classifier, name=store.relative(card.classifier.sha256))
    return replace(card, classifier=classifier)

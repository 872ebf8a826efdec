"""Take a trained classifier in as a version: its files are kept first, its rows written then."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.detection.card import parse_card
from core.errors import PermanentError
from core.library.files.store import StoredPhoto
from core.versions.file_store import VersionFiles
from models import ClassifierVersion, VersionFile, VersionFileKind

_PREDICTING = (VersionFileKind.LITERT, VersionFileKind.LITERT_INT8)


@dataclass(frozen=True, kw_only=True)
class KeptFile:
    """A file of a version as the store holds it."""

    kind: VersionFileKind
    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class NewVersion:
    """What is known of a version when it is registered."""

    name: str
    #: What `card.json` says: labels, classifier, correction, input, temperature, data, figures.
    card: Mapping[str, Any]
    files: Sequence[KeptFile]
    parent_id: int | None = None
    dataset_id: int | None = None


def keep_files(
    store: VersionFiles, paths: Mapping[VersionFileKind, Path], card: Mapping[str, Any]
) -> list[KeptFile]:
    """Copy a version's files and its card into the store; call it before a session is opened."""
    kept = [_kept(kind, path.name, store.keep(path)) for kind, path in paths.items()]
    text = json.dumps(card, indent=1) + "\n"
    return [*kept, _kept(VersionFileKind.CARD, "card.json", store.keep_bytes(text.encode()))]


def register_version(session: Session, new: NewVersion) -> ClassifierVersion:
    """Write a version and its files; one that is registered already, known by its hash, is returned as it is.

    PermanentError card_unreadable, classifier_labels, card_files_differ.
    """
    sha256 = _check(new)
    version = find_version(session, sha256)
    if version is None:
        version = ClassifierVersion(
            name=new.name,
            sha256=sha256,
            parent_id=new.parent_id,
            dataset_id=new.dataset_id,
            card=dict(new.card),
            created_at=read_clock(session),
        )
        session.add(version)
        session.flush()
    rows = [{"classifier_version_id": version.id, **vars(file)} for file in new.files]
    insert_new(session, VersionFile, rows, ["classifier_version_id", "kind"])
    return version


def find_version(session: Session, sha256: str) -> ClassifierVersion | None:
    """The version whose predicting file has this hash."""
    return session.scalars(select(ClassifierVersion).where(ClassifierVersion.sha256 == sha256)).one_or_none()


def _check(new: NewVersion) -> str:
    """The hash that the version is known by, once card and files are found to belong together."""
    card = parse_card(new.card, Path())
    by_hash = {file.sha256: file.kind for file in new.files}
    if by_hash.get(card.classifier.sha256) not in _PREDICTING:
        raise PermanentError("card_files_differ", "The card names another classifier file than was given.")
    if by_hash.get(card.correction.sha256) is not VersionFileKind.CORRECTION:
        raise PermanentError("card_files_differ", "The card names another box correction than was given.")
    return card.classifier.sha256


def _kept(kind: VersionFileKind, name: str, stored: StoredPhoto) -> KeptFile:
    return KeptFile(kind=kind, name=name, sha256=stored.sha256, bytes=stored.bytes)

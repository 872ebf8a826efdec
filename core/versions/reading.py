"""Find versions, the champion, and the files that a version predicts or goes on training with."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detection.card import Card, parse_card
from core.errors import InputError, PermanentError
from core.versions.file_store import VersionFiles
from models import ClassifierVersion, VersionFile, VersionFileKind


def get_version(session: Session, version_id: int) -> ClassifierVersion:
    """The version; InputError version_not_found."""
    version = session.get(ClassifierVersion, version_id)
    if version is None:
        raise InputError("version_not_found", f"There is no classifier version {version_id}.")
    return version


def read_champion(session: Session) -> ClassifierVersion:
    """The version that new jobs predict with."""
    return session.scalars(select(ClassifierVersion).where(ClassifierVersion.champion)).one()


def list_versions(
    session: Session, *, before_id: int | None = None, limit: int = 30
) -> list[ClassifierVersion]:
    """Newest first; `before_id` pages on to older ones."""
    query = select(ClassifierVersion).order_by(ClassifierVersion.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(ClassifierVersion.id < before_id)
    return list(session.scalars(query))


def list_files(session: Session, version_id: int) -> list[VersionFile]:
    """Every file of a version."""
    query = select(VersionFile).where(VersionFile.classifier_version_id == version_id)
    return list(session.scalars(query.order_by(VersionFile.id)))


def file_path(session: Session, store: VersionFiles, version_id: int, kind: VersionFileKind) -> Path:
    """One file of a version, its hash found right; PermanentError version_file_missing or _damaged."""
    sha256 = session.scalars(
        select(VersionFile.sha256).where(
            VersionFile.classifier_version_id == version_id, VersionFile.kind == kind
        )
    ).one_or_none()
    if sha256 is None:
        raise PermanentError("version_file_missing", f"Version {version_id} has no {kind.value} file.")
    return store.path(sha256)


def version_card(version: ClassifierVersion, store: VersionFiles) -> Card:
    """The version's card with its files' places in the store, as `FaceMaskDetector` takes it."""
    card = parse_card(version.card, store.folder)
    classifier = replace(card.classifier, name=store.relative(card.classifier.sha256))
    correction = replace(card.correction, name=store.relative(card.correction.sha256))
    return replace(card, classifier=classifier, correction=correction)

"""Read classifier versions, the champion and its history, and the paths of version files."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError, PermanentError
from core.versions.files import VersionFiles
from models import Account, ClassifierVersion, Promotion, PromotionKind, VersionFile, VersionFileKind


def get_version(session: Session, version_id: int) -> ClassifierVersion:
    """The version; InputError version_not_found."""
    version = session.get(ClassifierVersion, version_id)
    if version is None:
        raise InputError("version_not_found", f"There is no classifier version {version_id}.")
    return version


def read_champion(session: Session) -> ClassifierVersion:
    """The version that new jobs predict with."""
    return session.scalars(select(ClassifierVersion).where(ClassifierVersion.champion)).one()


def is_imported(version: ClassifierVersion) -> bool:
    """Whether the version was trained elsewhere; it has no weights that a training could start from."""
    origin = version.card.get("origin")
    return isinstance(origin, dict) and origin.get("kind") == "imported"


def list_versions(
    session: Session, *, before_id: int | None = None, limit: int = 30
) -> list[ClassifierVersion]:
    """Versions, newest first; `before_id` is the last id of the page before."""
    query = select(ClassifierVersion).order_by(ClassifierVersion.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(ClassifierVersion.id < before_id)
    return list(session.scalars(query))


def list_trained_on(session: Session, dataset_id: int) -> list[ClassifierVersion]:
    """Versions that were trained on a dataset, newest first."""
    query = select(ClassifierVersion).where(ClassifierVersion.dataset_id == dataset_id)
    return list(session.scalars(query.order_by(ClassifierVersion.id.desc())))


def list_files(session: Session, version_id: int) -> list[VersionFile]:
    """All files of a version."""
    query = select(VersionFile).where(VersionFile.classifier_version_id == version_id)
    return list(session.scalars(query.order_by(VersionFile.id)))


def file_path(session: Session, store: VersionFiles, version_id: int, kind: VersionFileKind) -> Path:
    """The path of a file, hash checked; PermanentError version_file_missing, version_file_damaged."""
    sha256 = session.scalars(
        select(VersionFile.sha256).where(
            VersionFile.classifier_version_id == version_id, VersionFile.kind == kind
        )
    ).one_or_none()
    if sha256 is None:
        raise PermanentError("version_file_missing", f"Version {version_id} has no {kind.value} file.")
    return store.path(sha256)


def check_predicting_file(session: Session, store: VersionFiles, version_id: int) -> None:
    """Check that the file that predicts is there and unchanged, before its version becomes the champion.

    Raises InputError version_not_found, version_not_usable.
    """
    version = get_version(session, version_id)
    try:
        store.path(version.sha256)
    except PermanentError as error:
        raise InputError(
            "version_not_usable", f"{version.name} cannot become the champion. {error.message}"
        ) from error


def find_version(session: Session, sha256: str) -> ClassifierVersion | None:
    """The version whose classifier file has this hash."""
    return session.scalars(select(ClassifierVersion).where(ClassifierVersion.sha256 == sha256)).one_or_none()


def find_rollback_target(session: Session) -> ClassifierVersion | None:
    """The version that a rollback promotes: the champion before the current one; None where there was none.

    After a rollback it is the one before that.
    """
    undone = 0
    for promotion in session.scalars(select(Promotion).order_by(Promotion.id.desc())):
        if promotion.kind is PromotionKind.ROLLBACK:
            undone += 1
        elif undone:
            undone -= 1
        elif promotion.previous_id is not None:
            return session.get_one(ClassifierVersion, promotion.previous_id)
    return None


def list_promotions(session: Session, *, limit: int = 50) -> list[Promotion]:
    """Promotions, newest first."""
    return list(session.scalars(select(Promotion).order_by(Promotion.id.desc()).limit(limit)))


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """A promotion with the promoted version and the name of the account; empty without an account."""

    promotion: Promotion
    version: ClassifierVersion
    account_name: str


def read_history(session: Session, *, limit: int = 50) -> list[HistoryEntry]:
    """The history of the champion, newest first."""
    query = (
        select(Promotion, ClassifierVersion, Account.name)
        .join(ClassifierVersion, ClassifierVersion.id == Promotion.classifier_version_id)
        .outerjoin(Account, Account.id == Promotion.account_id)
        .order_by(Promotion.id.desc())
        .limit(limit)
    )
    return [
        HistoryEntry(promotion=promotion, version=version, account_name=name or "")
        for promotion, version, name in session.execute(query)
    ]

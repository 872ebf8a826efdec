"""Register classifier versions, and change the champion."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.detection.card import parse_card
from core.errors import InputError, PermanentError
from core.events.outbox import write_event
from core.versions.files import KeptFile, NewVersion
from core.versions.queries import find_rollback_target, find_version, get_version
from models import ClassifierVersion, EventType, Promotion, PromotionKind, VersionFile, VersionFileKind

_PREDICTING = (VersionFileKind.LITERT, VersionFileKind.LITERT_INT8, VersionFileKind.ONNX)
_SHORTEST_REASON = 10


def register_version(session: Session, new: NewVersion) -> ClassifierVersion:
    """Write a version and its files; returns the existing version where its classifier is registered already.

    Raises PermanentError card_unreadable, classifier_labels, card_files_differ.
    """
    sha256 = _check_files(new)
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
    add_files(session, version.id, new.files)
    return version


def add_files(session: Session, version_id: int, files: Sequence[KeptFile]) -> None:
    """Write further files of a version; one of a kind that it has already is not changed."""
    rows = [{"classifier_version_id": version_id, **vars(file)} for file in files]
    insert_new(session, VersionFile, rows, ["classifier_version_id", "kind"])


def _check_files(new: NewVersion) -> str:
    """The hash of the classifier file, after checking that the card names the given files."""
    card = parse_card(new.card, Path())
    by_hash = {file.sha256: file.kind for file in new.files}
    if by_hash.get(card.classifier.sha256) not in _PREDICTING:
        raise PermanentError("card_files_differ", "The card names a different classifier file.")
    return card.classifier.sha256


def register_shipped(session: Session, shipped: NewVersion) -> ClassifierVersion:
    """Register the version of the release, and make it the champion unless a person promoted another one.

    A newer release replaces the champion of an older release, never one that was trained and promoted here.
    """
    version = register_version(session, shipped)
    version.card = dict(shipped.card)
    newest = session.scalars(select(Promotion).order_by(Promotion.id.desc()).limit(1)).one_or_none()
    untouched = newest is None or newest.kind is PromotionKind.INSTALLED
    if untouched and not (version.champion and newest):
        _install(session, version)
    return version


def _install(session: Session, version: ClassifierVersion) -> None:
    if version.champion:
        # A database from before promotions were stored.
        version.champion = False
        session.flush()
    promote(session, version.id, kind=PromotionKind.INSTALLED, account_id=None)


def promote(
    session: Session,
    version_id: int,
    *,
    kind: PromotionKind,
    account_id: int | None,
    reason: str | None = None,
    gate: dict[str, Any] | None = None,
) -> Promotion:
    """Make a version the champion; existing jobs keep their version.

    Raises InputError version_not_found, already_champion, or reason_needed for OVERRULED without a reason.
    """
    reason = (reason or "").strip() or None
    if kind is PromotionKind.OVERRULED and len(reason or "") < _SHORTEST_REASON:
        raise InputError(
            "reason_needed",
            "Give a reason of at least ten characters to overrule the gate.",
        )
    version = get_version(session, version_id)
    previous = lock_champion(session)
    if previous is version:
        raise InputError("already_champion", f"{version.name} is already the champion.")
    if previous is not None:
        previous.champion = False
        session.flush()
    version.champion = True
    promotion = Promotion(
        classifier_version_id=version.id,
        previous_id=previous.id if previous else None,
        kind=kind,
        account_id=account_id,
        reason=reason,
        gate=gate,
        created_at=read_clock(session),
    )
    session.add(promotion)
    session.flush()
    facts = _promotion_facts(version, previous, promotion)
    write_event(session, EventType.VERSION_PROMOTED, {"version": facts})
    return promotion


def _promotion_facts(
    version: ClassifierVersion, previous: ClassifierVersion | None, promotion: Promotion
) -> dict[str, Any]:
    """What an event tells of a promotion; `address` is the one of the API."""
    return {
        "kind": "classifier",
        "id": version.id,
        "name": version.name,
        "sha256": version.sha256,
        "how": promotion.kind.value,
        "previous_id": previous.id if previous else None,
        "promoted_at": promotion.created_at,
        "address": f"/api/v1/versions/{version.id}",
    }


def roll_back(session: Session, *, account_id: int | None) -> Promotion:
    """Make the previous champion the champion again; InputError nothing_to_roll_back."""
    lock_champion(session)
    target = find_rollback_target(session)
    if target is None:
        raise InputError("nothing_to_roll_back", "There was no champion before this one.")
    return promote(session, target.id, kind=PromotionKind.ROLLBACK, account_id=account_id)


def lock_champion(session: Session) -> ClassifierVersion | None:
    """Lock the rows of all versions, so that promotions wait for each other, and return the champion."""
    query = select(ClassifierVersion).order_by(ClassifierVersion.id).with_for_update(key_share=True)
    versions = session.scalars(query.execution_options(populate_existing=True)).all()
    return next((version for version in versions if version.champion), None)

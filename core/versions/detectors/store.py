"""Register detector versions, write their evaluations, and change the detector that finds the faces."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.events.outbox import write_event
from core.settings import Settings
from core.versions.detectors.gate import DetectorEvaluation
from core.versions.detectors.queries import (
    INSTALLED,
    check_detector,
    find_detector,
    find_detector_rollback,
    get_detector,
)
from core.versions.gate import MARGIN
from models import DetectorPromotion, DetectorVersion, EventType, PromotionKind

_SHORTEST_REASON = 10


def register_detector(
    session: Session, *, name: str, sha256: str, size: int, parent_id: int | None, card: Mapping[str, Any]
) -> DetectorVersion:
    """Write a version whose file is in the store; returns the existing one with the same file."""
    version = find_detector(session, sha256)
    if version is None:
        version = DetectorVersion(
            name=name,
            sha256=sha256,
            bytes=size,
            parent_id=parent_id,
            card=dict(card),
            created_at=read_clock(session),
        )
        session.add(version)
        session.flush()
    return version


def write_evaluation(session: Session, version_id: int, evaluation: DetectorEvaluation) -> None:
    """Store the metrics of a version; they replace earlier ones."""
    get_detector(session, version_id).evaluation = evaluation.to_json()


def promote_detector(
    session: Session,
    settings: Settings,
    version_id: int,
    *,
    kind: PromotionKind,
    account_id: int | None,
    reason: str = "",
    margin: float = MARGIN,
) -> DetectorPromotion:
    """Let a version find the faces of new jobs; existing jobs keep their detector.

    OVERRULED with a reason promotes one that does not pass the gate, also without an evaluation. Raises
    InputError detector_not_found, already_champion, detector_not_evaluated, gate_not_passed, reason_needed.
    """
    version = get_detector(session, version_id)
    # Before the gate: it compares with the champion that this promotion replaces.
    previous = _lock_champion(session)
    overruled = kind is PromotionKind.OVERRULED
    if overruled and len(reason.strip()) < _SHORTEST_REASON:
        raise InputError("reason_needed", "Give a reason of at least ten characters to overrule the gate.")
    if version.champion:
        raise InputError("already_champion", f"{version.name} is already the champion.")
    gate = None
    try:
        evaluation, checked = check_detector(session, settings, version, margin=margin)
        gate = checked.to_json(evaluation)
        if not checked.passed and not overruled:
            raise InputError("gate_not_passed", " ".join(checked.reasons))
    except InputError:
        if not overruled:
            raise
    return _change(session, previous, version, kind=kind, account_id=account_id, reason=reason, gate=gate)


def roll_detector_back(session: Session, *, account_id: int | None) -> DetectorPromotion:
    """Let the detector before this one find the faces again; InputError nothing_to_roll_back."""
    previous = _lock_champion(session)
    target = find_detector_rollback(session)
    if target is None:
        raise InputError("nothing_to_roll_back", "There was no detector before this one.")
    return _change(
        session,
        previous,
        target.version,
        kind=PromotionKind.ROLLBACK,
        account_id=account_id,
        reason="",
        gate=None,
    )


def _change(
    session: Session,
    previous: DetectorVersion | None,
    version: DetectorVersion | None,
    *,
    kind: PromotionKind,
    account_id: int | None,
    reason: str,
    gate: dict[str, Any] | None,
) -> DetectorPromotion:
    if previous is not None:
        previous.champion = False
        session.flush()
    if version is not None:
        version.champion = True
    promotion = DetectorPromotion(
        detector_version_id=version.id if version else None,
        previous_id=previous.id if previous else None,
        kind=kind,
        account_id=account_id,
        reason=reason.strip() or None,
        gate=gate,
        created_at=read_clock(session),
    )
    session.add(promotion)
    session.flush()
    write_event(session, EventType.VERSION_PROMOTED, {"version": _promotion_facts(version, promotion)})
    return promotion


def _promotion_facts(version: DetectorVersion | None, promotion: DetectorPromotion) -> dict[str, Any]:
    """What an event tells of a promotion; the installed detector has no number. `address` is of the API."""
    return {
        "kind": "detector",
        "id": version.id if version else None,
        "name": version.name if version else INSTALLED,
        "sha256": version.sha256 if version else None,
        "how": promotion.kind.value,
        "previous_id": promotion.previous_id,
        "promoted_at": promotion.created_at,
        "address": f"/api/v1/detectors/{version.id}" if version else "/api/v1/detectors",
    }


def _lock_champion(session: Session) -> DetectorVersion | None:
    """Lock the rows of all versions, so that promotions wait for each other, and return the champion."""
    query = select(DetectorVersion).order_by(DetectorVersion.id).with_for_update(key_share=True)
    versions = session.scalars(query.execution_options(populate_existing=True)).all()
    return next((version for version in versions if version.champion), None)

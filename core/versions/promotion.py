"""Change the champion, and keep why."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.versions.reading import get_version
from models import ClassifierVersion, Promotion, PromotionKind

_SHORTEST_REASON = 10


def promote(
    session: Session,
    version_id: int,
    *,
    kind: PromotionKind,
    account_id: int | None,
    reason: str | None = None,
    gate: dict[str, Any] | None = None,
) -> Promotion:
    """Make a version the champion; jobs that were asked for before go on with theirs.

    InputError version_not_found, already_champion, or reason_needed for an overruling without a reason.
    """
    reason = (reason or "").strip() or None
    if kind is PromotionKind.OVERRULED and len(reason or "") < _SHORTEST_REASON:
        raise InputError("reason_needed", "Say in a few words why this version is promoted all the same.")
    version = get_version(session, version_id)
    previous = _lock_champion(session)
    if previous is version:
        raise InputError("already_champion", f"{version.name} is the champion already.")
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
    return promotion


def roll_back(session: Session, *, account_id: int | None) -> Promotion:
    """Make the champion before the current one the champion again; InputError nothing_to_roll_back."""
    target = rollback_target(session)
    if target is None:
        raise InputError("nothing_to_roll_back", "There was no champion before this one.")
    return promote(session, target.id, kind=PromotionKind.ROLLBACK, account_id=account_id)


def rollback_target(session: Session) -> ClassifierVersion | None:
    """What a rollback leads to: the champion before, and after rollbacks the one before that."""
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
    """The champion's history, newest first."""
    return list(session.scalars(select(Promotion).order_by(Promotion.id.desc()).limit(limit)))


def _lock_champion(session: Session) -> ClassifierVersion | None:
    """The champion, with every version's row locked, so that of two promotions one waits for the other."""
    query = select(ClassifierVersion).order_by(ClassifierVersion.id).with_for_update(key_share=True)
    versions = session.scalars(query.execution_options(populate_existing=True)).all()
    return next((version for version in versions if version.champion), None)

"""Promote through the gate: a candidate against the champion on the same golden test set."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.evaluation.store import Comparison, compare_versions
from core.versions.gate import MARGIN
from core.versions.promotion import promote
from core.versions.reading import read_champion
from models import Dataset, Promotion, PromotionKind


def golden_dataset(session: Session) -> Dataset | None:
    """The dataset pinned last, whose test faces the gate is asked about; None while none is pinned."""
    return session.scalars(
        select(Dataset)
        .where(Dataset.pinned_at.is_not(None))
        .order_by(Dataset.pinned_at.desc(), Dataset.id.desc())
        .limit(1)
    ).one_or_none()


def judge_candidate(
    session: Session, candidate_id: int, dataset_id: int, *, margin: float = MARGIN
) -> Comparison:
    """The candidate beside the champion of this moment; InputError nothing_to_evaluate."""
    return compare_versions(session, read_champion(session).id, candidate_id, dataset_id, margin=margin)


def promote_judged(
    session: Session,
    candidate_id: int,
    dataset_id: int,
    *,
    kind: PromotionKind,
    account_id: int | None,
    reason: str | None = None,
    margin: float = MARGIN,
) -> Promotion:
    """Judge the candidate now and promote it, and keep the verdict with the promotion.

    InputError gate_not_passed unless it passes or `kind` is OVERRULED, which needs a reason; and
    nothing_to_evaluate before both were measured.
    """
    comparison = judge_candidate(session, candidate_id, dataset_id, margin=margin)
    if not comparison.verdict.passed and kind is not PromotionKind.OVERRULED:
        raise InputError("gate_not_passed", " ".join(comparison.verdict.reasons))
    gate = {
        "dataset_id": dataset_id,
        **comparison.verdict.to_json(),
        "gained": comparison.test.gained,
        "lost": comparison.test.lost,
        "p_value": comparison.test.p_value,
    }
    return promote(session, candidate_id, kind=kind, account_id=account_id, reason=reason, gate=gate)

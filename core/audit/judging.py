"""Judge the targets of shares as people decide, and write an event once one is missed.

`list_changed` finds the targets that may be judged otherwise than before, `judge_target_of` reads what the
interval says, and `save_judgement` stores it if nothing changed meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.audit.queries import find_standing_sample, find_target, read_audit, stored_evidence
from core.estimates.shares import Share
from core.estimates.target import TargetState, judge_share
from core.events.outbox import write_event
from models import AuditFace, AuditSample, Decision, EventType, Job, ShareTarget


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the interval of a job's share says of its target."""

    job_id: int
    #: What it was judged from.
    basis: str
    share: Share
    state: TargetState


def newest_decision(session: Session) -> int:
    """The highest number of a decision, 0 before the first."""
    return session.scalars(select(func.max(Decision.id))).one() or 0


def list_changed(session: Session, *, after_decision: int) -> Sequence[int]:
    """Jobs whose target was never judged, or whose drawn faces were decided after that decision."""
    decided = (
        select(AuditSample.job_id)
        .join(AuditFace, AuditFace.sample_id == AuditSample.id)
        .join(Decision, Decision.face_id == AuditFace.face_id)
        .where(Decision.id > after_decision)
    )
    changed = or_(ShareTarget.judged_from.is_(None), ShareTarget.job_id.in_(decided))
    return session.scalars(select(ShareTarget.job_id).where(changed).order_by(ShareTarget.job_id)).all()


def judge_target_of(session: Session, job_id: int) -> Judgement | None:
    """What is to be stored of the job's target; None where nothing changed, or nothing can be judged yet."""
    target, job = find_target(session, job_id), session.get(Job, job_id)
    if target is None or job is None or job.deleted_at is not None:
        return None
    sample = find_standing_sample(session, job)
    if sample is None:
        return None
    basis = _basis(session, target, sample)
    if basis == target.judged_from:
        return None
    evidence = stored_evidence(session, sample, read_audit(session, sample))
    share, state = judge_share(evidence, target.label, target.at_least)
    return Judgement(job_id=job_id, basis=basis, share=share, state=state)


def save_judgement(session: Session, judgement: Judgement) -> bool:
    """Store it, and write the event of a target that is missed now and was not before.

    False where somebody decided or changed the target meanwhile: it has to be judged again.
    """
    target = session.get(ShareTarget, judgement.job_id, with_for_update=True)
    job = session.get(Job, judgement.job_id)
    sample = find_standing_sample(session, job) if job is not None else None
    if target is None or sample is None or _basis(session, target, sample) != judgement.basis:
        return False
    was_missed = target.judged == TargetState.MISSED.value
    target.judged, target.judged_from = judgement.state.value, judgement.basis
    if judgement.state is TargetState.MISSED and not was_missed:
        _announce(session, target, judgement.share)
    return True


def _basis(session: Session, target: ShareTarget, sample: AuditSample) -> str:
    """Differs once the target, the sample, its counts, or a decision about one of its faces does."""
    newest = (
        select(func.max(Decision.id))
        .join(AuditFace, AuditFace.face_id == Decision.face_id)
        .where(AuditFace.sample_id == sample.id)
    )
    counted = sample.counted_at.timestamp() if sample.counted_at else 0
    decision = session.scalars(newest).one() or 0
    return f"{target.label.value} {target.at_least:.6f} {sample.id} {counted:.3f} {decision}"


def _announce(session: Session, target: ShareTarget, share: Share) -> None:
    facts = {
        "job_id": target.job_id,
        "label": target.label.value,
        "at_least": target.at_least,
        "share": share.corrected,
        "low": share.low,
        "high": share.high,
        "faces_audited": share.audited,
        "address": f"/api/v1/jobs/{target.job_id}/estimates",
    }
    write_event(session, EventType.TARGET_MISSED, {"target": facts})

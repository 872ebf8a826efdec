"""Read second decisions, the latest measurement, conflicts, and the metrics of each reviewer."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, select
from sqlalchemy.orm import Session, aliased

from core.errors import InputError
from core.labels.contested import select_contested
from core.review.agreement.kappas import DecisionPair
from core.review.answers.settling import SETTLED
from core.review.job_kind import AGREEMENT
from models import (
    FIRST_SLOT,
    SECOND_SLOT,
    THIRD_SLOT,
    Account,
    Agreement,
    Decision,
    GoldFace,
    ItemState,
    Job,
    ReviewDay,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
)

#: Only the latest second decisions are measured, so that the metrics describe current agreement.
_MOST_MEASURED = 50_000


def read_decision_pairs(session: Session) -> list[DecisionPair]:
    """Pairs of blind decisions of all queues, newest first; none where a person cannot tell."""
    first, second = aliased(ReviewItem), aliased(ReviewItem)
    same_face = and_(
        second.queue_id == first.queue_id, second.face_id == first.face_id, second.seat == SECOND_SLOT
    )
    query = (
        select(first.account_id, first.label, second.account_id, second.label)
        .join(second, same_face)
        .where(
            first.seat == FIRST_SLOT,
            first.state == ItemState.DECIDED,
            second.state == ItemState.DECIDED,
            first.account_id.is_not(None),
            second.account_id.is_not(None),
            first.label.is_not(None),
            second.label.is_not(None),
        )
        .order_by(second.id.desc())
        .limit(_MOST_MEASURED)
    )
    return [
        DecisionPair(first_id=first_id, first=one, second_id=second_id, second=other)
        for first_id, one, second_id, other in session.execute(query)
        if first_id is not None and second_id is not None and one is not None and other is not None
    ]


def find_agreement(session: Session) -> Agreement | None:
    """The latest measurement; None before the first."""
    return session.scalars(select(Agreement).order_by(Agreement.id.desc()).limit(1)).one_or_none()


def find_agreement_job(session: Session) -> Job | None:
    """The latest job that measures agreement, running or finished."""
    query = select(Job).where(Job.kind == AGREEMENT.name, Job.deleted_at.is_(None))
    return session.scalars(query.order_by(Job.id.desc()).limit(1)).one_or_none()


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A face that two people decided differently."""

    #: The slot of the third person or of the lead who settled it.
    item: ReviewItem
    first: ReviewItem
    second: ReviewItem
    #: True if a lead settled it.
    settled: bool

    @property
    def is_open(self) -> bool:
        """True until a third person or a lead decides."""
        return self.item.choice is None


def count_open_conflicts(session: Session, queue: ReviewQueue) -> int:
    """Conflicts of the queue that wait for a third person or a lead; 100 means 100 or more."""
    # An expression, so that the index of conflicts is read, not all items of the queue.
    query = select_contested().where(func.coalesce(ReviewItem.queue_id, 0) == queue.id)
    return session.scalars(select(func.count()).select_from(query.limit(100).subquery())).one()


def list_conflicts(
    session: Session, *, only_open: bool = False, before_id: int | None = None, limit: int = 30
) -> list[Conflict]:
    """Conflicts of all queues, newest first."""
    query = _select_conflicts().order_by(ReviewItem.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(ReviewItem.id < before_id)
    if only_open:
        query = query.where(ReviewItem.state != ItemState.DECIDED)
    return [_conflict(*row) for row in session.execute(query)]


def get_conflict(session: Session, item_id: int) -> Conflict:
    """The conflict of this third slot; raises InputError conflict_not_found."""
    row = session.execute(_select_conflicts().where(ReviewItem.id == item_id)).one_or_none()
    if row is None:
        raise InputError("conflict_not_found", f"There is no conflict {item_id}.")
    return _conflict(*row)


def _select_conflicts() -> Select[ReviewItem, ReviewItem, ReviewItem, str | None]:
    """Third slots with the first and second ones, and where the decision of the third was made."""
    first, second = aliased(ReviewItem), aliased(ReviewItem)
    return (
        select(ReviewItem, first, second, Decision.queue)
        .join(first, _in_slot(first, FIRST_SLOT))
        .join(second, _in_slot(second, SECOND_SLOT))
        .outerjoin(Decision, Decision.id == ReviewItem.decision_id)
        .where(ReviewItem.seat == THIRD_SLOT)
    )


def _conflict(item: ReviewItem, first: ReviewItem, second: ReviewItem, made_in: str | None) -> Conflict:
    return Conflict(item=item, first=first, second=second, settled=made_in == SETTLED)


def _in_slot(other: type[ReviewItem], seat: int) -> ColumnElement[bool]:
    return and_(
        other.queue_id == ReviewItem.queue_id, other.face_id == ReviewItem.face_id, other.seat == seat
    )


#: Shares are computed over this many of a person's latest decisions.
_LATEST = 5_000


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many faces were answered correctly, of how many."""

    correct: int
    faces: int

    @property
    def fraction(self) -> float | None:
        """0 to 1; None without faces."""
        return self.correct / self.faces if self.faces else None


@dataclass(frozen=True, kw_only=True)
class ReviewerMetrics:
    """Speed and agreement of one person."""

    account: Account
    decided: int
    undone: int
    skipped: int
    #: From the time that decisions took; None if none was timed.
    faces_per_hour: float | None
    #: Decisions on gold faces that match the gold label, without "can't tell".
    gold: Share
    #: First decisions on audit faces that match the hidden prediction.
    audit: Share


def read_reviewers(session: Session) -> list[ReviewerMetrics]:
    """Metrics of everybody who made a decision, by name."""
    totals = (
        select(
            ReviewDay.account_id,
            func.sum(ReviewDay.decided),
            func.sum(ReviewDay.undone),
            func.sum(ReviewDay.skipped),
            func.sum(ReviewDay.milliseconds),
        )
        .group_by(ReviewDay.account_id)
        .subquery()
    )
    query = (
        select(Account, *totals.c[1:]).join(totals, totals.c.account_id == Account.id).order_by(Account.name)
    )
    return [
        ReviewerMetrics(
            account=account,
            decided=decided,
            undone=undone,
            skipped=skipped,
            # Undone decisions took time as well.
            faces_per_hour=3_600_000 * (decided + undone) / milliseconds if milliseconds else None,
            gold=_gold(session, account.id),
            audit=_audit(session, account.id),
        )
        for account, decided, undone, skipped, milliseconds in session.execute(query)
    ]


def _gold(session: Session, account_id: int) -> Share:
    latest = _latest(account_id)
    answers = (
        select(latest.c.label, GoldFace.label)
        .join(GoldFace, GoldFace.face_id == latest.c.face_id)
        .where(latest.c.reason == ReviewReason.GOLD, latest.c.label.is_not(None))
    )
    return _share([(one, other) for one, other in session.execute(answers)])


def _audit(session: Session, account_id: int) -> Share:
    """Only the first decision counts, since it reveals the prediction; outside decisions are left out."""
    latest = _latest(account_id)
    answers = (
        select(Decision.label, latest.c.guess)
        .join(Decision, Decision.id == latest.c.decision_id)
        .where(
            latest.c.reason == ReviewReason.AUDIT,
            latest.c.guess.is_not(None),
            latest.c.holder.is_not(None),
            Decision.label.is_not(None),
        )
    )
    return _share([(one, other) for one, other in session.execute(answers)])


def _latest(account_id: int) -> Subquery:
    return (
        select(
            ReviewItem.face_id,
            ReviewItem.label,
            ReviewItem.guess,
            ReviewItem.reason,
            ReviewItem.holder,
            ReviewItem.decision_id,
        )
        .where(ReviewItem.account_id == account_id, ReviewItem.state == ItemState.DECIDED)
        .order_by(ReviewItem.decided_at.desc())
        .limit(_LATEST)
        .subquery()
    )


def _share(pairs: list[tuple[object, object]]) -> Share:
    return Share(correct=sum(one == other for one, other in pairs), faces=len(pairs))

"""Each reviewer's speed and agreement."""

from dataclasses import dataclass

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from models import Account, Decision, GoldFace, ItemState, ReviewDay, ReviewItem, ReviewReason

#: A person's latest decisions, which the shares are taken over.
_LATEST = 5_000


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many of some faces were right."""

    right: int
    faces: int

    @property
    def fraction(self) -> float | None:
        """0 to 1, None without faces."""
        return self.right / self.faces if self.faces else None


@dataclass(frozen=True, kw_only=True)
class ReviewerFigures:
    """What a lead reads of one person."""

    account: Account
    decided: int
    undone: int
    skipped: int
    #: By the time that decisions took; None where nothing was timed.
    faces_an_hour: float | None
    #: Gold faces answered as they are known to be.
    gold: Share
    #: Audit faces whose first answer is what the classifier had guessed unseen.
    audit: Share


def read_reviewers(session: Session) -> list[ReviewerFigures]:
    """Everybody who decided anything, by name."""
    sums = (
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
    query = select(Account, *sums.c[1:]).join(sums, sums.c.account_id == Account.id).order_by(Account.name)
    return [
        ReviewerFigures(
            account=account,
            decided=decided,
            undone=undone,
            skipped=skipped,
            # What was taken back took its time too.
            faces_an_hour=3_600_000 * (decided + undone) / milliseconds if milliseconds else None,
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
        .where(latest.c.reason == ReviewReason.GOLD)
    )
    return _share([(one, other) for one, other in session.execute(answers)])


def _audit(session: Session, account_id: int) -> Share:
    """The first answer counts, since the guess is told then; what was decided outside of queues does not."""
    latest = _latest(account_id)
    answers = (
        select(Decision.label, latest.c.guess)
        .join(Decision, Decision.id == latest.c.decision_id)
        .where(
            latest.c.reason == ReviewReason.AUDIT, latest.c.guess.is_not(None), latest.c.holder.is_not(None)
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
    return Share(right=sum(one == other for one, other in pairs), faces=len(pairs))

"""Read flags, gold faces, the history of one face, what reviewers may see, and the labelling guide."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from core.access.sessions import limited_to
from core.detection.face import most_probable_first
from core.errors import InputError
from core.labels.contested import read_contested
from core.labels.decisions import read_current
from core.review.guide import DEFAULT_GUIDE, Guide
from models import (
    ClassifierVersion,
    Decision,
    Face,
    FaceFlag,
    GoldFace,
    GuideVersion,
    Label,
    Photo,
    Prediction,
    QueueState,
    ReviewItem,
    ReviewQueue,
    box_is_current,
)


def read_flagged(session: Session, face_ids: Collection[int]) -> set[int]:
    """Ids of those faces that have an open flag."""
    query = select(FaceFlag.face_id).where(FaceFlag.face_id.in_(face_ids), FaceFlag.resolved_at.is_(None))
    return set(session.scalars(query))


def list_flags(session: Session, *, before_id: int | None = None, limit: int = 60) -> list[FaceFlag]:
    """Open flags, newest first."""
    query = select(FaceFlag).where(FaceFlag.resolved_at.is_(None)).order_by(FaceFlag.id.desc())
    if before_id is not None:
        query = query.where(FaceFlag.id < before_id)
    return list(session.scalars(query.limit(limit)))


def list_gold(session: Session, *, after_id: int = 0, limit: int = 60) -> list[GoldFace]:
    """Gold faces in the order of their face ids; `after_id` continues after a face."""
    query = select(GoldFace).where(GoldFace.face_id > after_id).order_by(GoldFace.face_id)
    return list(session.scalars(query.limit(limit)))


def list_untellable(session: Session, *, before_id: int | None = None, limit: int = 60) -> list[Decision]:
    """The decisions of faces that count as "can't tell", newest first."""
    found: list[Decision] = []
    while len(found) < limit:
        query = select(Decision).join(Face, Face.id == Decision.face_id)
        query = query.where(Decision.cannot_tell, box_is_current())
        if before_id is not None:
            query = query.where(Decision.id < before_id)
        some = session.scalars(query.order_by(Decision.id.desc()).limit(limit)).all()
        current = read_current(session, [decision.face_id for decision in some])
        found += [decision for decision in some if current.get(decision.face_id) is decision]
        if len(some) < limit:
            break
        before_id = some[-1].id
    return found[:limit]


#: How `Decision.queue` names a queue, before its number.
_IN_QUEUE = "review "
#: Most decisions of a face that its history holds.
_MOST_DECISIONS = 50


@dataclass(frozen=True, kw_only=True)
class VersionPrediction:
    """A classifier version's prediction."""

    version: ClassifierVersion
    prediction: Prediction

    @property
    def by_label(self) -> list[tuple[Label, float | None]]:
        """Labels with their probabilities, most probable first; None for what it does not predict."""
        pairs = [(label, getattr(self.prediction, label.value)) for label in Label]
        return most_probable_first(pairs)


@dataclass(frozen=True, kw_only=True)
class FaceHistory:
    """A face with its photo and its predictions and decisions, newest first."""

    face: Face
    photo: Photo
    versions: list[VersionPrediction]
    decisions: list[Decision]
    #: The decision that counts; None for an undecided face.
    current: Decision | None
    #: Two people answered differently, and nobody has settled it.
    contested: bool
    gold: GoldFace | None


def read_face_history(session: Session, face_id: int) -> FaceHistory:
    """The face with everything known about it; raises InputError face_not_found."""
    face = session.get(Face, face_id)
    if face is None:
        raise InputError("face_not_found", f"There is no face {face_id}.")
    predictions = (
        select(ClassifierVersion, Prediction)
        .join(Prediction, Prediction.classifier_version_id == ClassifierVersion.id)
        .where(Prediction.face_id == face_id)
        .order_by(ClassifierVersion.id.desc())
    )
    newest = select(Decision).where(Decision.face_id == face_id).order_by(Decision.id.desc())
    decisions = list(session.scalars(newest.limit(_MOST_DECISIONS)))
    if limited_to(session) is not None:
        _leave_out_queues(session, decisions)
    return FaceHistory(
        face=face,
        photo=session.get_one(Photo, face.photo_id),
        versions=[VersionPrediction(version=v, prediction=p) for v, p in session.execute(predictions)],
        decisions=decisions,
        current=read_current(session, [face_id]).get(face_id),
        contested=bool(read_contested(session, [face_id])),
        gold=session.get(GoldFace, face_id),
    )


def _leave_out_queues(session: Session, decisions: Collection[Decision]) -> None:
    """Leave out the numbers of queues that the session does not read: `review 7` becomes `review`."""
    own = {f"{_IN_QUEUE}{number}" for number in session.scalars(select(ReviewQueue.id))}
    for decision in decisions:
        if decision.queue.startswith(_IN_QUEUE) and decision.queue not in own:
            set_committed_value(decision, "queue", _IN_QUEUE.strip())


def require_open_to_reviewers(session: Session, *, photo_id: int | None, face_id: int | None) -> None:
    """Check that an open queue has a face of the photo, or of the face's photo: reviewers see no others.

    Raises InputError photo_not_found or face_not_found, as for one that does not exist.
    """
    if photo_id is None and face_id is None:
        return
    if face_id is not None:
        photo_id = session.scalars(select(Face.photo_id).where(Face.id == face_id)).one_or_none()
    if photo_id is not None and _is_open_to_reviewers(session, photo_id):
        return
    if face_id is not None:
        raise InputError("face_not_found", f"There is no face {face_id} in the open queues.")
    raise InputError("photo_not_found", f"There is no photo {photo_id} in the open queues.")


def _is_open_to_reviewers(session: Session, photo_id: int) -> bool:
    items = (
        select(ReviewItem.id)
        .join(Face, Face.id == ReviewItem.face_id)
        .join(ReviewQueue, ReviewQueue.id == ReviewItem.queue_id)
        .where(Face.photo_id == photo_id, ReviewQueue.state == QueueState.OPEN)
    )
    return session.scalars(select(items.exists())).one()


def read_guide(session: Session) -> Guide:
    """The newest version of the labelling guide; the default text before the first change."""
    newest = session.scalars(select(GuideVersion).order_by(GuideVersion.id.desc()).limit(1)).one_or_none()
    return DEFAULT_GUIDE if newest is None else Guide.of(newest)


def get_guide(session: Session, number: int) -> Guide:
    """One version of the guide, 0 for the default text; raises InputError guide_not_found."""
    if number == DEFAULT_GUIDE.number:
        return DEFAULT_GUIDE
    row = session.get(GuideVersion, number)
    if row is None:
        raise InputError("guide_not_found", f"The guide has no version {number}.")
    return Guide.of(row)


def list_guides(session: Session, *, limit: int = 100) -> list[Guide]:
    """The latest versions of the guide, newest first, and the default text."""
    rows = session.scalars(select(GuideVersion).order_by(GuideVersion.id.desc()).limit(limit))
    return [*(Guide.of(row) for row in rows), DEFAULT_GUIDE]

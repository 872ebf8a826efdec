"""Read flags, gold faces and the history of one face."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.labels.decisions import read_labels
from models import ClassifierVersion, Decision, Face, FaceFlag, GoldFace, Label, Photo, Prediction


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


#: Most decisions of a face that its history holds.
_MOST_DECISIONS = 50


@dataclass(frozen=True, kw_only=True)
class VersionPrediction:
    """A classifier version's prediction."""

    version: ClassifierVersion
    prediction: Prediction

    @property
    def by_label(self) -> list[tuple[Label, float]]:
        """Labels with their probabilities, most probable first."""
        pairs = [(label, float(getattr(self.prediction, label.value))) for label in Label]
        return sorted(pairs, key=lambda pair: -pair[1])


@dataclass(frozen=True, kw_only=True)
class FaceHistory:
    """A face with its photo and its predictions and decisions, newest first."""

    face: Face
    photo: Photo
    versions: list[VersionPrediction]
    decisions: list[Decision]
    #: The decision that counts; None for an undecided face.
    current: Decision | None
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
    decisions = select(Decision).where(Decision.face_id == face_id).order_by(Decision.id.desc())
    return FaceHistory(
        face=face,
        photo=session.get_one(Photo, face.photo_id),
        versions=[VersionPrediction(version=v, prediction=p) for v, p in session.execute(predictions)],
        decisions=list(session.scalars(decisions.limit(_MOST_DECISIONS))),
        current=read_labels(session, [face_id]).get(face_id),
        gold=session.get(GoldFace, face_id),
    )

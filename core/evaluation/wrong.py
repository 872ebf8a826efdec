"""The faces behind the figures: what a version has wrong, and what two versions judge otherwise."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, case, select
from sqlalchemy.orm import Session, aliased

from models import DatasetFace, Label, Prediction, Split


@dataclass(frozen=True, kw_only=True)
class JudgedFace:
    """A test face with its label, and what a version says of it."""

    face_id: int
    label: Label
    predicted: Label
    #: The version's probability of what it predicted, and of the label.
    confidence: float
    truth_probability: float


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page ended: what comes after it is surer of the label, or has a higher face id."""

    truth_probability: float
    face_id: int


def list_wrong(
    session: Session,
    version_id: int,
    dataset_id: int,
    *,
    label: Label | None = None,
    predicted: Label | None = None,
    after: Place | None = None,
    limit: int = 60,
) -> list[JudgedFace]:
    """Wrongly judged test faces, worst first: those whose label the version holds least likely."""
    truth = _truth_probability(Prediction)
    query = _judged(version_id, dataset_id).where(Prediction.label != DatasetFace.label)
    if label is not None:
        query = query.where(DatasetFace.label == label)
    if predicted is not None:
        query = query.where(Prediction.label == predicted)
    if after is not None:
        beyond = (truth > after.truth_probability) | (
            (truth == after.truth_probability) & (DatasetFace.face_id > after.face_id)
        )
        query = query.where(beyond)
    rows = session.execute(query.order_by(truth, DatasetFace.face_id).limit(limit))
    return [_face(*row) for row in rows]


def list_changes(
    session: Session, before_id: int, after_id: int, dataset_id: int, *, gained: bool, limit: int = 60
) -> list[tuple[JudgedFace, Label]]:
    """Test faces that only the later version (`gained`) or only the earlier one has right, surest first.

    Each comes with what the version that is wrong says; the face's figures are those of that version.
    """
    wrong_id, right_id = (before_id, after_id) if gained else (after_id, before_id)
    right = aliased(Prediction)
    truth = _truth_probability(Prediction)
    query = (
        _judged(wrong_id, dataset_id)
        .add_columns(right.label)
        .join(right, right.face_id == DatasetFace.face_id)
        .where(right.classifier_version_id == right_id)
        .where(Prediction.label != DatasetFace.label, right.label == DatasetFace.label)
        .order_by(truth, DatasetFace.face_id)
        .limit(limit)
    )
    return [(_face(*row), said) for *row, said in session.execute(query)]


def _judged(version_id: int, dataset_id: int) -> Select[int, Label, Label, float, float]:
    surest = case(
        *[(Prediction.label == label, getattr(Prediction, label.value)) for label in Label], else_=0.0
    )
    return (
        select(
            DatasetFace.face_id, DatasetFace.label, Prediction.label, surest, _truth_probability(Prediction)
        )
        .join(Prediction, Prediction.face_id == DatasetFace.face_id)
        .where(
            DatasetFace.dataset_id == dataset_id,
            DatasetFace.split == Split.TEST,
            Prediction.classifier_version_id == version_id,
        )
    )


def _truth_probability(predictions: type[Prediction]) -> ColumnElement[float]:
    cases = [(DatasetFace.label == label, getattr(predictions, label.value)) for label in Label]
    return case(*cases, else_=0.0)


def _face(
    face_id: int, label: Label, predicted: Label, confidence: float, truth_probability: float
) -> JudgedFace:
    return JudgedFace(
        face_id=face_id,
        label=label,
        predicted=predicted,
        confidence=confidence,
        truth_probability=truth_probability,
    )

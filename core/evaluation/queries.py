"""Read evaluations, test faces without a prediction, and wrongly predicted faces; compare two versions."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session, aliased

from core.detection.face import Probabilities
from core.errors import InputError
from core.evaluation.comparison import Comparison, compare
from core.evaluation.confusion import LABELS
from core.predict.unpredicted import Unpredicted, count_photos, read_photos, select_unpredicted
from core.versions.gate import MARGIN
from core.versions.queries import read_champion
from models import ClassifierVersion, Dataset, DatasetFace, Evaluation, Face, Label, Prediction, Split


def find_evaluation(session: Session, version_id: int, dataset_id: int) -> Evaluation | None:
    """The evaluation of a version on a dataset; None where there is none."""
    return session.scalars(
        select(Evaluation).where(
            Evaluation.classifier_version_id == version_id, Evaluation.dataset_id == dataset_id
        )
    ).one_or_none()


def get_evaluation(session: Session, evaluation_id: int) -> Evaluation:
    """The evaluation; InputError evaluation_not_found."""
    evaluation = session.get(Evaluation, evaluation_id)
    if evaluation is None:
        raise InputError("evaluation_not_found", f"There is no evaluation {evaluation_id}.")
    return evaluation


def list_evaluations(session: Session, version_id: int) -> list[Evaluation]:
    """All evaluations of a version, newest dataset first."""
    query = select(Evaluation).where(Evaluation.classifier_version_id == version_id)
    return list(session.scalars(query.order_by(Evaluation.dataset_id.desc())))


def list_dataset_evaluations(session: Session, dataset_id: int) -> list[tuple[Evaluation, ClassifierVersion]]:
    """All evaluations on a dataset with their versions, newest first."""
    query = (
        select(Evaluation, ClassifierVersion)
        .join(ClassifierVersion, ClassifierVersion.id == Evaluation.classifier_version_id)
        .where(Evaluation.dataset_id == dataset_id)
        .order_by(Evaluation.id.desc())
    )
    return [(evaluation, version) for evaluation, version in session.execute(query)]


def compare_versions(
    session: Session, champion_id: int, candidate_id: int, dataset_id: int, *, margin: float = MARGIN
) -> Comparison:
    """Compare two versions on the test faces that both have predicted; InputError nothing_to_evaluate."""
    joint = _count_joint(session, champion_id, candidate_id, dataset_id)
    if not joint.any():
        raise InputError("nothing_to_evaluate", "There is no test face that both versions have predicted.")
    return compare(joint, margin=margin)


def _count_joint(session: Session, champion_id: int, candidate_id: int, dataset_id: int) -> NDArray[np.int64]:
    """Test faces by label, prediction of the champion and prediction of the candidate, int64 (4, 4, 4)."""
    champion, candidate = aliased(Prediction), aliased(Prediction)
    query = (
        select(DatasetFace.label, champion.label, candidate.label, func.count())
        .join(champion, champion.face_id == DatasetFace.face_id)
        .join(candidate, candidate.face_id == DatasetFace.face_id)
        .where(
            DatasetFace.dataset_id == dataset_id,
            DatasetFace.split == Split.TEST,
            champion.classifier_version_id == champion_id,
            candidate.classifier_version_id == candidate_id,
        )
        .group_by(DatasetFace.label, champion.label, candidate.label)
    )
    joint = np.zeros((len(LABELS),) * 3, np.int64)
    for *labels, count in session.execute(query):
        joint[tuple(LABELS.index(label) for label in labels)] = count
    return joint


def read_probabilities(session: Session, version_id: int, dataset_id: int) -> dict[int, Probabilities]:
    """Probabilities of a dataset's test faces, by face id."""
    columns = [getattr(Prediction, label.value) for label in LABELS]
    query = (
        select(Prediction.face_id, *columns)
        .join(DatasetFace, DatasetFace.face_id == Prediction.face_id)
        .where(
            DatasetFace.dataset_id == dataset_id,
            DatasetFace.split == Split.TEST,
            Prediction.classifier_version_id == version_id,
        )
    )
    return {face_id: tuple(row) for face_id, *row in session.execute(query)}


def compare_with_champion(
    session: Session, candidate_id: int, dataset_id: int, *, margin: float = MARGIN
) -> Comparison:
    """Compare a candidate with the current champion; InputError nothing_to_evaluate."""
    return compare_versions(session, read_champion(session).id, candidate_id, dataset_id, margin=margin)


def find_comparison(
    session: Session, version: ClassifierVersion, dataset: Dataset | None, *, margin: float
) -> Comparison | None:
    """A candidate compared with the champion; None for the champion, or where an evaluation is missing."""
    if dataset is None or version.champion:
        return None
    champion = read_champion(session)
    if not all(find_evaluation(session, each.id, dataset.id) for each in (version, champion)):
        return None
    try:
        return compare_with_champion(session, version.id, dataset.id, margin=margin)
    except InputError:
        return None


def count_unpredicted(session: Session, version_id: int, dataset_id: int, splits: Collection[Split]) -> int:
    """The number of photos with faces that a version has not predicted."""
    return count_photos(session, _select_unpredicted(version_id, dataset_id, splits))


def read_unpredicted(
    session: Session,
    version_id: int,
    dataset_id: int,
    splits: Collection[Split],
    *,
    after_id: int,
    limit: int,
) -> list[Unpredicted]:
    """The next photos with faces that a version has not predicted, by id."""
    query = _select_unpredicted(version_id, dataset_id, splits)
    return read_photos(session, query, after_id=after_id, limit=limit)


def _select_unpredicted(version_id: int, dataset_id: int, splits: Collection[Split]) -> Select[Face]:
    faces = select_unpredicted(version_id).join(DatasetFace, DatasetFace.face_id == Face.id)
    return faces.where(DatasetFace.dataset_id == dataset_id, DatasetFace.split.in_(splits))


#: Instead of the probability of a label that a version does not predict.
NOT_PREDICTED = -1.0


@dataclass(frozen=True, kw_only=True)
class PredictedFace:
    """A test face with its label and the prediction of a version."""

    face_id: int
    label: Label
    predicted: Label
    #: Probability of the predicted label, and of the true label or `NOT_PREDICTED`.
    confidence: float
    truth_probability: float

    @property
    def is_predicted(self) -> bool:
        """Whether the version predicts the true label at all."""
        return self.truth_probability != NOT_PREDICTED


@dataclass(frozen=True, kw_only=True)
class WrongFaceCursor:
    """The last face of a page of wrong faces: the next page starts after it."""

    truth_probability: float
    face_id: int


def list_wrong_faces(
    session: Session,
    version_id: int,
    dataset_id: int,
    *,
    label: Label | None = None,
    predicted: Label | None = None,
    after: WrongFaceCursor | None = None,
    limit: int = 60,
) -> list[PredictedFace]:
    """Wrongly predicted test faces, lowest probability of the true label first."""
    truth = _truth_probability(Prediction)
    query = _select_predicted(version_id, dataset_id).where(Prediction.label != DatasetFace.label)
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
    return [_predicted_face(*row) for row in rows]


def list_changed_faces(
    session: Session, before_id: int, after_id: int, dataset_id: int, *, gained: bool, limit: int = 60
) -> list[tuple[PredictedFace, Label]]:
    """Test faces that only the later version (`gained`) or only the earlier one predicts correctly.

    Most confident mistakes first. Each `PredictedFace` holds the prediction of the version that is wrong; the
    label of the pair is the prediction of the other version.
    """
    wrong_id, right_id = (before_id, after_id) if gained else (after_id, before_id)
    right = aliased(Prediction)
    truth = _truth_probability(Prediction)
    query = (
        _select_predicted(wrong_id, dataset_id)
        .add_columns(right.label)
        .join(right, right.face_id == DatasetFace.face_id)
        .where(right.classifier_version_id == right_id)
        .where(Prediction.label != DatasetFace.label, right.label == DatasetFace.label)
        .order_by(truth, DatasetFace.face_id)
        .limit(limit)
    )
    return [(_predicted_face(*row), correct) for *row, correct in session.execute(query)]


def _select_predicted(version_id: int, dataset_id: int) -> Select[int, Label, Label, float, float]:
    confidence = case(
        *[(Prediction.label == label, getattr(Prediction, label.value)) for label in Label], else_=0.0
    )
    truth = _truth_probability(Prediction)
    return (
        select(
            DatasetFace.face_id,
            DatasetFace.label,
            Prediction.label,
            confidence,
            truth,
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
    # A label that the version does not predict comes before those that it takes for improbable.
    return func.coalesce(case(*cases), NOT_PREDICTED)


def _predicted_face(
    face_id: int, label: Label, predicted: Label, confidence: float, truth_probability: float
) -> PredictedFace:
    return PredictedFace(
        face_id=face_id,
        label=label,
        predicted=predicted,
        confidence=confidence,
        truth_probability=truth_probability,
    )

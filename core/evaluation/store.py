"""Evaluations in and out: predictions of test faces from the database, figures into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from core.database import insert_new, read_clock
from core.datasets.labelled_face import LabelledFace
from core.datasets.reading import get_dataset, read_faces
from core.errors import InputError
from core.evaluation.confusion import f1, macro_f1
from core.evaluation.figures import measure
from core.evaluation.paired import PairedTest, paired_test
from core.evaluation.scored import LABELS, ScoredFaces
from core.evaluation.slices import slices_of
from core.versions.gate import MARGIN, Verdict, judge
from core.versions.reading import get_version
from models import DatasetFace, Evaluation, Prediction, Split


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two versions on the test faces that both predicted, and what the gate says."""

    test: PairedTest
    verdict: Verdict


def evaluate_version(session: Session, version_id: int, dataset_id: int) -> Evaluation:
    """Measure a version on the test faces of a dataset that it has predicted, and keep the figures.

    A second evaluation takes the place of the first. InputError version_not_found, dataset_not_found, or
    nothing_to_evaluate where it predicted no test face.
    """
    get_version(session, version_id)
    get_dataset(session, dataset_id)
    faces = read_faces(session, dataset_id, (Split.TEST,))
    predicted = _predictions(session, version_id, dataset_id)
    faces = [face for face in faces if face.face_id in predicted]
    if not faces:
        raise InputError("nothing_to_evaluate", "This version has predicted no test face of the dataset.")
    figures = measure(_scored(faces, predicted), slices_of(faces)).to_json()
    now = read_clock(session)
    keys = {"classifier_version_id": version_id, "dataset_id": dataset_id}
    row = {**keys, "faces": len(faces), "figures": figures, "created_at": now}
    insert_new(session, Evaluation, [row], list(keys))
    evaluation = find_evaluation(session, version_id, dataset_id)
    assert evaluation is not None
    evaluation.faces, evaluation.figures, evaluation.created_at = len(faces), figures, now
    return evaluation


def find_evaluation(session: Session, version_id: int, dataset_id: int) -> Evaluation | None:
    """The figures of a version on a dataset, None where it was never measured on it."""
    return session.scalars(
        select(Evaluation).where(
            Evaluation.classifier_version_id == version_id, Evaluation.dataset_id == dataset_id
        )
    ).one_or_none()


def list_evaluations(session: Session, version_id: int) -> list[Evaluation]:
    """Everything a version was measured on, the newest dataset first."""
    query = select(Evaluation).where(Evaluation.classifier_version_id == version_id)
    return list(session.scalars(query.order_by(Evaluation.dataset_id.desc())))


def compare_versions(
    session: Session, champion_id: int, candidate_id: int, dataset_id: int, *, margin: float = MARGIN
) -> Comparison:
    """Put two versions side by side on the test faces that both have predicted.

    InputError nothing_to_evaluate where there is no such face.
    """
    joint = _joint(session, champion_id, candidate_id, dataset_id)
    if not joint.any():
        raise InputError("nothing_to_evaluate", "There is no test face that both versions have predicted.")
    before, after = _f1(joint.sum(axis=2)), _f1(joint.sum(axis=1))
    return Comparison(
        test=paired_test(joint),
        verdict=judge(before.labels, after.labels, macro=(before.macro, after.macro), margin=margin),
    )


def _joint(session: Session, champion_id: int, candidate_id: int, dataset_id: int) -> NDArray[np.int64]:
    """Test faces by label, by what the champion and by what the candidate says, (4, 4, 4)."""
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


@dataclass(frozen=True, kw_only=True)
class _F1:
    labels: dict[str, float | None]
    macro: float


def _f1(confusion: NDArray[np.int64]) -> _F1:
    by_label = zip(LABELS, f1(confusion).tolist(), strict=True)
    labels = {label.value: None if isnan(value) else value for label, value in by_label}
    return _F1(labels=labels, macro=float(macro_f1(confusion)))


def _predictions(session: Session, version_id: int, dataset_id: int) -> dict[int, tuple[float, ...]]:
    """Probabilities in the order of `Label`, by the ids of the dataset's test faces."""
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


def _scored(faces: Sequence[LabelledFace], predicted: dict[int, tuple[float, ...]]) -> ScoredFaces:
    return ScoredFaces(
        probabilities=np.array([predicted[face.face_id] for face in faces], np.float64),
        labels=np.array([LABELS.index(face.label) for face in faces], np.int64),
        photos=np.array([face.photo_id for face in faces], np.int64),
    )

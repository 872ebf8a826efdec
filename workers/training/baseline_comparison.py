"""Compare a training with a tutorial's recipe on the same faces: metrics and times of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from core.database import Database
from core.datasets.labelled_face import LabelledFace
from core.datasets.queries import read_faces, read_training_faces
from core.detection.decode import decode_photo
from core.detection.weights import MOBILENET, fetch_weights
from core.errors import InputError
from core.evaluation.confusion import LABELS, ScoredFaces
from core.evaluation.metrics import EvaluationMetrics, compute_metrics
from core.evaluation.queries import find_evaluation
from core.item_errors import ItemErrors
from core.library.queries import read_photo_bytes
from core.release.baseline import SIDE, fit_baseline, predict_baseline
from core.settings import Settings
from core.training.crops import decode_scale, plain_crops
from core.training.queries import count_validation_faces, read_epochs
from models import Job, Photo, Split


@dataclass(frozen=True, kw_only=True)
class Result:
    """One recipe: accuracy on its own validation faces, and metrics on test faces."""

    recipe: str
    seconds: float
    validation_accuracy: float
    validation_faces: int | None
    #: Test faces, also by label.
    faces: int
    label_faces: dict[str, int]
    #: None where no test face has the label.
    accuracy: float | None
    macro_f1: float | None
    recall: dict[str, float | None]


def compare(db: Database, settings: Settings, job: Job, *, seed: int, epochs: int) -> tuple[Result, Result]:
    """Measure a finished training and a baseline of at most `epochs` epochs on the same test faces."""
    assert job.dataset_id is not None
    return _read_result(db, job), _train_baseline(db, settings, job.dataset_id, seed=seed, epochs=epochs)


def _read_result(db: Database, job: Job) -> Result:
    assert job.started_at and job.finished_at and job.classifier_version_id and job.dataset_id
    with db.read() as session:
        evaluation = find_evaluation(session, job.classifier_version_id, job.dataset_id)
        accuracy = _best_accuracy(session, job.id)
        validation_faces = count_validation_faces(session, job.id)
    if evaluation is None:
        raise InputError("nothing_to_evaluate", "The dataset has no test face to compare on.")
    metrics = evaluation.metrics
    return Result(
        recipe="Maskloop",
        seconds=(job.finished_at - job.started_at).total_seconds(),
        validation_accuracy=accuracy,
        validation_faces=validation_faces,
        faces=evaluation.faces,
        label_faces={label["label"]: label["faces"] for label in metrics["labels"]},
        accuracy=metrics["accuracy"]["value"],
        macro_f1=metrics["macro_f1"]["value"],
        recall={label["label"]: label["recall"]["value"] for label in metrics["labels"]},
    )


def _best_accuracy(session: Session, job_id: int) -> float:
    best = min(read_epochs(session, job_id), key=lambda epoch: epoch.validation_loss)
    return best.validation_accuracy


def _train_baseline(db: Database, settings: Settings, dataset_id: int, *, seed: int, epochs: int) -> Result:
    fetch_weights([MOBILENET.name], settings.weights)
    with db.read() as session:
        training = read_training_faces(session, dataset_id)
        testing = read_faces(session, dataset_id, (Split.TEST,))
        crops, training = _cut(session, settings, training)
        tests, testing = _cut(session, settings, testing)
    baseline = fit_baseline(
        crops, _labels(training), settings.weights / MOBILENET.name, epochs=epochs, seed=seed
    )
    metrics = _measure(testing, predict_baseline(baseline.model, tests))
    return Result(
        recipe=f"Tutorial, {baseline.epochs} epochs",
        seconds=baseline.seconds,
        validation_accuracy=baseline.accuracy,
        validation_faces=baseline.validation_faces,
        faces=metrics.faces,
        label_faces={each.label: each.faces for each in metrics.labels},
        accuracy=metrics.accuracy.value,
        macro_f1=metrics.macro_f1.value,
        recall={each.label: each.recall.value for each in metrics.labels},
    )


def _cut(
    session: Session, settings: Settings, faces: Sequence[LabelledFace]
) -> tuple[NDArray[np.uint8], list[LabelledFace]]:
    """Crops uint8 (n, 224, 224, 3), and the faces whose photos could be read, in the same order."""
    crops, kept, errors = [], [], ItemErrors()
    for _, group in groupby(sorted(faces, key=lambda face: face.photo_id), key=lambda face: face.photo_id):
        together = list(group)
        try:
            data = read_photo_bytes(session, settings, session.get_one(Photo, together[0].photo_id))
            photo = decode_photo(data, min_scale=decode_scale(together))
            crops.append(plain_crops(photo, together, SIDE))
        except Exception as error:
            errors.input_error(error, photo=together[0].photo_id)
            continue
        kept.extend(together)
    if not crops:
        raise InputError("nothing_to_evaluate", "None of the photos of the dataset can be read.")
    return np.concatenate(crops), kept


def _labels(faces: Sequence[LabelledFace]) -> NDArray[np.int64]:
    return np.array([LABELS.index(face.label) for face in faces], np.int64)


def _measure(faces: Sequence[LabelledFace], probabilities: NDArray[np.float64]) -> EvaluationMetrics:
    photos = np.array([face.photo_id for face in faces], np.int64)
    return compute_metrics(ScoredFaces(probabilities=probabilities, labels=_labels(faces), photos=photos))

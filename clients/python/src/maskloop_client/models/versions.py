# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: versions."""

import datetime as dt
from typing import Any

from maskloop_client.models.base import Model
from maskloop_client.models.shared import Evaluation


class Detector(Model):
    """A trained face detector."""

    id: int
    #: The `detector_key` of its faces begins with it.
    name: str
    sha256: str
    bytes: int
    #: Whether it finds the faces of new jobs.
    champion: bool
    #: Null where it was trained from the installed detector.
    parent_id: int | None
    created_at: dt.datetime
    #: AP at IoU 0.5 on the held-back photos; null if not evaluated.
    ap_05: float | None
    #: AP at IoU 0.3.
    ap_03: float | None


class DetectorGateAnswer(Model):
    """Whether a detector may replace the one in use."""

    passed: bool
    #: Why it does not pass.
    reasons: list[str]
    #: The most that AP at IoU 0.3 and the recall of a size may fall.
    margin: float
    photos: int
    faces: int


class OneDetector(Detector):
    """A trained face detector with its card and metrics."""

    card: dict[str, Any]
    #: Its metrics and those of the detector then in use, on the same held-back photos.
    evaluation: dict[str, Any] | None
    #: Null for the detector in use, and where it was not measured beside that one.
    gate: DetectorGateAnswer | None


class DetectorPromotion(Model):
    """A change of the detector that finds the faces."""

    id: int
    #: Null where the installed detector is in use again.
    detector_id: int | None
    detector: str
    previous_id: int | None
    #: One of installed, person, gate, overruled, rollback.
    kind: str
    #: Empty where no person did it.
    account: str
    reason: str | None
    created_at: dt.datetime


class OneEvaluation(Evaluation):
    """An evaluation with all its metrics."""

    #: By label, with 95% intervals; confusion, curves, calibration and slices.
    metrics: dict[str, Any]


class TestFace(Model):
    """A test face with its label and a prediction."""

    face_id: int
    #: One of with_mask, without_mask, incorrect, not_a_face.
    label: str
    #: One of with_mask, without_mask, incorrect, not_a_face.
    predicted: str
    #: Probability of the predicted label.
    confidence: float
    #: Probability of the true label; null where the version does not predict that label.
    truth_probability: float | None


class Epoch(Model):
    """Metrics after one epoch."""

    #: One of head, fine_tune.
    stage: str
    #: 1, 2, 3 ... within the stage.
    number: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    validation_macro_f1: float
    #: Learning rate at the end of the epoch.
    rate: float
    seconds: float
    created_at: dt.datetime


class Training(Model):
    """How a training goes."""

    #: The first one first.
    epochs: list[Epoch]
    #: Null before the dataset is known.
    validation_faces: int | None
    #: Whether it can be stopped.
    fitting: bool
    #: Whether it was asked to stop.
    stopping: bool


class Version(Model):
    """A classifier version."""

    id: int
    name: str
    #: Of the file that predicts.
    sha256: str
    champion: bool
    parent_id: int | None
    #: What it was trained on.
    dataset_id: int | None
    created_at: dt.datetime
    #: On the golden test set; null if not evaluated there.
    golden_macro_f1: float | None


class VersionFile(Model):
    """A file of a version."""

    #: One of keras, keras_model, litert, litert_int8, onnx, correction, imported, card.
    kind: str
    name: str
    sha256: str
    bytes: int


class LabelChange(Model):
    """The F1 of one label for both versions; null without test faces of it."""

    label: str
    champion: float | None
    candidate: float | None
    faces: int
    passed: bool


class Gate(Model):
    """Whether a candidate may replace the champion, and McNemar's test of both."""

    passed: bool
    #: Why it does not pass.
    reasons: list[str]
    #: The most that the F1 of a label may fall.
    margin: float
    #: Macro F1.
    champion: float
    #: Macro F1.
    candidate: float
    #: Test faces that both versions predicted.
    faces: int
    labels: list[LabelChange]
    #: Faces that only the candidate predicts correctly.
    gained: int
    lost: int
    p_value: float


class OneVersion(Version):
    """A classifier version with its card, files and evaluations."""

    card: dict[str, Any]
    files: list[VersionFile]
    evaluations: list[Evaluation]
    #: Against the champion on the golden test set; null for the champion, or without both evaluations.
    gate: Gate | None


class VersionComparison(Model):
    """Two versions on the same test faces, the second one as the candidate."""

    gate: Gate
    #: With the wrong prediction of the first version.
    gained: list[TestFace]
    #: With the wrong prediction of the second version.
    lost: list[TestFace]


class Promotion(Model):
    """A change of the champion."""

    id: int
    version_id: int
    version: str
    previous_id: int | None
    #: One of installed, person, gate, overruled, rollback.
    kind: str
    #: Empty where no person did it.
    account: str
    reason: str | None
    #: The result of the gate at that time.
    gate: dict[str, Any] | None
    created_at: dt.datetime

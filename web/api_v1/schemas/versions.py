"""Classifier versions, their files and evaluations, the gate, and the history of the champion."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field

from core.evaluation.comparison import Comparison
from core.evaluation.queries import PredictedFace
from core.versions.queries import HistoryEntry
from models import ClassifierVersion, Label, PromotionKind, VersionFileKind
from models import Evaluation as EvaluationRow
from models import VersionFile as VersionFileRow
from web.api_v1.schemas.base import Answer, Asked, ListQuery


class Version(Answer):
    """A classifier version."""

    id: int
    name: str
    sha256: str = Field(description="Of the file that predicts.")
    champion: bool
    parent_id: int | None
    dataset_id: int | None = Field(description="What it was trained on.")
    created_at: datetime
    golden_macro_f1: float | None = Field(description="On the golden test set; null if not evaluated there.")

    @classmethod
    def of(cls, version: ClassifierVersion, golden: EvaluationRow | None, **more: Any) -> Self:
        """The row as answered, with its evaluation on the golden test set."""
        names = set(Version.model_fields) - {"golden_macro_f1"}
        values = {name: getattr(version, name) for name in names}
        return cls(**values, golden_macro_f1=_macro_f1(golden), **more)


class VersionFile(Answer):
    """A file of a version."""

    kind: VersionFileKind
    name: str
    sha256: str
    bytes: int

    @classmethod
    def of(cls, file: VersionFileRow) -> Self:
        """The row as answered."""
        return cls(**{name: getattr(file, name) for name in cls.model_fields})


class Evaluation(Answer):
    """Metrics of a version on the test faces of a dataset."""

    id: int
    version_id: int
    dataset_id: int
    faces: int
    accuracy: float | None
    macro_f1: float | None
    created_at: datetime

    @classmethod
    def of(cls, evaluation: EvaluationRow, **more: Any) -> Self:
        """The row as answered."""
        return cls(
            id=evaluation.id,
            version_id=evaluation.classifier_version_id,
            dataset_id=evaluation.dataset_id,
            faces=evaluation.faces,
            accuracy=evaluation.metrics["accuracy"]["value"],
            macro_f1=_macro_f1(evaluation),
            created_at=evaluation.created_at,
            **more,
        )


class OneEvaluation(Evaluation):
    """An evaluation with all its metrics."""

    metrics: dict[str, Any] = Field(
        description="By label, with 95% intervals; confusion, curves, calibration and slices."
    )


class EvaluationList(Answer):
    """All evaluations of a version, newest dataset first."""

    evaluations: list[Evaluation]


class LabelChange(Answer):
    """The F1 of one label for both versions; null without test faces of it."""

    label: str
    champion: float | None
    candidate: float | None
    faces: int
    passed: bool


class Gate(Answer):
    """Whether a candidate may replace the champion, and McNemar's test of both."""

    passed: bool
    reasons: list[str] = Field(description="Why it does not pass.")
    margin: float = Field(description="The most that the F1 of a label may fall.")
    champion: float = Field(description="Macro F1.")
    candidate: float = Field(description="Macro F1.")
    faces: int = Field(description="Test faces that both versions predicted.")
    labels: list[LabelChange]
    gained: int = Field(description="Faces that only the candidate predicts correctly.")
    lost: int
    p_value: float

    @classmethod
    def of(cls, found: Comparison) -> Self:
        """The comparison as answered."""
        return cls.model_validate(
            {
                **found.gate.to_json(),
                "gained": found.test.gained,
                "lost": found.test.lost,
                "p_value": found.test.p_value,
            }
        )


class OneVersion(Version):
    """A classifier version with its card, files and evaluations."""

    card: dict[str, Any]
    files: list[VersionFile]
    evaluations: list[Evaluation]
    gate: Gate | None = Field(
        description="Against the champion on the golden test set; null for the champion, or without both "
        "evaluations."
    )


class VersionList(Answer):
    """A page of versions, newest first."""

    versions: list[Version]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class EvaluationRequest(Asked):
    """On which dataset to evaluate; the champion is evaluated too."""

    dataset: int = Field(ge=1, le=2**31 - 1)


class PromotionRequest(Asked):
    """How to promote."""

    overrule: bool = Field(False, description="Promote although the gate does not pass; needs a reason.")
    reason: str = Field("", max_length=2_000)


class Promotion(Answer):
    """A change of the champion."""

    id: int
    version_id: int
    version: str
    previous_id: int | None
    kind: PromotionKind
    account: str = Field(description="Empty where no person did it.")
    reason: str | None
    gate: dict[str, Any] | None = Field(description="The result of the gate at that time.")
    created_at: datetime

    @classmethod
    def of(cls, entry: HistoryEntry) -> Self:
        """The row as answered."""
        same = ("id", "previous_id", "kind", "reason", "gate", "created_at")
        return cls(
            **{name: getattr(entry.promotion, name) for name in same},
            version_id=entry.version.id,
            version=entry.version.name,
            account=entry.account_name,
        )


class PromotionList(Answer):
    """The latest promotions, newest first."""

    promotions: list[Promotion]


class WrongQuery(ListQuery):
    """Which wrong predictions to list."""

    label: Label | None = Field(None, description="Only faces with this true label.")
    predicted: Label | None = Field(None, description="Only faces with this predicted label.")


class TestFace(Answer):
    """A test face with its label and a prediction."""

    face_id: int
    label: Label
    predicted: Label
    confidence: float = Field(description="Probability of the predicted label.")
    truth_probability: float | None = Field(
        description="Probability of the true label; null where the version does not predict that label."
    )

    @classmethod
    def of(cls, face: PredictedFace) -> Self:
        """The face as answered."""
        values = {name: getattr(face, name) for name in cls.model_fields}
        return cls(**values if face.is_predicted else values | {"truth_probability": None})


class WrongList(Answer):
    """A page of wrong predictions, lowest probability of the true label first."""

    faces: list[TestFace]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class CompareQuery(Asked):
    """On which dataset to compare; at most so many changed faces."""

    dataset: int = Field(ge=1, le=2**31 - 1)
    limit: int = Field(100, ge=1, le=500)


class VersionComparison(Answer):
    """Two versions on the same test faces, the second one as the candidate."""

    gate: Gate
    gained: list[TestFace] = Field(description="With the wrong prediction of the first version.")
    lost: list[TestFace] = Field(description="With the wrong prediction of the second version.")


def _macro_f1(evaluation: EvaluationRow | None) -> float | None:
    value: float | None = None if evaluation is None else evaluation.metrics["macro_f1"]["value"]
    return value

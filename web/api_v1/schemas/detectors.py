"""Face detectors that were trained here, their metrics, the gate, and the history of the one in use."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from core.versions.detectors.gate import DetectorGate
from core.versions.detectors.queries import DetectorHistory, read_evaluation
from models import DetectorVersion, PromotionKind
from web.api_v1.schemas.base import Answer

_SAME = ("id", "name", "sha256", "bytes", "champion", "parent_id", "created_at")


class Detector(Answer):
    """A trained face detector."""

    id: int
    name: str = Field(description="The `detector_key` of its faces begins with it.")
    sha256: str
    bytes: int
    champion: bool = Field(description="Whether it finds the faces of new jobs.")
    parent_id: int | None = Field(description="Null where it was trained from the installed detector.")
    created_at: datetime
    ap_05: float | None = Field(description="AP at IoU 0.5 on the held-back photos; null if not evaluated.")
    ap_03: float | None = Field(description="AP at IoU 0.3.")

    @classmethod
    def of(cls, version: DetectorVersion) -> "Detector":
        """The row as answered."""
        return Detector(**_values(version))


class DetectorGateAnswer(Answer):
    """Whether a detector may replace the one in use."""

    passed: bool
    reasons: list[str] = Field(description="Why it does not pass.")
    margin: float = Field(description="The most that AP at IoU 0.3 and the recall of a size may fall.")
    photos: int
    faces: int


class OneDetector(Detector):
    """A trained face detector with its card and metrics."""

    card: dict[str, Any]
    evaluation: dict[str, Any] | None = Field(
        description="Its metrics and those of the detector then in use, on the same held-back photos."
    )
    gate: DetectorGateAnswer | None = Field(
        description="Null for the detector in use, and where it was not measured beside that one."
    )

    @classmethod
    def of_one(cls, version: DetectorVersion, gate: DetectorGate | None) -> Self:
        """The row as answered, with the gate."""
        return cls(
            **_values(version),
            card=version.card,
            evaluation=version.evaluation,
            gate=None if gate is None else DetectorGateAnswer(**asdict(gate)),
        )


class DetectorList(Answer):
    """A page of detectors, newest first."""

    detectors: list[Detector]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class DetectorPromotion(Answer):
    """A change of the detector that finds the faces."""

    id: int
    detector_id: int | None = Field(description="Null where the installed detector is in use again.")
    detector: str
    previous_id: int | None
    kind: PromotionKind
    account: str = Field(description="Empty where no person did it.")
    reason: str | None
    created_at: datetime

    @classmethod
    def of(cls, entry: DetectorHistory) -> Self:
        """The row as answered."""
        same = ("id", "previous_id", "kind", "reason", "created_at")
        return cls(
            **{name: getattr(entry.promotion, name) for name in same},
            detector_id=entry.promotion.detector_version_id,
            detector=entry.name,
            account=entry.account_name,
        )


class DetectorPromotionList(Answer):
    """The latest promotions, newest first."""

    promotions: list[DetectorPromotion]


def _values(version: DetectorVersion) -> dict[str, Any]:
    found = read_evaluation(version)
    return {name: getattr(version, name) for name in _SAME} | {
        "ap_05": found.candidate.ap_05 if found else None,
        "ap_03": found.candidate.ap_03 if found else None,
    }

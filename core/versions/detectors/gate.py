"""Metrics of a face detector on held-back photos, and the gate that compares two detectors."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from core.number_text import decimal, is_too_few, metric, plural
from core.versions.gate import MARGIN

#: Of a rise of false faces a photo: the share of the champion's, and the least that counts as a rise.
_MORE_FALSE, _LEAST_FALSE = 0.1, 0.02


@dataclass(frozen=True, kw_only=True)
class SizeRecall:
    """How many of the true faces of a range of sizes are found, at IoU 0.3."""

    name: str
    faces: int
    #: None where no true face has such a size.
    recall: float | None


@dataclass(frozen=True, kw_only=True)
class DetectorMetrics:
    """Metrics of one detector on photos whose faces are all boxed."""

    #: AP of faces at IoU 0.3 and 0.5; None without a true face.
    ap_03: float | None
    ap_05: float | None
    #: Recall at IoU 0.3 of all faces, and by size.
    recall: float | None
    sizes: tuple[SizeRecall, ...]
    #: Found boxes a photo that are on no true face and no ignored box.
    false_faces: float
    #: CPU time of finding the faces of a photo, without decoding it.
    milliseconds: float

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `asdict` of this or an older release wrote."""
        sizes = tuple(SizeRecall(**each) for each in stored["sizes"])
        return cls(**{**stored, "sizes": sizes})


@dataclass(frozen=True, kw_only=True)
class DetectorEvaluation:
    """A version beside the detector that was in use, on the same photos in the same run."""

    photos: int
    faces: int
    #: Of the photos' hashes and their boxes, so that two evaluations can be told apart.
    content_sha256: str
    #: SHA-256 of the file of the detector beside which it was measured, and its name.
    champion_sha256: str
    champion_name: str
    champion: DetectorMetrics
    candidate: DetectorMetrics
    #: ISO time.
    measured_at: str

    def to_json(self) -> dict[str, Any]:
        """As `DetectorVersion.evaluation` stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        both = {name: DetectorMetrics.from_json(stored[name]) for name in ("champion", "candidate")}
        return cls(**{**stored, **both})


@dataclass(frozen=True, kw_only=True)
class DetectorGate:
    """Whether a detector passes the gate, and why it does not."""

    passed: bool
    margin: float
    photos: int
    faces: int
    reasons: tuple[str, ...]

    def to_json(self, evaluation: DetectorEvaluation) -> dict[str, Any]:
        """As `DetectorPromotion.gate` stores it, with the metrics of that time."""
        return {**asdict(self), "evaluation": evaluation.to_json()}


def check_detector_gate(evaluation: DetectorEvaluation, *, margin: float = MARGIN) -> DetectorGate:
    """Check a detector: AP at IoU 0.5 must rise, and nothing else may get worse by more than `margin`.

    AP at IoU 0.3 and the recall of each size may fall by at most `margin`; false faces a photo may rise by at
    most a tenth.
    """
    before, after = evaluation.champion, evaluation.candidate
    reasons = [*_no_rise(evaluation), *_falls(before, after, margin)]
    limit = before.false_faces + max(before.false_faces * _MORE_FALSE, _LEAST_FALSE)
    if after.false_faces > limit:
        reasons.append(
            f"False faces a photo rose from {decimal(before.false_faces)} to {decimal(after.false_faces)}."
        )
    return DetectorGate(
        passed=not reasons,
        margin=margin,
        photos=evaluation.photos,
        faces=evaluation.faces,
        reasons=tuple(reasons),
    )


def _no_rise(evaluation: DetectorEvaluation) -> list[str]:
    before, after = evaluation.champion.ap_05, evaluation.candidate.ap_05
    if before is None or after is None:
        return ["No held-back photo has a face."]
    if after > before:
        return []
    if is_too_few(evaluation.faces):
        few = plural(evaluation.faces, "held-back face")
        return [f"AP at IoU 0.5 did not rise; {few} are too few to measure it."]
    return [f"AP at IoU 0.5 did not rise: {metric(before)} before, {metric(after)} now."]


def _falls(before: DetectorMetrics, after: DetectorMetrics, margin: float) -> list[str]:
    pairs = [("AP at IoU 0.3", before.ap_03, after.ap_03)]
    now = {each.name: each.recall for each in after.sizes}
    pairs += [(f"Recall of faces of {each.name}", each.recall, now.get(each.name)) for each in before.sizes]
    return [
        f"{what} fell from {metric(old)} to {metric(new or 0.0)}."
        for what, old, new in pairs
        if old is not None and (new is None or new < old - margin)
    ]

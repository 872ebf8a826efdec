"""Count a photo's faces by the label that pages and reports show."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Face, Label, Prediction


@dataclass(frozen=True, kw_only=True)
class PhotoCounts:
    """Faces of one photo; indeterminate ones are in no label's count, `not_a_face` is in none at all."""

    faces: int = 0
    with_mask: int = 0
    without_mask: int = 0
    incorrect: int = 0
    indeterminate: int = 0
    least_confidence: float | None = None

    def to_columns(self) -> dict[str, int | float | None]:
        """As `JobPhoto` holds them."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def count_faces(
    session: Session,
    photo_ids: Sequence[int],
    *,
    detector_key: str,
    classifier_version_id: int,
    indeterminate_below: float,
) -> dict[int, PhotoCounts]:
    """Counts by photo id, from the stored predictions; a photo without faces has zeros."""
    rows = session.execute(
        select(
            Face.photo_id,
            Prediction.label,
            Prediction.with_mask,
            Prediction.without_mask,
            Prediction.incorrect,
        )
        .join(Prediction, Prediction.face_id == Face.id)
        .where(
            Face.photo_id.in_(photo_ids),
            Face.detector_key == detector_key,
            Prediction.classifier_version_id == classifier_version_id,
            Prediction.label != Label.NOT_A_FACE,
        )
    )
    shown: dict[int, list[tuple[Label, float]]] = defaultdict(list)
    for photo_id, label, *probabilities in rows:
        shown[photo_id].append((label, max(probabilities)))
    return {photo_id: _count(shown[photo_id], indeterminate_below) for photo_id in photo_ids}


def _count(faces: Sequence[tuple[Label, float]], indeterminate_below: float) -> PhotoCounts:
    certain = [label for label, confidence in faces if confidence >= indeterminate_below]
    return PhotoCounts(
        faces=len(faces),
        with_mask=certain.count(Label.WITH_MASK),
        without_mask=certain.count(Label.WITHOUT_MASK),
        incorrect=certain.count(Label.INCORRECT),
        indeterminate=len(faces) - len(certain),
        least_confidence=min((confidence for _, confidence in faces), default=None),
    )

"""The faces of a job's photos, with what was predicted, what people decided, and the final label."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from sqlalchemy import Row, Select, and_, or_, select
from sqlalchemy.orm import Session

from core.database import in_slices
from core.detection.face import SAME_FACE, Probabilities, highest, overlap
from core.labels.final_label import (
    Decided,
    FaceLabels,
    FinalLabel,
    PredictedLabel,
    predicted_label,
    read_decided,
)
from core.predict.found_faces import found_by
from core.predict.options import PredictOptions
from models import DRAWN, Face, Job, Prediction


@dataclass(frozen=True, kw_only=True)
class JobModels:
    """What a job found its faces with."""

    #: The newest last.
    detector_keys: tuple[str, ...]
    classifier_version_id: int | None
    indeterminate_below: float

    @classmethod
    def of(cls, job: Job) -> Self:
        """The models and the threshold of a job; other kinds of jobs have the default threshold."""
        threshold = job.options.get("indeterminate_below", PredictOptions.default_of("indeterminate_below"))
        return cls(
            detector_keys=job.detector_keys,
            classifier_version_id=job.classifier_version_id,
            indeterminate_below=threshold,
        )

    def has_seen(self, face: "JobFace") -> bool:
        """False for a face that only another version has predicted, and that people said nothing about."""
        is_untouched = not face.drawn and face.predicted is None and face.decided is None
        return self.classifier_version_id is None or not is_untouched


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFace:
    """One face; the box is in pixels of the upright full-size photo, x2 and y2 exclusive."""

    face_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    #: The detector's confidence that this is a face, 0 to 1; 1 for a drawn box.
    detector_score: float
    #: Whether a person or a labelled set drew the box.
    drawn: bool
    labels: FaceLabels
    #: Calibrated; empty without a prediction.
    probabilities: Probabilities

    @property
    def final(self) -> FinalLabel:
        """The final label."""
        return self.labels.final

    @property
    def predicted(self) -> PredictedLabel | None:
        """The predicted label; None without a prediction of the job's version."""
        return self.labels.predicted

    @property
    def decided(self) -> Decided | None:
        """What people decided; None for an undecided face."""
        return self.labels.decided

    @property
    def is_found(self) -> bool:
        """Whether the job itself found it: its detector, and its classifier does not take it for no face."""
        return not self.drawn and self.predicted is not PredictedLabel.NOT_A_FACE

    @property
    def confidence(self) -> float | None:
        """Probability of the most probable label; None without a prediction."""
        return highest(self.probabilities) if self.probabilities else None


def read_job_faces(
    session: Session, models: JobModels, photo_ids: Collection[int]
) -> defaultdict[int, list[JobFace]]:
    """All faces of photos by photo id, the detector's first by falling score, then the drawn ones.

    Faces that do not count are among them: those that are not faces, and removed or replaced boxes. A drawn
    box around a detected face is that face: it gives it its decision, and is left out.
    """
    found: defaultdict[int, list[JobFace]] = defaultdict(list)
    for ids in in_slices(set(photo_ids)):
        rows = session.execute(_select_faces(models, ids)).all()
        decided = read_decided(session, [row.id for row in rows])
        for row in rows:
            face = _job_face(row, decided.get(row.id), models.indeterminate_below)
            if models.has_seen(face):
                _add(found[row.photo_id], face)
    return found


def _select_faces(models: JobModels, photo_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    of_version = and_(
        Prediction.face_id == Face.id, Prediction.classifier_version_id == models.classifier_version_id
    )
    return (
        select(
            Face.id,
            Face.photo_id,
            Face.x1,
            Face.y1,
            Face.x2,
            Face.y2,
            Face.score,
            Face.box_state,
            Face.detector_key,
            Prediction.label,
            Prediction.with_mask,
            Prediction.without_mask,
            Prediction.incorrect,
            Prediction.not_a_face,
        )
        .outerjoin(Prediction, of_version)
        .where(
            Face.photo_id.in_(photo_ids),
            or_(found_by(models.detector_keys), Face.detector_key == DRAWN),
        )
        .order_by(Face.photo_id, Face.detector_key == DRAWN, Face.ordinal)
    )


def _job_face(row: Row[*tuple[Any, ...]], decided: Decided | None, indeterminate_below: float) -> JobFace:
    probabilities: Probabilities = () if row.label is None else tuple(row[-4:])
    predicted = (
        predicted_label(row.label, highest(probabilities), indeterminate_below) if probabilities else None
    )
    return JobFace(
        face_id=row.id,
        x1=row.x1,
        y1=row.y1,
        x2=row.x2,
        y2=row.y2,
        detector_score=row.score,
        drawn=row.detector_key == DRAWN,
        labels=FaceLabels(predicted=predicted, decided=decided, box_state=row.box_state),
        probabilities=probabilities,
    )


def _add(faces: list[JobFace], face: JobFace) -> None:
    """Add a face of the photo, unless it is a drawn box around a detected one."""
    if face.drawn and face.final is not FinalLabel.REMOVED:
        for index, other in enumerate(faces):
            if _is_same(face, other):
                faces[index] = _with_newer(other, face.decided)
                return
    faces.append(face)


def _is_same(drawn: JobFace, other: JobFace) -> bool:
    """Whether the drawn box stands for this detected face, which counts by itself or by the box's label."""
    if other.drawn or other.final is FinalLabel.REMOVED or overlap(drawn, other) < SAME_FACE:
        return False
    return _with_newer(other, drawn.decided).final.counts or drawn.final is FinalLabel.NOT_A_FACE


def _with_newer(face: JobFace, decided: Decided | None) -> JobFace:
    """The face with the newer one of its own decision and this one."""
    own = face.decided
    if decided is None or (own is not None and (decided.at is None or (own.at and own.at >= decided.at))):
        return face
    return replace(face, labels=replace(face.labels, decided=decided))

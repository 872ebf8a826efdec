"""The faces of a photo as its page shows them: what was decided, else what the champion says."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.detection.face import SAME_FACE, overlap
from core.labels.decisions import read_labels
from core.labels.shown_label import ShownLabel
from models import DRAWN, BoxState, ClassifierVersion, Extraction, Face, Label, Prediction


@dataclass(frozen=True, kw_only=True)
class PhotoFace:
    """One face; corners in pixels of the upright full-size photo."""

    face_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    #: What a person or an imported set said, None until then.
    decided: Label | None
    #: What the champion says and how surely, None where it has not judged the face.
    predicted: Label | None
    confidence: float | None

    @property
    def said(self) -> Label | None:
        """What counts: a person's word before the classifier's."""
        return self.decided or self.predicted

    @property
    def label(self) -> ShownLabel:
        """The sign of its box."""
        if self.said is None or self.said is Label.NOT_A_FACE:
            return ShownLabel.INDETERMINATE
        return ShownLabel(self.said.value)


def read_faces(session: Session, photo_id: int) -> list[PhotoFace]:
    """Faces of the latest search of the photo that nobody took away, and drawn ones that it did not find."""
    latest = (
        select(Extraction.detector_key)
        .where(Extraction.photo_id == photo_id)
        .order_by(Extraction.id.desc())
        .limit(1)
    )
    faces = session.scalars(
        select(Face)
        .where(
            Face.photo_id == photo_id,
            Face.detector_key.in_({DRAWN, *session.scalars(latest)}),
            Face.box_state.is_(None) | (Face.box_state == BoxState.ACCEPTED),
        )
        .order_by(Face.detector_key == DRAWN, Face.ordinal)
    ).all()
    ids = [face.id for face in faces]
    decided = {face_id: decision.label for face_id, decision in read_labels(session, ids).items()}
    judged = _judged(session, ids)
    shown: list[PhotoFace] = []
    for face in faces:
        drawn = face.detector_key == DRAWN
        if not (drawn and any(overlap(face, other) >= SAME_FACE for other in shown)):
            shown.append(_shown(face, decided.get(face.id), judged.get(face.id)))
    return shown


def _shown(face: Face, decided: Label | None, judged: tuple[Label, float] | None) -> PhotoFace:
    predicted, confidence = judged or (None, None)
    return PhotoFace(
        face_id=face.id,
        x1=face.x1,
        y1=face.y1,
        x2=face.x2,
        y2=face.y2,
        decided=decided,
        predicted=predicted,
        confidence=confidence,
    )


def _judged(session: Session, face_ids: list[int]) -> dict[int, tuple[Label, float]]:
    query = (
        select(Prediction)
        .join(ClassifierVersion, ClassifierVersion.id == Prediction.classifier_version_id)
        .where(Prediction.face_id.in_(face_ids), ClassifierVersion.champion)
    )
    return {
        prediction.face_id: (
            prediction.label,
            max(
                prediction.with_mask,
                prediction.without_mask,
                prediction.incorrect,
                prediction.not_a_face,
            ),
        )
        for prediction in session.scalars(query)
    }

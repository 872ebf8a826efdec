"""The faces of a job's photos: what its detector found and nobody took away, and what people drew."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from core.detection.geometry import SAME_FACE, overlap
from core.labels.decisions import read_labels
from core.predict.options import PredictOptions
from core.results.pages.face import ResultFace, result_face
from models import DRAWN, Face, Job, Prediction, box_stands


def read_result_faces(
    session: Session, job: Job, photo_ids: Collection[int]
) -> defaultdict[int, list[ResultFace]]:
    """Faces by photo id, the detector's first."""
    threshold = PredictOptions.from_json(job.options).indeterminate_below
    rows = session.execute(
        select(Face, Prediction)
        .outerjoin(
            Prediction,
            and_(
                Prediction.face_id == Face.id,
                Prediction.classifier_version_id == job.classifier_version_id,
            ),
        )
        .where(
            Face.photo_id.in_(photo_ids),
            Face.detector_key.in_((job.detector_key, DRAWN)),
            box_stands(),
        )
        .order_by(Face.photo_id, Face.detector_key == DRAWN, Face.ordinal)
    ).all()
    decisions = read_labels(session, [face.id for face, _ in rows])
    found: defaultdict[int, list[ResultFace]] = defaultdict(list)
    for face, prediction in rows:
        decision = decisions.get(face.id)
        shown = result_face(face, prediction, decision.label if decision else None, threshold)
        if shown is not None and not _is_second(shown, found[face.photo_id]):
            found[face.photo_id].append(shown)
    return found


def _is_second(face: ResultFace, before: list[ResultFace]) -> bool:
    """A labelled set may have drawn what the detector found too."""
    return face.drawn and any(not other.drawn and overlap(face, other) >= SAME_FACE for other in before)

"""Read the faces of photos with all that was said of them."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.boxes.face import FaceStanding, PhotoFace
from core.boxes.standing import judge_faces
from core.labels.decisions import read_labels
from models import BoxEdit, BoxEditKind, ClassifierVersion, Decision, Face, Photo, Prediction


def standing_faces(session: Session, photo_ids: Collection[int]) -> dict[int, list[PhotoFace]]:
    """The faces that stand, by photo id: what exports, datasets and detector training take."""
    return {
        photo_id: [face for face, standing in judged if standing is FaceStanding.STANDS]
        for photo_id, judged in judged_faces(session, photo_ids).items()
    }


def judged_faces(
    session: Session, photo_ids: Collection[int]
) -> dict[int, list[tuple[PhotoFace, FaceStanding]]]:
    """Every face of every photo with its standing, by photo id; photos without faces have an empty list."""
    faces = read_faces(session, photo_ids)
    query = select(Photo.id, Photo.boxed_at).where(Photo.id.in_(photo_ids))
    judged = {}
    for photo_id, boxed_at in session.execute(query):
        standings = judge_faces(faces[photo_id], photo_is_boxed=boxed_at is not None)
        judged[photo_id] = [(face, standings[face.face_id]) for face in faces[photo_id]]
    return judged


def read_faces(session: Session, photo_ids: Collection[int]) -> defaultdict[int, list[PhotoFace]]:
    """All faces by photo id, whatever their standing, in the order in which they came to be."""
    rows = session.scalars(select(Face).where(Face.photo_id.in_(photo_ids)).order_by(Face.id)).all()
    ids = [row.id for row in rows]
    labels, predictions = read_labels(session, ids), _predictions(session, ids)
    found: defaultdict[int, list[PhotoFace]] = defaultdict(list)
    for row in rows:
        found[row.photo_id].append(_photo_face(row, labels.get(row.id), predictions.get(row.id)))
    return found


def read_refs(session: Session, faces: Collection[PhotoFace]) -> dict[int, str]:
    """How a page names each face: by the edit that made it, which the page may have sent, else by its id."""
    ids = [face.face_id for face in faces if face.drawn]
    made = select(BoxEdit.face_id, BoxEdit.key).where(
        BoxEdit.face_id.in_(ids), BoxEdit.kind.in_((BoxEditKind.DRAW, BoxEditKind.MOVE))
    )
    keys = {face_id: key for face_id, key in session.execute(made) if face_id is not None}
    return {face.face_id: keys.get(face.face_id, str(face.face_id)) for face in faces}


def _predictions(session: Session, face_ids: Sequence[int]) -> dict[int, Prediction]:
    """The champion's, or else the newest version's."""
    query = (
        select(Prediction)
        .join(ClassifierVersion, ClassifierVersion.id == Prediction.classifier_version_id)
        .where(Prediction.face_id.in_(face_ids))
        .order_by(ClassifierVersion.champion, ClassifierVersion.id)
    )
    return {prediction.face_id: prediction for prediction in session.scalars(query)}


def _photo_face(row: Face, decision: Decision | None, prediction: Prediction | None) -> PhotoFace:
    return PhotoFace(
        face_id=row.id,
        photo_id=row.photo_id,
        detector_key=row.detector_key,
        x1=row.x1,
        y1=row.y1,
        x2=row.x2,
        y2=row.y2,
        score=row.score,
        box_state=row.box_state,
        label=decision.label if decision else None,
        predicted=prediction.label if prediction else None,
        confidence=getattr(prediction, prediction.label.value) if prediction else None,
    )

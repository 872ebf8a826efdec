"""Evaluations: metrics of a version on the test faces of a dataset, and its wrong predictions."""

from core.evaluation.queries import PredictedFace, WrongFaceCursor, get_evaluation, list_wrong_faces
from models import Scope
from web.api_v1.document import api_v1, operation
from web.api_v1.paging import page_of, read_text_cursor, text_cursor
from web.api_v1.schemas.versions import OneEvaluation, TestFace, WrongList, WrongQuery
from web.extension import database


@api_v1.get("/evaluations/<int:evaluation_id>")
@operation(Scope.READ, answer=OneEvaluation, tag="versions")
def read_evaluation(evaluation_id: int) -> OneEvaluation:
    """One evaluation with all its metrics."""
    with database().read() as rows:
        found = get_evaluation(rows, evaluation_id)
        return OneEvaluation.of(found, metrics=found.metrics)


@api_v1.get("/evaluations/<int:evaluation_id>/wrong")
@operation(Scope.READ, answer=WrongList, tag="versions")
def list_wrong_predictions(evaluation_id: int, query: WrongQuery) -> WrongList:
    """The test faces that the version predicts wrongly, worst first."""
    with database().read() as rows:
        of = get_evaluation(rows, evaluation_id)
        found = list_wrong_faces(
            rows,
            of.classifier_version_id,
            of.dataset_id,
            label=query.label,
            predicted=query.predicted,
            after=read_text_cursor(query.after, _place),
            limit=query.limit + 1,
        )
    shown, following = page_of(found, query.limit, _cursor)
    return WrongList(faces=[TestFace.of(face) for face in shown], next=following)


def _cursor(face: PredictedFace) -> str:
    return text_cursor(face.truth_probability.hex(), str(face.face_id))


def _place(probability: str, face_id: str) -> WrongFaceCursor:
    return WrongFaceCursor(truth_probability=float.fromhex(probability), face_id=int(face_id[:19]))

"""Faces of jobs, one face with its decisions, its crop."""

from flask import Response

from core.accounts import list_accounts
from core.jobs.queries import get_job
from core.labels.final_label import read_decided
from core.results.pages.faces import FacePlace, list_faces
from core.review.answers.one_face import answer_face
from core.review.queries import read_face_history
from models import Scope
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.paging import read_text_cursor, text_cursor
from web.api_v1.schemas.base import Asked
from web.api_v1.schemas.faces import (
    DecisionRequest,
    FaceDecision,
    FaceDecisions,
    FaceQuery,
    JobFaceAnswer,
    JobFaceList,
    OneFace,
)
from web.extension import database
from web.faces.views import crop
from web.numbers import LARGEST


class CropQuery(Asked):
    """The size of a crop."""

    side: int = 224


@api_v1.get("/jobs/<int:job_id>/faces")
@operation(Scope.READ, answer=JobFaceList, tag="faces", errors=(410,))
def list_job_faces(job_id: int, query: FaceQuery) -> JobFaceList:
    """The faces of a job with their three labels, in the order of its photos; every page costs the same.

    Where few faces match, a page may be short or empty although more follow: `next` tells.
    """
    after = read_text_cursor(query.after, _place)
    with database().read() as rows:
        page = list_faces(rows, get_job(rows, job_id), query.filter, after=after, limit=query.limit)
    following = page.next and text_cursor(str(page.next.position), str(page.next.passed))
    return JobFaceList(faces=[JobFaceAnswer.of_listed(face) for face in page.faces], next=following)


@api_v1.get("/faces/<int:face_id>")
@operation(Scope.READ, answer=OneFace, tag="faces")
def read_face(face_id: int) -> OneFace:
    """One face with what every version says about it, and what people decided."""
    with database().read() as rows:
        return OneFace.of(read_face_history(rows, face_id), read_decided(rows, [face_id]).get(face_id))


@api_v1.get("/faces/<int:face_id>/crop")
@operation(Scope.READ, Scope.REVIEW, tag="faces", media="image/jpeg", errors=(410,))
def download_crop(face_id: int, query: CropQuery) -> Response:
    """A square JPEG around the face; `side` is 112, 224 or 448 pixels."""
    return crop(face_id)


@api_v1.get("/faces/<int:face_id>/decisions")
@operation(Scope.READ, answer=FaceDecisions, tag="faces")
def list_face_decisions(face_id: int) -> FaceDecisions:
    """The newest decisions about a face, at most 50, newest first; decisions are only added."""
    with database().read() as rows:
        history = read_face_history(rows, face_id)
        names = {account.id: account.name for account in list_accounts(rows)}
        decided = read_decided(rows, [face_id]).get(face_id)
    return FaceDecisions(
        decided=decided.label if decided else None,
        decisions=[FaceDecision.of(each, names.get(each.account_id or 0)) for each in history.decisions],
    )


@api_v1.post("/faces/<int:face_id>/decisions")
@operation(Scope.REVIEW, answer=FaceDecision, status=201, tag="faces")
def decide_one_face(face_id: int, json: DecisionRequest) -> Answered:
    """Decide a face, or undo the caller's decision; a lead's decision settles a conflict."""
    account = caller().account
    with database().write() as rows:
        answer_face(rows, face_id, json.label, account, queue="api", milliseconds=json.milliseconds)
        made = read_face_history(rows, face_id).decisions
        newest = next(each for each in made if each.account_id == account.id)
        return FaceDecision.of(newest, account.name), 201


def _place(position: str, passed: str) -> FacePlace:
    place = FacePlace(position=int(position), passed=int(passed))
    if not (0 <= place.position <= LARGEST and 0 <= place.passed <= LARGEST):
        raise ValueError("no place of a face")
    return place

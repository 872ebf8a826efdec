"""Face detectors that were trained here: list, read, download, evaluate, promote, roll back."""

from io import BytesIO

from flask import Response, send_file
from sqlalchemy.orm import Session

from core.detectors.job_kind import request_detector_evaluation
from core.errors import InputError
from core.versions.detectors.queries import (
    check_detector,
    check_detector_file,
    get_detector,
    get_detector_promotion,
    list_detectors,
    read_detector_history,
)
from core.versions.detectors.store import promote_detector, roll_detector_back
from core.versions.files import version_files
from models import DetectorVersion, PromotionKind, Scope
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.paging import cursor_of, page_of, read_cursor
from web.api_v1.schemas.base import ListQuery
from web.api_v1.schemas.detectors import (
    Detector,
    DetectorList,
    DetectorPromotion,
    DetectorPromotionList,
    OneDetector,
)
from web.api_v1.schemas.jobs import JobAnswer
from web.api_v1.schemas.versions import PromotionRequest
from web.api_v1.starting import create_once, created_job
from web.extension import database, settings

_BINARY = "application/octet-stream"


@api_v1.get("/detectors")
@operation(Scope.READ, answer=DetectorList, tag="versions")
def list_all_detectors(query: ListQuery) -> DetectorList:
    """Trained face detectors, newest first; where none is the champion, the installed one is in use."""
    with database().read() as rows:
        found = list_detectors(rows, before_id=read_cursor(query.after), limit=query.limit + 1)
        shown, following = page_of(found, query.limit, lambda version: cursor_of(version.id))
        return DetectorList(detectors=[Detector.of(version) for version in shown], next=following)


@api_v1.get("/detectors/<int:version_id>")
@operation(Scope.READ, answer=OneDetector, tag="versions")
def read_detector(version_id: int) -> OneDetector:
    """One detector with its card, its metrics beside those of the detector in use, and the gate."""
    with database().read() as rows:
        return _answer_one(rows, get_detector(rows, version_id))


@api_v1.get("/detectors/promotions")
@operation(Scope.READ, answer=DetectorPromotionList, tag="versions")
def list_detector_promotions() -> DetectorPromotionList:
    """The history of the detector in use: the latest promotions, newest first."""
    with database().read() as rows:
        return DetectorPromotionList(
            promotions=[DetectorPromotion.of(entry) for entry in read_detector_history(rows)]
        )


@api_v1.get("/detectors/<int:version_id>/file")
@operation(Scope.READ, tag="versions", media=_BINARY)
def download_detector_file(version_id: int) -> Response:
    """The ONNX file of a detector, whose hash is checked first and is its ETag; ranges are answered."""
    with database().read() as rows:
        version = get_detector(rows, version_id)
        file = version_files(settings()).path(version.sha256).read_bytes()
    return send_file(
        BytesIO(file),
        mimetype=_BINARY,
        as_attachment=True,
        download_name=f"{version.name}.onnx",
        etag=version.sha256,
        max_age=0,
    )


@api_v1.post("/detectors/<int:version_id>/evaluate")
@operation(Scope.SUBMIT, answer=JobAnswer, status=202, tag="versions", repeatable=True)
def evaluate_one_detector(version_id: int) -> Answered:
    """Measure a detector and the one in use on the boxed photos that are held back."""
    account_id = caller().account.id
    return created_job(lambda rows: request_detector_evaluation(rows, version_id, account_id=account_id))


@api_v1.post("/detectors/<int:version_id>/promote")
@operation(Scope.ADMIN, answer=OneDetector, tag="versions", errors=(409,))
def promote_one_detector(version_id: int, json: PromotionRequest) -> OneDetector:
    """Let a detector that passes the gate find the faces of new jobs; running jobs keep theirs."""
    with database().write() as rows:
        check_detector_file(rows, version_files(settings()), version_id)
        promote_detector(
            rows,
            settings(),
            version_id,
            kind=PromotionKind.OVERRULED if json.overrule else PromotionKind.PERSON,
            account_id=caller().account.id,
            reason=json.reason,
            margin=settings().gate_margin,
        )
        return _answer_one(rows, get_detector(rows, version_id))


@api_v1.post("/detectors/rollback")
@operation(Scope.ADMIN, answer=DetectorPromotion, tag="versions", errors=(409,), repeatable=True)
def roll_back_detector() -> DetectorPromotion:
    """Let the detector before this one find the faces again, or the installed one.

    Sent again with the same `Idempotency-Key`, it goes back no further.
    """
    account_id = caller().account.id

    def answer(rows: Session, promotion_id: int) -> DetectorPromotion:
        return DetectorPromotion.of(get_detector_promotion(rows, promotion_id))

    return create_once(
        lambda rows: roll_detector_back(rows, account_id=account_id).id,
        answer,
        answer,
        number=lambda promotion_id: promotion_id,
    )


def _answer_one(rows: Session, version: DetectorVersion) -> OneDetector:
    try:
        gate = check_detector(rows, settings(), version, margin=settings().gate_margin)[1]
    except InputError:
        gate = None
    return OneDetector.of_one(version, None if version.champion else gate)

"""Classifier versions: list, read, download, compare, evaluate, promote, roll back."""

from flask import Response, send_file
from sqlalchemy.orm import Session

from core.datasets.queries import find_golden_dataset
from core.errors import InputError
from core.evaluation.job_kind import request_evaluation_beside_champion
from core.evaluation.queries import (
    compare_versions,
    find_comparison,
    find_evaluation,
    list_changed_faces,
    list_evaluations,
)
from core.evaluation.store import promote_by_person
from core.versions.files import version_files
from core.versions.queries import (
    check_predicting_file,
    file_path,
    get_version,
    list_files,
    list_versions,
    read_champion,
    read_history,
)
from core.versions.store import roll_back
from models import ClassifierVersion, Scope, VersionFileKind
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.paging import cursor_of, page_of, read_cursor
from web.api_v1.schemas.base import ListQuery
from web.api_v1.schemas.jobs import JobAnswer
from web.api_v1.schemas.versions import (
    CompareQuery,
    Evaluation,
    EvaluationList,
    EvaluationRequest,
    Gate,
    OneVersion,
    Promotion,
    PromotionList,
    PromotionRequest,
    TestFace,
    Version,
    VersionComparison,
    VersionFile,
    VersionList,
)
from web.api_v1.starting import create_once, created_job
from web.extension import database, settings
from web.versions.leaving import send_version_zip

_BINARY = "application/octet-stream"


@api_v1.get("/versions")
@operation(Scope.READ, answer=VersionList, tag="versions")
def list_all_versions(query: ListQuery) -> VersionList:
    """Classifier versions, newest first."""
    with database().read() as rows:
        found = list_versions(rows, before_id=read_cursor(query.after), limit=query.limit + 1)
        shown, following = page_of(found, query.limit, lambda version: cursor_of(version.id))
        return VersionList(versions=[_answer(rows, version) for version in shown], next=following)


@api_v1.get("/versions/<int:version_id>")
@operation(Scope.READ, answer=OneVersion, tag="versions")
def read_version(version_id: int) -> OneVersion:
    """One version with its card, files, evaluations and the gate."""
    with database().read() as rows:
        return _answer_one(rows, get_version(rows, version_id))


@api_v1.get("/versions/champion")
@operation(Scope.READ, answer=OneVersion, tag="versions")
def read_current_champion() -> OneVersion:
    """The version that new jobs predict with."""
    with database().read() as rows:
        return _answer_one(rows, read_champion(rows))


@api_v1.get("/versions/<int:version_id>/files/<kind>")
@operation(Scope.READ, tag="versions", media=_BINARY)
def download_version_file(version_id: int, kind: str) -> Response:
    """A file of a version, whose hash is checked first and is its ETag; ranges are answered."""
    with database().read() as rows:
        found = next((file for file in list_files(rows, version_id) if file.kind.value == kind), None)
        version = get_version(rows, version_id)
        if found is None:
            raise InputError("file_not_found", f"Version {version_id} has no file of the kind {kind!r}.")
        path = file_path(rows, version_files(settings()), version_id, VersionFileKind(kind))
    return send_file(
        path,
        mimetype=_BINARY,
        as_attachment=True,
        download_name=f"{version.name}-{found.name}",
        etag=found.sha256,
        max_age=0,
    )


@api_v1.get("/versions/<int:version_id>/export")
@operation(Scope.READ, tag="versions", media="application/zip")
def export_version(version_id: int) -> Response:
    """A zip of the files that other programs can use, with a README that has an example for each format."""
    return send_version_zip(version_id)


@api_v1.get("/versions/<int:version_id>/evaluations")
@operation(Scope.READ, answer=EvaluationList, tag="versions")
def list_version_evaluations(version_id: int) -> EvaluationList:
    """All evaluations of a version, newest dataset first."""
    with database().read() as rows:
        get_version(rows, version_id)
        return EvaluationList(
            evaluations=[Evaluation.of(each) for each in list_evaluations(rows, version_id)]
        )


@api_v1.get("/versions/<int:version_id>/compare/<int:other_id>")
@operation(Scope.READ, answer=VersionComparison, tag="versions")
def compare_two_versions(version_id: int, other_id: int, query: CompareQuery) -> VersionComparison:
    """Two versions on the test faces of a dataset: the gate for the second, the faces gained and lost."""
    with database().read() as rows:
        for each in (version_id, other_id):
            get_version(rows, each)
        margin, pair = settings().gate_margin, (version_id, other_id, query.dataset)
        return VersionComparison(
            gate=Gate.of(compare_versions(rows, *pair, margin=margin)),
            gained=_changed(rows, pair, gained=True, limit=query.limit),
            lost=_changed(rows, pair, gained=False, limit=query.limit),
        )


@api_v1.post("/versions/<int:version_id>/evaluate")
@operation(Scope.SUBMIT, answer=JobAnswer, status=202, tag="versions", repeatable=True)
def evaluate_version(version_id: int, json: EvaluationRequest) -> Answered:
    """Evaluate a version and the champion on the test faces of a dataset."""
    account_id = caller().account.id
    return created_job(
        lambda rows: request_evaluation_beside_champion(rows, json.dataset, version_id, account_id=account_id)
    )


@api_v1.post("/versions/<int:version_id>/promote")
@operation(Scope.ADMIN, answer=OneVersion, tag="versions", errors=(409,))
def promote_version(version_id: int, json: PromotionRequest) -> OneVersion:
    """Make a version that passes the gate the champion; running jobs keep their version."""
    with database().write() as rows:
        check_predicting_file(rows, version_files(settings()), version_id)
        promote_by_person(
            rows,
            version_id,
            overrule=json.overrule,
            account_id=caller().account.id,
            reason=json.reason,
            margin=settings().gate_margin,
        )
        return _answer_one(rows, get_version(rows, version_id))


@api_v1.post("/versions/rollback")
@operation(Scope.ADMIN, answer=OneVersion, tag="versions", errors=(409,), repeatable=True)
def roll_champion_back() -> OneVersion:
    """Make the previous champion the champion again.

    Sent again with the same `Idempotency-Key`, it goes back no further.
    """
    account_id = caller().account.id

    def answer(rows: Session, version_id: int) -> OneVersion:
        return _answer_one(rows, get_version(rows, version_id))

    return create_once(
        lambda rows: roll_back(rows, account_id=account_id).classifier_version_id,
        answer,
        answer,
        number=lambda version_id: version_id,
    )


@api_v1.get("/promotions")
@operation(Scope.READ, answer=PromotionList, tag="versions")
def list_latest_promotions() -> PromotionList:
    """The history of the champion: the latest promotions, newest first."""
    with database().read() as rows:
        return PromotionList(promotions=[Promotion.of(entry) for entry in read_history(rows)])


def _answer(rows: Session, version: ClassifierVersion) -> Version:
    golden = find_golden_dataset(rows)
    return Version.of(version, find_evaluation(rows, version.id, golden.id) if golden else None)


def _answer_one(rows: Session, version: ClassifierVersion) -> OneVersion:
    golden = find_golden_dataset(rows)
    compared = find_comparison(rows, version, golden, margin=settings().gate_margin)
    return OneVersion.of(
        version,
        find_evaluation(rows, version.id, golden.id) if golden else None,
        card=version.card,
        files=[VersionFile.of(file) for file in list_files(rows, version.id)],
        evaluations=[Evaluation.of(each) for each in list_evaluations(rows, version.id)],
        gate=None if compared is None else Gate.of(compared),
    )


def _changed(rows: Session, pair: tuple[int, int, int], *, gained: bool, limit: int) -> list[TestFace]:
    return [TestFace.of(face) for face, _ in list_changed_faces(rows, *pair, gained=gained, limit=limit)]

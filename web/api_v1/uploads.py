"""Uploads of files by the tus protocol, for jobs that read them."""

from flask import url_for
from sqlalchemy.orm import Session

from core.library.files.skipping import SkippedNames
from core.library.resumable.store import list_files
from core.library.uploads import get_upload_by_id, open_upload, require_space
from models import Scope, Upload
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.paging import cursor_of, read_cursor
from web.api_v1.schemas.base import ListQuery
from web.api_v1.schemas.uploads import UploadAnswer, UploadedFile, UploadedFileList, UploadRequest
from web.api_v1.starting import create_once
from web.extension import database, settings
from web.tus import operations
from web.tus.headers import CONTENT_TYPE, VERSION, speaks_tus
from web.tus.receiving import UploadPlace

_VERSION = {"Tus-Resumable": f"`{VERSION}`"}
_CREATION = _VERSION | {
    "Upload-Length": "Bytes of the file.",
    "Upload-Metadata": "`filename`, with folders, and `number`, 0, 1, 2 …, each with base64.",
}
_OFFSET = _VERSION | {"Upload-Offset": "Bytes that have arrived."}


@api_v1.post("/uploads")
@operation(Scope.SUBMIT, answer=UploadAnswer, status=201, tag="uploads", errors=(410, 507), repeatable=True)
def create_upload(json: UploadRequest) -> Answered:
    """Open an upload; its files follow, then a job with its number as `upload_id`.

    With an `Idempotency-Key` the request can be sent again within a day.
    """
    skipped = SkippedNames.from_json(json.skipped.model_dump()) if json.skipped else None
    require_space(settings(), 0)
    account_id = caller().account.id
    answer = create_once(
        lambda rows: open_upload(rows, account_id, skipped),
        lambda _rows, upload: UploadAnswer.of(upload),
        lambda rows, made: UploadAnswer.of(_find(rows, made)),
        number=lambda upload: upload.id,
    )
    return answer, 201, {"Location": url_for("api_v1.read_upload", upload_id=answer.id)}


@api_v1.get("/uploads/<int:upload_id>")
@operation(Scope.SUBMIT, answer=UploadAnswer, tag="uploads", errors=(410,))
def read_upload(upload_id: int) -> UploadAnswer:
    """One upload of the caller's account."""
    with database().read() as rows:
        return UploadAnswer.of(_find(rows, upload_id))


@api_v1.get("/uploads/<int:upload_id>/files")
@operation(Scope.SUBMIT, answer=UploadedFileList, tag="uploads", errors=(410,))
@speaks_tus
def list_upload_files(upload_id: int, query: ListQuery) -> UploadedFileList:
    """The files of an upload by number, also those that have not arrived completely."""
    after = read_cursor(query.after)
    with database().read() as rows:
        upload = _find(rows, upload_id)
        found = list_files(rows, upload, after=-1 if after is None else after, limit=query.limit + 1)
    shown = found[: query.limit]
    return UploadedFileList(
        files=[UploadedFile.of(file) for file in shown],
        next=cursor_of(shown[-1].ordinal) if len(found) > query.limit else None,
    )


@api_v1.post("/uploads/<int:upload_id>/files")
@operation(
    Scope.SUBMIT,
    status=201,
    tag="uploads",
    errors=(409, 410, 412, 423, 507),
    body=CONTENT_TYPE,
    headers=_CREATION,
)
@speaks_tus
def create_upload_file(upload_id: int) -> Answered:
    """Begin a file (tus creation), and take its first bytes or all of them. `Location` is its address.

    The same `number`, name and length again are the same file. A photo that is too large is refused, 413, and
    the report of the job shows it as failed; delete it if the job is not to know of it.
    """
    return operations.create(_place(upload_id))


@api_v1.get("/uploads/<int:upload_id>/files/<int:number>")
@operation(Scope.SUBMIT, answer=UploadedFile, tag="uploads", errors=(410, 412), headers=_VERSION)
@speaks_tus
def read_upload_file(upload_id: int, number: int) -> Answered:
    """One file; HEAD tells by `Upload-Offset` how much of it has arrived."""
    file, headers = operations.look(_place(upload_id), number)
    return UploadedFile.of(file), 200, headers


@api_v1.patch("/uploads/<int:upload_id>/files/<int:number>")
@operation(
    Scope.SUBMIT,
    status=204,
    tag="uploads",
    errors=(409, 410, 412, 423, 507),
    body=CONTENT_TYPE,
    headers=_OFFSET,
)
@speaks_tus
def append_to_upload_file(upload_id: int, number: int) -> Answered:
    """Send the bytes behind those that have arrived; of two requests at once one is refused, 423."""
    return operations.append(_place(upload_id), number)


@api_v1.delete("/uploads/<int:upload_id>/files/<int:number>")
@operation(Scope.SUBMIT, status=204, tag="uploads", errors=(409, 410, 412, 423), headers=_VERSION)
@speaks_tus
def delete_upload_file(upload_id: int, number: int) -> Answered:
    """Delete a file of an upload that no job reads yet."""
    return operations.end(_place(upload_id), number)


def _find(rows: Session, upload_id: int) -> Upload:
    return get_upload_by_id(rows, upload_id, caller().account.id)


def _place(upload_id: int) -> UploadPlace:
    return UploadPlace(
        find=lambda rows: _find(rows, upload_id),
        address=lambda number: url_for("api_v1.read_upload_file", upload_id=upload_id, number=number),
    )

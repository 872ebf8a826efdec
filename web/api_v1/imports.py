"""Imports of labelled sets: look at one, read what became of it, import it again with other meanings.

A job of the kind `import` imports one.
"""

from core.datasets.importing.job_kind import IMPORT, request_import_again
from core.datasets.importing.labelling import open_labels
from core.datasets.importing.preview import preview_set
from core.datasets.importing.queries import count_decisions, count_failed_photos, read_summary
from core.errors import InputError
from core.jobs.queries import get_job
from core.library.files.bucket import check_place
from core.library.files.store import photo_store
from core.library.uploads import get_upload_by_id, require_complete
from core.predict.listing.store import read_upload_files
from core.storage.inputs import input_buckets
from models import Scope
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.schemas.imports import ImportAgain, ImportPreview, ImportPreviewRequest, ImportResult
from web.api_v1.schemas.jobs import JobAnswer
from web.api_v1.starting import created_job
from web.extension import database, settings

#: After that, a preview is of the first photos only.
_PREVIEW_SECONDS = 10.0


@api_v1.post("/imports/preview")
@operation(Scope.SUBMIT, answer=ImportPreview, tag="datasets", errors=(409, 410))
def preview_import(json: ImportPreviewRequest) -> ImportPreview:
    """What a labelled set holds and how it would be read; of a large set, what its first photos tell."""
    options = json.options
    files = []
    if options.upload_id is not None:
        with database().read() as rows:
            upload = get_upload_by_id(rows, options.upload_id, caller().account.id)
            require_complete(rows, upload.id)
            files = read_upload_files(rows, upload.id)
    if options.folder is not None:
        place = check_place(options.folder, settings().roots, input_buckets(settings()))
        options = options.with_changes(folder=place)
    labels = open_labels(
        options,
        files,
        store=photo_store(settings()),
        roots=settings().roots,
        buckets=input_buckets(settings()),
    )
    return ImportPreview.of(preview_set(labels, seconds=_PREVIEW_SECONDS))


@api_v1.get("/jobs/<int:job_id>/import")
@operation(Scope.READ, answer=ImportResult, tag="datasets", errors=(410,))
def read_import(job_id: int) -> ImportResult:
    """What an import has written and left out, with the words of its set."""
    with database().read() as rows:
        if get_job(rows, job_id).kind != IMPORT.name:
            raise InputError("import_not_found", f"There is no import job {job_id}.")
        return ImportResult.of(
            read_summary(rows, job_id), count_decisions(rows, job_id), count_failed_photos(rows, job_id)
        )


@api_v1.post("/jobs/<int:job_id>/import/again")
@operation(Scope.SUBMIT, answer=JobAnswer, status=202, tag="datasets", errors=(409, 410), repeatable=True)
def import_set_again(job_id: int, json: ImportAgain) -> Answered:
    """Import the set of a job again, with these meanings of its words; what is imported stays as it is."""
    meanings, account_id = json.meanings, caller().account.id
    return created_job(
        lambda rows: request_import_again(rows, job_id, meanings, account_id=account_id, settings=settings())
    )

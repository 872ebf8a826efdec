"""Import jobs: import the photos of a labelled set, their faces, and its labels as decisions."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field
from sqlalchemy.orm import Session

from core.jobs.kinds import JobKind, JobRequest, Stage
from core.jobs.request import add_job
from core.predict.job_kind import LIST_STAGE, check_input, check_input_again, check_input_recurs
from core.predict.options import InputOptions, PredictOptions
from core.settings import Settings
from models import Job

IMPORT_STAGE = Stage(name="import", activity="Importing labels")


class ImportOptions(InputOptions):
    """Input of an import job: the folder or the upload with the labelled set, and how to read it."""

    all_faces_boxed: bool = Field(
        False,
        description="Whether all faces of the annotated photos have a box, so that other detections of a low "
        "score are not faces.",
    )

    @property
    def input(self) -> PredictOptions:
        """The input as options of a predict job, whose code lists and reads the photos."""
        return PredictOptions(folder=self.folder, upload_id=self.upload_id)


def request_import(
    session: Session,
    options: ImportOptions,
    *,
    account_id: int | None,
    roots: Sequence[Path],
    title: str = "",
) -> Job:
    """Write an import job; the caller commits, then wakes the workers. Raises as `request_predict` does."""
    options, default_title = check_input(session, options, roots)
    title = title.strip() or f"Import of {default_title}"
    return add_job(session, IMPORT, options, title=title, account_id=account_id)


def _start(session: Session, options: ImportOptions, request: JobRequest, settings: Settings) -> Job:
    check_input_again(session, options, settings)
    return request_import(
        session, options, account_id=request.account_id, roots=settings.roots, title=request.title
    )


def _empty_result(job: Job) -> str:
    if job.photos_found and not job.photos_done:
        return "no photo could be imported"
    labels = job.faces_with_mask + job.faces_without_mask + job.faces_incorrect
    return "" if labels else "no face was labelled"


IMPORT = JobKind(
    name="import",
    title="Import of a labelled set",
    options=ImportOptions,
    stages=(LIST_STAGE, IMPORT_STAGE),
    start=_start,
    check_recurring=check_input_recurs,
    empty_result=_empty_result,
    keeps_refused_files=lambda options: not options.is_upload,
).declare()

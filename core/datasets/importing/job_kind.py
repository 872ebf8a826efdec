"""Import jobs: import the photos of a labelled set, their faces, and its labels as decisions."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator
from sqlalchemy.orm import Session

from core.datasets.importing.formats.record import SetFormat
from core.errors import InputError
from core.jobs.kinds import JobKind, JobRequest, Stage, photos_left
from core.jobs.queries import get_job
from core.jobs.request import add_job
from core.labels.label_words import MEANINGS, LabelWords, OtherWord, parse_meaning
from core.library.files.bucket import NO_BUCKETS
from core.predict.job_kind import LIST_STAGE, check_input, check_input_again, check_input_recurs
from core.predict.options import InputOptions, PredictOptions
from core.settings import Settings
from core.storage.inputs import InputBuckets, input_buckets
from models import Job, JobState, Label

IMPORT_STAGE = Stage(name="import", activity="Importing labels")


class ImportOptions(InputOptions):
    """Input of an import job: the folder or the upload with the labelled set, and how to read it."""

    all_faces_boxed: bool = Field(
        False,
        description="Whether all faces of the annotated photos have a box, so that other detections of a low "
        "score are not faces.",
    )

    labels: dict[str, str] = Field(
        default_factory=dict,
        title="words",
        description="What words of the set mean: the value of a label, `unlabelled` or `ignore`, by word.",
    )

    format: SetFormat | None = Field(
        None, description="The format of the set; by default it is recognised by its files."
    )

    keep_splits: bool = Field(
        False,
        description="Whether datasets keep the train, validation and test photos that the set says. A group "
        "of near-duplicates is never divided.",
    )

    @field_validator("labels")
    @classmethod
    def _check_meanings(cls, labels: dict[str, str]) -> dict[str, str]:
        """Raises InputError label_word_invalid."""
        return {word: parse_meaning(word, meaning).value for word, meaning in labels.items()}

    @property
    def words(self) -> LabelWords:
        """Reads the words of the set."""
        return LabelWords({word: MEANINGS[meaning] for word, meaning in self.labels.items()})

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
    buckets: InputBuckets = NO_BUCKETS,
    title: str = "",
) -> Job:
    """Write an import job; the caller commits, then wakes the workers. Raises as `request_predict` does."""
    options, default_title = check_input(session, options, roots, buckets)
    title = title.strip() or f"Import of {default_title}"
    return add_job(session, IMPORT, options, title=title, account_id=account_id)


def request_import_again(
    session: Session,
    job_id: int,
    labels: Mapping[str, Label | OtherWord],
    *,
    account_id: int | None,
    settings: Settings,
) -> Job:
    """Request the import of the same set, with these meanings of words besides those of the earlier job.

    Labels that are imported already stay as they are. Raises InputError import_not_found, import_not_ended,
    job_deleted, upload_files_missing, and as `request_import` does.
    """
    job = session.get(Job, job_id)
    if job is None or job.kind != IMPORT.name:
        raise InputError("import_not_found", f"There is no import job {job_id}.")
    get_job(session, job_id)
    if job.state not in (JobState.DONE, JobState.CANCELLED, JobState.FAILED):
        raise InputError("import_not_ended", "This import has not ended yet.")
    options = IMPORT.options_of(job)
    changed = options.with_changes(labels={**options.labels, **labels})
    check_input_again(session, changed, settings, account_id=account_id)
    places: dict[str, Any] = {"roots": settings.roots, "buckets": input_buckets(settings)}
    return request_import(session, changed, account_id=account_id, title=job.title, **places)


def _start(session: Session, options: ImportOptions, request: JobRequest, settings: Settings) -> Job:
    check_input_again(session, options, settings, account_id=request.account_id)
    return request_import(
        session,
        options,
        account_id=request.account_id,
        roots=settings.roots,
        buckets=input_buckets(settings),
        title=request.title,
    )


def _empty_result(job: Job) -> str:
    if not photos_left(job):
        return ""
    if not job.photos_done:
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

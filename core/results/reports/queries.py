"""Read the job of a report, and its files with their faces, slice by slice."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.library.credits import Credit
from core.library.files.skipping import SkippedNames
from core.library.queries import read_credits
from core.predict.job_faces import JobFace, JobModels, read_job_faces
from core.predict.options import PredictOptions
from core.predict.report_stage import report_files
from core.results.reports.rows import ClassifierView, FaceRow, JobCounts, JobView, PhotoRow, report_row
from core.settings import Settings
from models import Report, ReportFormat, ReportState
from models.account import Account
from models.classifier_version import ClassifierVersion
from models.job import Job
from models.job_photo import JobPhoto, JobPhotoState
from models.photo import Photo

#: Photos read and held in memory at a time.
SLICE_PHOTOS = 1000


def get_reports(session: Session, report_ids: Sequence[int]) -> list[Report]:
    """The rows of report files, in the order of the formats."""
    found = session.scalars(select(Report).where(Report.id.in_(report_ids)))
    return sorted(found, key=lambda report: list(ReportFormat).index(report.format))


def read_newest_reports(
    session: Session, job_id: int, formats: Collection[ReportFormat] = tuple(ReportFormat)
) -> dict[ReportFormat, Report]:
    """The newest file of each format that is written, in the order of the formats."""
    ready = [report for report in list_reports(session, job_id) if report.state is ReportState.READY]
    newest = {report.format: report for report in sorted(ready, key=lambda report: report.number)}
    return {fmt: newest[fmt] for fmt in ReportFormat if fmt in newest and fmt in formats}


def list_reports(session: Session, job_id: int) -> list[Report]:
    """Report files of a job in order of request, those that were written again too."""
    return list(session.scalars(select(Report).where(Report.job_id == job_id).order_by(Report.id)))


def get_ready_report(session: Session, job_id: int, name: str, number: int | None = None) -> Report:
    """One writing of a file of a job, the newest one without a number; InputError report_not_found."""
    ready = [
        report
        for report in list_reports(session, job_id)
        if report.state is ReportState.READY and report.path
    ]
    found = [
        report
        for report in ready
        if report.format.value == name and report.number == (report.number if number is None else number)
    ]
    if not found:
        names = ", ".join(fmt.value for fmt in ReportFormat if any(fmt is each.format for each in ready))
        has = f"It has: {names}." if names else "None of its reports is ready yet."
        which = "" if number is None else f" of number {number}"
        raise InputError(
            "report_not_found", f"Job {job_id} has no report {name!r}{which} that is ready. {has}"
        )
    return max(found, key=lambda report: report.number)


def stored_report(report: Report, settings: Settings) -> Path:
    """The path of a report's file on this host; InputError report_not_found."""
    files = report_files(settings)
    folder = files.folder.resolve()
    missing = InputError("report_not_found", "The report's file is missing from the data folder.")
    if not (folder / (report.path or "")).resolve().is_relative_to(folder):
        raise missing
    try:
        path = files.local(report.path or "", report.sha256)
    except FileNotFoundError as error:
        raise missing from error
    if not path.is_file():
        raise missing
    return path.resolve()


def read_job_view(session: Session, job: Job, *, names_people: bool = False) -> JobView:
    """Read the job as the report describes it; `names_people`: with the names of those who decided."""
    options = PredictOptions.from_json(job.options)
    account = session.get(Account, job.account_id) if job.account_id is not None else None
    return JobView(
        job_id=job.id,
        title=job.title or f"Job {job.id}",
        folder=options.folder,
        started_by=account.name if account is not None else None,
        created_at=job.created_at,
        started_at=job.started_at,
        read_at=read_clock(session),
        classifier=_classifier(session, job),
        detector_key=job.detector_key,
        smallest_face=options.smallest_face,
        indeterminate_below=options.indeterminate_below,
        files_ignored=job.files_ignored,
        skipped=SkippedNames.from_json(job.files_skipped or {}),
        counts=JobCounts.of_job(job),
        leave_out_hidden=options.leave_out_hidden,
        names_people=names_people,
        selection=options.selection,
    )


def iterate_photo_rows(
    session: Session, job: Job, *, names_people: bool = False, slice_photos: int = SLICE_PHOTOS
) -> Iterator[PhotoRow]:
    """Every file of the job by position; memory holds one slice at a time.

    Labels and counts are calculated from predictions and decisions, not from the stored counters.
    """
    position = -1
    while rows := read_photo_rows(
        session, job, after=position, limit=slice_photos, names_people=names_people
    ):
        yield from rows
        position = rows[-1].position


def read_photo_rows(
    session: Session, job: Job, *, after: int, limit: int, names_people: bool = False
) -> list[PhotoRow]:
    """Up to `limit` files of the job after a position, -1 for the first ones; empty at the end."""
    options, models = PredictOptions.from_json(job.options), JobModels.of(job)
    files = session.execute(_files_after(job.id, after, limit)).all()
    ids = [file.photo_id for file in files if file.photo_id is not None]
    faces = _read_face_rows(session, models, ids, names_people=names_people)
    credits = read_credits(session, ids)
    rows = []
    for file in files:
        of_file = faces.get(file.photo_id, ()) if file.state is JobPhotoState.DONE else ()
        rows.append(_photo_row(file, options.place_of(file.name), of_file, credits.get(file.photo_id or 0)))
    return rows


def _read_face_rows(
    session: Session, models: JobModels, photo_ids: Sequence[int], *, names_people: bool
) -> dict[int, tuple[FaceRow, ...]]:
    """The rows of faces by photo id."""
    found = read_job_faces(session, models, photo_ids)
    names = _read_names(session, chain.from_iterable(found.values())) if names_people else {}
    rows = {photo_id: (report_row(face, names) for face in faces) for photo_id, faces in found.items()}
    return {photo_id: tuple(row for row in of_photo if row) for photo_id, of_photo in rows.items()}


def _files_after(job_id: int, position: int, limit: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            JobPhoto.position,
            JobPhoto.name,
            JobPhoto.locator,
            JobPhoto.state,
            JobPhoto.photo_id,
            JobPhoto.error_code,
            JobPhoto.error_message,
            Photo.sha256,
            Photo.width,
            Photo.height,
            Photo.format,
            Photo.frames,
            Photo.notes,
            Photo.hidden,
        )
        .outerjoin(Photo, Photo.id == JobPhoto.photo_id)
        .where(JobPhoto.job_id == job_id, JobPhoto.position > position)
        .order_by(JobPhoto.position)
        .limit(limit)
    )


def _read_names(session: Session, faces: Iterable[JobFace]) -> dict[int, str]:
    """Names by id of the accounts that decided these faces."""
    ids = {face.decided.account_id for face in faces if face.decided and face.decided.account_id is not None}
    query = select(Account.id, Account.name).where(Account.id.in_(ids))
    return dict(session.execute(query).all()) if ids else {}


def _photo_row(
    file: Row[*tuple[Any, ...]], place: str, faces: tuple[FaceRow, ...], credit: Credit | None
) -> PhotoRow:
    return PhotoRow(
        position=file.position,
        name=file.name,
        locator=file.locator,
        state=file.state,
        photo_id=file.photo_id,
        sha256=file.sha256,
        width=file.width,
        height=file.height,
        format=file.format,
        frames=file.frames,
        notes=tuple(file.notes or ()),
        error_code=file.error_code,
        error_message=file.error_message,
        hidden=bool(file.hidden),
        faces=faces,
        place=place,
        credit=credit,
    )


def _classifier(session: Session, job: Job) -> ClassifierView | None:
    if job.classifier_version_id is None:
        return None
    version = session.get_one(ClassifierVersion, job.classifier_version_id)
    return ClassifierView(name=version.name, sha256=version.sha256, card=dict(version.card))

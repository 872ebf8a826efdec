"""Read the job of a report, and its files with their faces, slice by slice."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.labels.shown_label import shown_label
from core.library.credits import Credit
from core.library.files.skipping import SkippedNames
from core.library.queries import read_credits
from core.predict.options import PredictOptions
from core.results.reports.rows import ClassifierView, FaceRow, JobCounts, JobView, PhotoRow
from models import Report, ReportFormat
from models.account import Account
from models.classifier_version import ClassifierVersion
from models.face import Face
from models.job import Job
from models.job_photo import JobPhoto, JobPhotoState
from models.label import Label
from models.photo import Photo
from models.prediction import Prediction

#: Photos read and held in memory at a time.
SLICE_PHOTOS = 1000


def get_reports(session: Session, report_ids: Sequence[int]) -> list[Report]:
    """The rows of report files, in the order of the formats."""
    found = session.scalars(select(Report).where(Report.id.in_(report_ids)))
    return sorted(found, key=lambda report: list(ReportFormat).index(report.format))


def list_reports(session: Session, job_id: int) -> list[Report]:
    """Report files of a job in order of request."""
    return list(session.scalars(select(Report).where(Report.job_id == job_id).order_by(Report.id)))


def read_job_view(session: Session, job: Job) -> JobView:
    """Read the job as the report describes it."""
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
        selection=options.selection,
    )


def iterate_photo_rows(session: Session, job: Job, *, slice_photos: int = SLICE_PHOTOS) -> Iterator[PhotoRow]:
    """Every file of the job by position; memory holds one slice at a time.

    Labels and counts are calculated from predictions, not from the stored counters.
    """
    options = PredictOptions.from_json(job.options)
    position = -1
    while True:
        files = session.execute(_files_after(job.id, position, slice_photos)).all()
        if not files:
            return
        position = files[-1].position
        faces = _faces_by_position(session, job, files[0].position, position, options.indeterminate_below)
        credits = read_credits(session, [file.photo_id for file in files if file.photo_id is not None])
        for file in files:
            credit = credits.get(file.photo_id or 0)
            yield _photo_row(file, options.place_of(file.name), faces.get(file.position, ()), credit)


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


def _faces_by_position(
    session: Session, job: Job, first: int, last: int, indeterminate_below: float
) -> dict[int, tuple[FaceRow, ...]]:
    found = session.execute(_faces_between(job, first, last)).all()
    return {
        position: tuple(_face_rows(list(faces), indeterminate_below))
        for position, faces in groupby(found, key=lambda face: face[0])
    }


def _faces_between(job: Job, first: int, last: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            JobPhoto.position,
            Face.id,
            Face.x1,
            Face.y1,
            Face.x2,
            Face.y2,
            Face.score,
            Prediction.label,
            Prediction.with_mask,
            Prediction.without_mask,
            Prediction.incorrect,
            Prediction.not_a_face,
        )
        .join(Face, Face.photo_id == JobPhoto.photo_id)
        .join(Prediction, Prediction.face_id == Face.id)
        .where(
            JobPhoto.job_id == job.id,
            JobPhoto.position.between(first, last),
            JobPhoto.state == JobPhotoState.DONE,
            Face.detector_key == job.detector_key,
            Prediction.classifier_version_id == job.classifier_version_id,
            Prediction.label != Label.NOT_A_FACE,
        )
        .order_by(JobPhoto.position, Face.ordinal)
    )


def _face_rows(found: Sequence[Row[*tuple[Any, ...]]], indeterminate_below: float) -> Iterator[FaceRow]:
    for _, face_id, x1, y1, x2, y2, detector_score, best, *probabilities in found:
        with_mask, without_mask, incorrect, not_a_face = probabilities
        score = max(probabilities)
        label = shown_label(best, score, indeterminate_below)
        if label is None:
            continue
        yield FaceRow(
            face_id=face_id,
            x1=x1,
            y1=y1,
            x2=x2,
            y2=y2,
            label=label,
            score=score,
            with_mask=with_mask,
            without_mask=without_mask,
            incorrect=incorrect,
            not_a_face=not_a_face,
            detector_score=detector_score,
        )


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

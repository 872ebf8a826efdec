"""Mark photos as erased: their rows, faces, predictions and decisions stay, and so does every count."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.jobs.claim import Claim
from core.jobs.lease import lock_held, note_progress
from core.jobs.stages import lock_job
from core.jobs.store import add_event
from core.predict.report_stage import (
    REPORT_STAGE,
    REPORTS_WITH_PICTURES,
    STANDARD_REPORTS,
    add_reports,
    covered_as_newest,
    is_writing_reports,
    next_number,
    report_files,
    report_place,
)
from core.removal.store import clear_trainings, stop_trainings
from core.retention.job_kind import ERASE_STAGE, ErasePayload
from core.retention.queries import read_datasets_of
from core.settings import Settings
from models import (
    EventLevel,
    Job,
    JobState,
    Photo,
    PhotoEmbedding,
    Report,
    ReportFormat,
    ReportState,
)


def erase_photos(
    session: Session,
    settings: Settings,
    claim: Claim,
    photo_ids: Sequence[int],
    *,
    looked_at: int,
    jobs: Collection[int],
) -> None:
    """Note that the pictures of these photos are deleted; LeaseLost if the batch is not held.

    Delete the files first: a worker that dies in between leaves rows that the next attempt finds again.
    `looked_at` is the number of the last photo of the slice, also if it stayed. Trainings on their datasets
    lose the crops that they prepared, and start again without these photos.
    """
    batch = lock_held(session, claim)
    note_progress(batch)
    payload = ERASE_STAGE.payload_of(batch)
    batch.payload = ErasePayload(after=looked_at, jobs=tuple(sorted({*payload.jobs, *jobs}))).to_json()
    session.execute(delete(PhotoEmbedding).where(PhotoEmbedding.photo_id.in_(photo_ids)))
    session.execute(
        update(Photo).where(Photo.id.in_(photo_ids)).values(stored=False, erased_at=read_clock(session))
    )
    session.execute(
        update(Job).where(Job.id == claim.job_id).values(steps_done=Job.steps_done + len(photo_ids))
    )
    datasets = read_datasets_of(session, photo_ids)
    if datasets:
        stop_trainings(session, datasets)
        session.flush()
        clear_trainings(session, settings, datasets)


def set_total(session: Session, claim: Claim, due: int) -> None:
    """Set the number of photos to erase, with those that are erased already."""
    lock_held(session, claim)
    session.execute(update(Job).where(Job.id == claim.job_id).values(steps_found=Job.steps_done + due))


def log_erased(session: Session, claim: Claim) -> None:
    """Log how many pictures were deleted."""
    job = session.get_one(Job, claim.job_id)
    done = job.steps_done or 0
    job.steps_found = done
    line = f"Photos whose pictures were deleted: {done:,}. Their counts and decisions stay."
    add_event(session, claim.job_id, EventLevel.INFO, "pictures_deleted", line)


def renew_pictures(session: Session, settings: Settings, job_id: int) -> bool:
    """Delete the reports of a job that hold pictures, and write its page again if the job is done.

    False, and nothing is changed, while a worker writes reports of the job: it may have read the pictures
    before they were deleted. The files go first: a worker that dies before the commit leaves rows, which the
    next attempt finds.
    """
    job = lock_job(session, job_id)
    if job.deleted_at is not None:
        return True
    if is_writing_reports(session, job_id):
        return False
    with_pictures = select(Report).where(Report.job_id == job_id, Report.format.in_(REPORTS_WITH_PICTURES))
    if job.state is not JobState.DONE:
        # What waits to be written shows no deleted picture.
        with_pictures = with_pictures.where(Report.state == ReportState.READY)
    reports = session.scalars(with_pictures).all()
    if not reports:
        return True
    for report in reports:
        report_files(settings).delete(report_place(report))
    number, anonymise = next_number(session, job_id, STANDARD_REPORTS), covered_as_newest(reports)
    session.execute(delete(Report).where(Report.id.in_([report.id for report in reports])))
    if job.state is JobState.DONE and any(report.format is ReportFormat.HTML for report in reports):
        job.state, job.stage = JobState.RUNNING, REPORT_STAGE.name
        add_reports(session, job, [ReportFormat.HTML], number=number, anonymise=anonymise)
    line = "Reports with pictures are deleted because the retention of photos ended."
    add_event(session, job_id, EventLevel.INFO, "report_requested", line)
    return True

"""Delete photos with everything derived from them, and note in numbers what was deleted."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from core.database import insert_new
from core.dedup.groups.store import leave_groups
from core.jobs.claim import Claim
from core.jobs.kinds import Runner, stage_names
from core.jobs.lease import lock_held, note_progress
from core.jobs.stages import lock_job
from core.jobs.store import add_event
from core.predict.final_counts import drop_final_counts
from core.predict.report_stage import (
    REPORT_STAGE,
    STANDARD_REPORTS,
    add_reports,
    covered_as_newest,
    next_number,
)
from core.removal.job_kind import REMOVE_STAGE, RemovePayload
from core.removal.queries import (
    count_dataset_faces,
    count_decisions,
    count_faces,
    count_predictions,
    get_takedown,
    read_open_trainings,
)
from core.removal.target import Target
from core.settings import Settings
from core.training.folder import DETECTOR_TRAINING, list_folders, remove_folder
from models import (
    Batch,
    BatchState,
    CrawlHit,
    Dataset,
    EventLevel,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    JobState,
    Photo,
    RemovedPhoto,
    Report,
    Source,
    Takedown,
    UploadFile,
)

_MESSAGE = "The photo was removed from the library."
#: Counters of a job, and the columns of its rows that they sum up.
_SUMS = {
    "faces_with_mask": "with_mask",
    "faces_without_mask": "without_mask",
    "faces_incorrect": "incorrect",
    "faces_indeterminate": "indeterminate",
}
#: The values of a removed photo's row; its name is blanked because it may tell who is in the photo.
_BLANK: dict[str, Any] = {
    "locator": b"",
    "name": "removed",
    "stored_sha256": None,
    "truth": None,
    "objects_left_out": 0,
    "state": JobPhotoState.FAILED,
    "photo_id": None,
    "error_code": "photo_removed",
    "error_message": _MESSAGE,
    "faces": 0,
    "with_mask": 0,
    "without_mask": 0,
    "incorrect": 0,
    "indeterminate": 0,
    "least_confidence": None,
}


def remove_photos(session: Session, claim: Claim, photos: Sequence[Photo]) -> None:
    """Delete photos, their sources, faces, predictions and decisions, and add the numbers to the record.

    LeaseLost if the batch is not held. Delete the files first: a worker that dies in between leaves rows
    without files, which the next attempt finds, and never files without a row.
    """
    batch = lock_held(session, claim)
    note_progress(batch)
    ids = [photo.id for photo in photos]
    takedown = get_takedown(session, claim.job_id)
    _add_to_record(session, takedown, photos)
    insert_new(
        session,
        RemovedPhoto,
        [{"sha256": photo.sha256, "takedown_id": takedown.id} for photo in photos],
        ["sha256"],
    )
    jobs = _blank_job_rows(session, ids, [photo.sha256 for photo in photos])
    datasets = _count_dataset_losses(session, ids)
    stop_trainings(session, datasets)
    payload = REMOVE_STAGE.payload_of(batch)
    batch.payload = RemovePayload(
        jobs=tuple(sorted({*payload.jobs, *jobs})), datasets=tuple(sorted({*payload.datasets, *datasets}))
    ).to_json()
    leave_groups(session, ids)
    session.execute(delete(Face).where(Face.photo_id.in_(ids)))
    session.execute(delete(Photo).where(Photo.id.in_(ids)))
    session.execute(update(Job).where(Job.id == claim.job_id).values(steps_done=Job.steps_done + len(ids)))


def _add_to_record(session: Session, takedown: Takedown, photos: Sequence[Photo]) -> None:
    ids = [photo.id for photo in photos]
    takedown.photos += len(photos)
    takedown.bytes += sum(photo.bytes for photo in photos)
    takedown.faces += count_faces(session, ids)
    takedown.predictions += count_predictions(session, ids)
    decided = {label.value: count for label, count in count_decisions(session, ids).items()}
    takedown.decisions = dict(Counter(takedown.decisions) + Counter(decided))
    lost = Counter(
        {str(dataset_id): faces for dataset_id, faces in count_dataset_faces(session, ids).items()}
    )
    takedown.datasets = dict(Counter(takedown.datasets) + lost)


def _count_dataset_losses(session: Session, ids: Sequence[int]) -> list[int]:
    """Count the lost faces in their datasets; the ids of those datasets."""
    lost = count_dataset_faces(session, ids)
    for dataset_id, faces in sorted(lost.items()):
        session.execute(
            update(Dataset)
            .where(Dataset.id == dataset_id)
            .values(faces_removed=Dataset.faces_removed + faces)
        )
    return sorted(lost)


def _blank_job_rows(session: Session, ids: Sequence[int], sha256s: Sequence[str]) -> set[int]:
    """Blank the job rows of the photos and correct the jobs' counters; the ids of those jobs."""
    # Locked before their jobs, as batches that finish do, so that the counted states are the last ones.
    rows = session.scalars(
        select(JobPhoto)
        .where(JobPhoto.photo_id.in_(ids))
        .order_by(JobPhoto.job_id, JobPhoto.id)
        .with_for_update(key_share=True)
    ).all()
    for job_id in sorted({row.job_id for row in rows}):
        of_job = [row for row in rows if row.job_id == job_id]
        _lower_counters(session, job_id, of_job)
        _blank_origins(session, job_id, [row.position for row in of_job], sha256s)
    drop_final_counts(session, rows)
    session.execute(update(JobPhoto).where(JobPhoto.id.in_([row.id for row in rows])).values(**_BLANK))
    return {row.job_id for row in rows}


def _lower_counters(session: Session, job_id: int, rows: Sequence[JobPhoto]) -> None:
    """All rows become failed; a waiting row was not counted before, and a failed one already is."""
    job = session.get_one(Job, job_id)
    done = [row for row in rows if row.state is JobPhotoState.DONE]
    newly_failed = sum(row.state is not JobPhotoState.FAILED for row in rows)
    values = {
        counter: getattr(Job, counter) - sum(getattr(row, column) for row in done)
        for counter, column in _SUMS.items()
    }
    if job.photos_without_face:
        values["photos_without_face"] = Job.photos_without_face - sum(row.faces == 0 for row in done)
    session.execute(
        update(Job)
        .where(Job.id == job_id)
        .values(
            photos_done=Job.photos_done - len(done),
            photos_failed=Job.photos_failed + newly_failed,
            photos_removed=Job.photos_removed + len(rows),
            **values,
        )
        .execution_options(synchronize_session=False)
    )


def _blank_origins(session: Session, job_id: int, positions: Sequence[int], sha256s: Sequence[str]) -> None:
    """Blank the crawl hits and the names of uploaded files."""
    session.execute(
        update(CrawlHit)
        .where(CrawlHit.job_id == job_id, CrawlHit.position.in_(positions))
        .values(page_url=None, title=None, creator=None)
    )
    upload_id = session.get_one(Job, job_id).options.get("upload_id")
    if upload_id is not None:
        session.execute(
            update(UploadFile)
            .where(UploadFile.upload_id == upload_id, UploadFile.sha256.in_(sha256s))
            .values(
                sha256=None,
                locator=b"",
                name="removed",
                error_code="photo_removed",
                error_message=_MESSAGE,
            )
        )


def delete_sources(session: Session, claim: Claim, target: Target, *, limit: int) -> int:
    """Delete the target's sources of up to `limit` photos; the number of those photos, 0 at the end."""
    batch = lock_held(session, claim)
    named = select(Source.photo_id).where(target.names(Source)).distinct().limit(limit)
    ids = session.scalars(named).all()
    if ids:
        note_progress(batch)
    session.execute(delete(Source).where(target.names(Source), Source.photo_id.in_(ids)))
    session.execute(update(Job).where(Job.id == claim.job_id).values(steps_done=Job.steps_done + len(ids)))
    return len(ids)


def log_spared(session: Session, claim: Claim, photos: int) -> None:
    """Log the number of photos that stay, if any."""
    if photos:
        line = f"Photos that stay because they have another source too: {photos:,}."
        add_event(session, claim.job_id, EventLevel.INFO, "photos_spared", line)


def stop_trainings(session: Session, dataset_ids: Collection[int]) -> None:
    """Revoke the leases of trainings on these datasets, in the transaction that deletes the faces.

    The next claim of such a batch finds the preparation outdated and prepares again.
    """
    for job in read_open_trainings(session, dataset_ids):
        session.execute(
            update(Batch)
            .where(
                Batch.job_id == job.id,
                Batch.state == BatchState.LEASED,
                Batch.kind.in_(stage_names(Runner.TRAINER)),
            )
            .values(state=BatchState.WAITING, token=None, lease_until=None, attempts=0)
        )
        if job.classifier_version_id is None:
            line = "Photos of its dataset were removed: it restarts without them."
            add_event(session, job.id, EventLevel.WARNING, "training_restarted", line)


def clear_trainings(session: Session, settings: Settings, dataset_ids: Collection[int]) -> None:
    """Delete the folders of trainings on these datasets, with their crops, unless a worker uses them.

    A training that was claimed after `stop_trainings` has cleared its folder itself. Folders of detectors'
    trainings hold whole photos of any source: all of them go. One that runs prepares again within seconds.
    """
    kept = list_folders(settings)
    concerned = or_(Job.dataset_id.in_(dataset_ids), Job.kind == DETECTOR_TRAINING)
    jobs = session.scalars(select(Job.id).where(Job.id.in_(kept), concerned)).all()
    for job_id in jobs:
        # Locked, so that no worker claims one of them while the folder is deleted.
        batches = session.scalars(
            select(Batch).where(Batch.job_id == job_id).with_for_update(key_share=True)
        ).all()
        if all(batch.state is not BatchState.LEASED for batch in batches):
            remove_folder(settings, job_id)


def rewrite_reports(session: Session, job_id: int) -> None:
    """Delete the rows of all writings of the job's reports, and request its standard reports again."""
    job = lock_job(session, job_id)
    reports = session.scalars(select(Report).where(Report.job_id == job_id)).all()
    written = {report.format for report in reports}
    if not written or job.state is not JobState.DONE or job.deleted_at is not None:
        return
    again = [fmt for fmt in STANDARD_REPORTS if fmt in written]
    number, anonymise = next_number(session, job_id, STANDARD_REPORTS), covered_as_newest(reports)
    session.execute(delete(Report).where(Report.job_id == job_id))
    job.state, job.stage = JobState.RUNNING, REPORT_STAGE.name
    add_reports(session, job, again, number=number, anonymise=anonymise)
    add_event(
        session,
        job_id,
        EventLevel.INFO,
        "report_requested",
        "Reports are written again because photos were removed.",
    )

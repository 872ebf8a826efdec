"""The batch of a retention job."""

import time
from datetime import datetime

from core.jobs.finish import finish_batch
from core.jobs.lease import postpone_batch
from core.library.files.store import photo_store
from core.removal.files import delete_features, remove_derived, remove_files
from core.removal.queries import read_feature_keys
from core.removal.uploaded_files import find_archives, find_unread
from core.retention.job_kind import ERASE_STAGE, RETENTION, RetentionOptions
from core.retention.queries import count_due, cutoff_of, read_due, read_ended_jobs, read_jobs_of
from core.retention.store import erase_photos, log_erased, renew_pictures, set_total
from core.settings import Settings
from models import Batch, Job, Photo
from workers.engine import BatchRun, handles
from workers.export import void_exports
from workers.removal import delete_in_slices

#: Photos that are looked at in one transaction.
_SLICE = 200
_DAY = 86_400.0
#: Until the next look at a job whose reports are being written.
_WAIT_SECONDS = 20.0


@handles(ERASE_STAGE)
def erase_old(run: BatchRun) -> None:
    """Delete the files of photos that are due slice by slice, then the reports that show them."""
    with run.db.read() as session:
        options = RETENTION.options_of(session.get_one(Job, run.claim.job_id))
        cutoff = cutoff_of(session, options)
        after = ERASE_STAGE.payload_of(session.get_one(Batch, run.claim.batch_id)).after
        due = count_due(session, options, cutoff)
    with run.db.write() as session:
        set_total(session, run.claim, due)
    while True:
        run.check()
        with run.db.read() as session:
            slice_ = read_due(session, options, cutoff, after=after, limit=_SLICE)
            photos = [photo for photo in slice_ if not _is_fresh(run.settings, photo, options.days)]
            ids = [photo.id for photo in photos]
            keys, jobs = read_feature_keys(session, ids), read_jobs_of(session, ids)
        if not slice_:
            break
        after = slice_[-1].id
        delete_features(run.settings, keys)
        remove_files(run.settings, [photo.sha256 for photo in photos])
        with run.db.write() as session:
            erase_photos(session, run.settings, run.claim, ids, looked_at=after, jobs=jobs)
        # Again: a page or a preparation may have made some before the rows said that the picture is gone.
        delete_features(run.settings, keys)
        remove_derived(run.settings, [photo.sha256 for photo in photos])
    if _renew_reports(run):
        _delete_uploads(run, options, cutoff)
        with run.db.read() as session:
            # Not by the jobs of the photos: what a crawl brought may be in none.
            any_erased = bool(session.get_one(Job, run.claim.job_id).steps_done)
        if any_erased:
            void_exports(run)
        with run.db.write() as session:
            log_erased(session, run.claim)
            finish_batch(session, run.claim)


def _is_fresh(settings: Settings, photo: Photo, days: int) -> bool:
    """Whether the same bytes were stored within the days, as by an upload whose job is not requested yet."""
    if not photo.stored:
        return False
    stored_at = photo_store(settings).stored_at(photo.sha256)
    return stored_at is not None and time.time() - stored_at < days * _DAY


def _renew_reports(run: BatchRun) -> bool:
    """False if the batch is to come back later, since a worker writes a report just now."""
    for job_id in _jobs_of(run):
        run.check()
        with run.db.write() as session:
            if not renew_pictures(session, run.settings, job_id):
                postpone_batch(session, run.claim, seconds=_WAIT_SECONDS, counted=False)
                return False
    return True


def _delete_uploads(run: BatchRun, options: RetentionOptions, cutoff: datetime) -> None:
    """Delete zips that have an erased photo, and what the named jobs stored and could not read."""
    with run.db.read() as session:
        named = read_ended_jobs(session, options, cutoff)
    seconds = options.days * _DAY
    for job_id in sorted({*_jobs_of(run), *named}):
        run.check()
        with run.db.read() as session:
            find = find_unread if job_id in named else find_archives
            hashes = find(session, job_id)
        delete_in_slices(run, hashes, cutoff=cutoff, seconds=seconds)


def _jobs_of(run: BatchRun) -> tuple[int, ...]:
    with run.db.read() as session:
        return ERASE_STAGE.payload_of(session.get_one(Batch, run.claim.batch_id)).jobs

"""The batch of a retention job."""

import time

from core.jobs.finish import finish_batch
from core.library.files.store import PhotoStore
from core.removal.files import delete_features, remove_files
from core.removal.queries import read_feature_keys
from core.retention.job_kind import ERASE_STAGE, RETENTION
from core.retention.queries import count_due, cutoff_of, read_due, read_jobs_of
from core.retention.store import erase_photos, log_erased, renew_pictures, set_total
from core.settings import Settings
from models import Batch, Job, Photo
from workers.engine import BatchRun, handles

#: Photos that are looked at in one transaction.
_SLICE = 200
_DAY = 86_400.0


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
            erase_photos(session, run.claim, ids, looked_at=after, jobs=jobs)
    _renew_reports(run)


def _is_fresh(settings: Settings, photo: Photo, days: int) -> bool:
    """Whether the same bytes were stored within the days, as by an upload whose job is not requested yet."""
    if not photo.stored:
        return False
    try:
        stored_at = PhotoStore(settings.data / "photos").path_of(photo.sha256).stat().st_mtime
    except FileNotFoundError:
        return False
    return time.time() - stored_at < days * _DAY


def _renew_reports(run: BatchRun) -> None:
    with run.db.read() as session:
        jobs = ERASE_STAGE.payload_of(session.get_one(Batch, run.claim.batch_id)).jobs
    for job_id in jobs:
        run.check()
        with run.db.write() as session:
            renew_pictures(session, run.settings, job_id)
    with run.db.write() as session:
        log_erased(session, run.claim)
        finish_batch(session, run.claim)

"""The batch of a removal."""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.database import has_rows_changed, read_clock
from core.jobs.finish import finish_batch
from core.jobs.lease import postpone_batch
from core.library.selection.model import LibrarySelection
from core.library.selection.queries import read_slice
from core.predict.report_stage import is_writing_reports, remove_reports
from core.removal.files import delete_features, remove_derived, remove_files
from core.removal.job_kind import REMOVE_STAGE
from core.removal.queries import read_feature_keys
from core.removal.store import clear_trainings, delete_sources, log_spared, remove_photos, rewrite_reports
from core.removal.target import Target
from core.removal.uploaded_files import delete_uploaded, find_archives
from models import Batch, Job, Photo
from workers.engine import BatchRun, handles
from workers.export import void_exports

#: Photos that are deleted in one transaction.
_SLICE = 50
#: How often their transaction is begun, while jobs add rows for them.
_TRIES = 5
#: Photos whose sources are deleted in one transaction.
_SOURCE_SLICE = 1_000
#: Stored files of uploads that are deleted in one transaction.
_UPLOADED_SLICE = 20
#: Until the next look at a job whose reports are being written.
_WAIT_SECONDS = 20.0


@handles(REMOVE_STAGE)
def remove_named(run: BatchRun) -> None:
    """Delete matching photos slice by slice, then other matching sources, then renew reports."""
    with run.db.read() as session:
        target = _target(session.get_one(Job, run.claim.job_id))
    for photos in _photos(run, target):
        run.check()
        with run.db.read() as session:
            keys = read_feature_keys(session, [photo.id for photo in photos])
        delete_features(run.settings, keys)
        remove_files(run.settings, [photo.sha256 for photo in photos])
        _remove(run, photos)
        # Again: a preparation or a page may have made some before the rows were deleted.
        delete_features(run.settings, keys)
        remove_derived(run.settings, [photo.sha256 for photo in photos])
    if target.selection is None:
        _delete_other_sources(run, target)
    with run.db.read() as session:
        payload = REMOVE_STAGE.payload_of(session.get_one(Batch, run.claim.batch_id))
    jobs, datasets = payload.jobs, payload.datasets
    with run.db.write() as session:
        clear_trainings(session, run.settings, datasets)
    for job_id in jobs:
        run.check()
        if _waits_for_reports(run, job_id):
            return
        remove_reports(run.settings, job_id)
        _delete_archives(run, job_id)
    void_exports(run)
    with run.db.write() as session:
        for job_id in jobs:
            rewrite_reports(session, job_id)
        finish_batch(session, run.claim)


def _remove(run: BatchRun, photos: list[Photo]) -> None:
    """Delete the rows of photos; once more where a job has added one for them since they were looked for.

    On PostgreSQL the deletion waits until the transaction of that job has ended.
    """
    for left in reversed(range(_TRIES)):
        try:
            with run.db.write() as session:
                remove_photos(session, run.claim, photos)
            return
        except IntegrityError as error:
            if not left or not has_rows_changed(error):
                raise
        run.check()


def _waits_for_reports(run: BatchRun, job_id: int) -> bool:
    """Whether the batch comes back later: a worker writes a report, and may have read what is removed."""
    with run.db.write() as session:
        if not is_writing_reports(session, job_id):
            return False
        postpone_batch(session, run.claim, seconds=_WAIT_SECONDS, counted=False)
        return True


def _delete_archives(run: BatchRun, job_id: int) -> None:
    """A zip holds the photo too; its other photos have copies of their own."""
    with run.db.read() as session:
        archives, now = find_archives(session, job_id), read_clock(session)
    delete_in_slices(run, archives, cutoff=now, seconds=run.settings.lease_seconds)


def delete_in_slices(run: BatchRun, hashes: Collection[str], *, cutoff: datetime, seconds: float) -> None:
    """Delete stored files of uploads, few in one transaction: an object store is asked about each."""
    ordered = sorted(hashes)
    for start in range(0, len(ordered), _UPLOADED_SLICE):
        run.check()
        some = ordered[start : start + _UPLOADED_SLICE]
        with run.db.write() as session:
            delete_uploaded(session, run.settings, some, cutoff=cutoff, seconds=seconds)


def _target(job: Job) -> Target:
    options = job.options
    if options.get("selection") is not None:
        return Target.of(LibrarySelection.model_validate(options["selection"]))
    # Jobs of an older version have no `spares`, and keep nothing.
    return Target.read(options["by"], options["value"], spares=options.get("spares", False))


def _photos(run: BatchRun, target: Target) -> Iterator[list[Photo]]:
    """The matching photos, a few at a time; each is to be deleted before the next are read."""
    if target.selection is None:
        while photos := _next_photos(run, target):
            yield photos
        return
    after: int | None = 0
    while after is not None:
        run.check()
        with run.db.read() as session:
            found = read_slice(session, target.selection, after=after)
        ids = [photo.photo_id for photo in found.photos]
        for start in range(0, len(ids), _SLICE):
            with run.db.read() as session:
                query = select(Photo).where(Photo.id.in_(ids[start : start + _SLICE])).order_by(Photo.id)
                yield list(session.scalars(query))
        after = found.next_after


def _delete_other_sources(run: BatchRun, target: Target) -> None:
    """Delete the matching sources of photos that stay."""
    spared = 0
    while True:
        run.check()
        with run.db.write() as session:
            photos = delete_sources(session, run.claim, target, limit=_SOURCE_SLICE)
            if not photos:
                log_spared(session, run.claim, spared)
                return
        spared += photos


def _next_photos(run: BatchRun, target: Target) -> list[Photo]:
    with run.db.read() as session:
        query = select(Photo).where(Photo.id.in_(target.photo_ids)).order_by(Photo.id).limit(_SLICE)
        return list(session.scalars(query))

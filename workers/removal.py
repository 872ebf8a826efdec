"""The batch that removes photos."""

from sqlalchemy import select

from core.jobs.finish import finish_batch
from core.removal.files import forget_features, remove_files, remove_reports
from core.removal.job_kind import REMOVE_STAGE
from core.removal.queries import feature_keys
from core.removal.store import clear_trainings, forget_sources, remove_photos, rewrite_reports, tell_spared
from core.removal.target import Target
from models import Batch, Job, Photo
from workers.engine import BatchRun, handles

#: Photos that go in one transaction.
_SLICE = 50
#: Photos of which sources are forgotten in one transaction.
_FORGOTTEN = 1_000


@handles(REMOVE_STAGE)
def remove_named(run: BatchRun) -> None:
    """Remove slice by slice until nothing is left that the target names, then renew reports."""
    with run.db.read() as session:
        options = session.get_one(Job, run.claim.job_id).options
    # A removal of a version that spared nothing does as it was told.
    target = Target.read(options["by"], options["value"], spares=options.get("spares", False))
    while photos := _next(run, target):
        run.check()
        with run.db.read() as session:
            keys = feature_keys(session, [photo.id for photo in photos])
        forget_features(run.settings, keys)
        remove_files(run.settings, [photo.sha256 for photo in photos])
        with run.db.write() as session:
            remove_photos(session, run.claim, photos)
        # Once more: a preparation may have computed them until the rows were gone.
        forget_features(run.settings, keys)
    _forget_others(run, target)
    with run.db.read() as session:
        payload = REMOVE_STAGE.payload_of(session.get_one(Batch, run.claim.batch_id))
    jobs, datasets = payload.jobs, payload.datasets
    with run.db.write() as session:
        clear_trainings(session, run.settings, datasets)
    for job_id in jobs:
        run.check()
        remove_reports(run.settings, job_id)
    with run.db.write() as session:
        for job_id in jobs:
            rewrite_reports(session, job_id)
        finish_batch(session, run.claim)


def _forget_others(run: BatchRun, target: Target) -> None:
    """What the target names by now are sources of photos that stay."""
    spared = 0
    while True:
        run.check()
        with run.db.write() as session:
            photos = forget_sources(session, run.claim, target, limit=_FORGOTTEN)
            if not photos:
                tell_spared(session, run.claim, spared)
                return
        spared += photos


def _next(run: BatchRun, target: Target) -> list[Photo]:
    with run.db.read() as session:
        query = select(Photo).where(Photo.id.in_(target.photo_ids)).order_by(Photo.id).limit(_SLICE)
        return list(session.scalars(query))

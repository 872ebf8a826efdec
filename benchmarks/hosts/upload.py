"""Photos that the object store alone has, and jobs over them."""

from pathlib import Path

from sqlalchemy import select

from benchmarks.hosts.world import World
from core.errors import InputError
from core.library.files.store import PhotoStore, StoredPhoto, photo_store
from core.library.resumable.store import begin_file
from core.library.uploads import open_upload, store_file
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from models import Account, Job, JobState


def request_job(world: World, photos: Path) -> int:
    """Upload the photos of a folder and request a prediction of them; the number of the job."""
    settings = world.settings
    store = photo_store(settings)
    stored = {path: _store(path, store, settings) for path in sorted(photos.iterdir())}
    with world.db.write() as session:
        account_id = session.scalars(select(Account.id)).one()
        upload = open_upload(session, account_id)
        for path, outcome in stored.items():
            begin_file(
                session,
                upload,
                raw_name=path.name.encode(),
                length=path.stat().st_size,
                number=None,
                settings=settings,
                stored=outcome,
            )
        options = PredictOptions(upload_id=upload.id)
        return request_predict(session, options, account_id=account_id, roots=settings.roots).id


def _store(path: Path, store: PhotoStore, settings: Settings) -> StoredPhoto | InputError:
    with path.open("rb") as file:
        return store_file(file, path.name.encode(), store, settings)


def read_job(world: World, job_id: int) -> Job:
    """The job as it is now."""
    with world.db.read() as session:
        return session.get_one(Job, job_id)


def has_ended(job: Job) -> bool:
    """Whether nothing more will happen to it."""
    return job.state in (JobState.DONE, JobState.FAILED)

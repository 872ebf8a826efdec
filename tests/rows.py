"""Rows that tests begin with."""

from sqlalchemy import insert

from core.database import Database, read_clock
from core.predict.job_kind import PREDICT, PREDICT_STAGE
from core.predict.options import PredictOptions
from models import Batch, BatchState, ClassifierVersion, Job, JobPhoto, JobPhotoState, JobState


def add_version(db: Database, sha256: str = "c" * 64, *, champion: bool = True) -> int:
    """A champion, or another version."""
    with db.write() as session:
        version = ClassifierVersion(
            name="test", sha256=sha256, champion=champion, card={}, created_at=read_clock(session)
        )
        session.add(version)
        session.flush()
        return version.id


def add_predict_job(db: Database, *, photos: int, batch_photos: int, folder: str = "/nowhere") -> int:
    """A listed predict job whose photos all wait."""
    with db.write() as session:
        now = read_clock(session)
        job = Job(
            kind=PREDICT.name,
            state=JobState.WAITING,
            stage=PREDICT_STAGE.name,
            title="test",
            options=PredictOptions(folder=folder).to_json(),
            created_at=now,
            listed=True,
            photos_found=photos,
            batches_open=-(-photos // batch_photos),
        )
        session.add(job)
        session.flush()
        session.execute(
            insert(JobPhoto),
            [
                {
                    "job_id": job.id,
                    "position": n,
                    "locator": b"%d.jpg" % n,
                    "name": f"{n}.jpg",
                    "state": JobPhotoState.WAITING,
                }
                for n in range(photos)
            ],
        )
        session.add_all(
            Batch(
                job_id=job.id,
                kind=PREDICT_STAGE.name,
                sequence=first,
                first_position=first,
                last_position=min(first + batch_photos, photos) - 1,
                state=BatchState.WAITING,
                not_before=now,
            )
            for first in range(0, photos, batch_photos)
        )
        return job.id

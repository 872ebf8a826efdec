"""Rows of photos and jobs for the tests of duplicates."""

from sqlalchemy import insert, select

from core.database import Database, read_clock
from core.dedup.hash_search import HashedLibrary
from core.dedup.job_kind import DEDUP, GROUP_STAGE
from core.dedup.queries import read_library, read_pixel_twins
from core.dedup.store import group_new
from core.library.fingerprints.photo_hashes import NEAR_DISTANCE
from models import DuplicateGroup, DuplicateMember, Job, JobState, NotSame, Photo

DETAIL = 0x5555_5555_5555_5555


def add_photos(db: Database, *flips: int, first: int = 1, **columns: object) -> None:
    """Add photos with ids from `first`, whose pHash has the lowest `flips` bits of `DETAIL` flipped."""
    with db.write() as session:
        now = read_clock(session)
        session.execute(
            insert(Photo),
            [
                {
                    "id": first + at,
                    "sha256": f"{first + at:064x}",
                    "bytes": 1000 - first - at,
                    "width": 100,
                    "height": 100,
                    "format": "JPEG",
                    "phash": DETAIL ^ ((1 << count) - 1),
                    "dhash": 0,
                    "created_at": now,
                    **columns,
                }
                for at, count in enumerate(flips)
            ],
        )


def add_job(db: Database) -> int:
    """A running duplicate job without batches."""
    with db.write() as session:
        job = Job(
            kind=DEDUP.name,
            state=JobState.RUNNING,
            stage=GROUP_STAGE.name,
            title="test",
            options={},
            created_at=read_clock(session),
        )
        session.add(job)
        session.flush()
        return job.id


def group(db: Database, job_id: int) -> int:
    """Group like a job's GROUP batch; returns the number of new photos."""
    with db.read() as session:
        photos, is_new = read_library(session)
        new = photos.take(is_new)
        clusters = HashedLibrary(photos).clusters(new, NEAR_DISTANCE) + read_pixel_twins(session, new)
    with db.write() as session:
        found = [cluster.tolist() for cluster in clusters]
        return group_new(session, found, new.ids.tolist(), distance=NEAR_DISTANCE, job_id=job_id)


def groups(db: Database) -> dict[int, set[int]]:
    """Other photos of each group, by the kept photo."""
    with db.read() as session:
        heads = dict(session.execute(select(DuplicateGroup.id, DuplicateGroup.kept_photo_id)).all())
        found: dict[int, set[int]] = {kept: set() for kept in heads.values()}
        for member in session.scalars(select(DuplicateMember)):
            found[heads[member.group_id]].add(member.photo_id)
        for row in session.scalars(select(DuplicateGroup)):
            assert row.photos == len(found[row.kept_photo_id])
    return {kept: photos - {kept} for kept, photos in found.items()}


def hidden(db: Database) -> set[int]:
    """Ids of hidden photos."""
    with db.read() as session:
        return set(session.scalars(select(Photo.id).where(Photo.hidden)))


def not_same(db: Database) -> set[tuple[int, int]]:
    """Pairs marked as not the same."""
    with db.read() as session:
        pairs = session.execute(select(NotSame.first_photo_id, NotSame.second_photo_id))
        return {(first, second) for first, second in pairs}

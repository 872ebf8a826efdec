"""Write the statistics of photos, and assign new photos to split groups."""

from collections.abc import Sequence

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.datasets.splitting.groups import DATASET_SHARES, NewMembers, group_photos
from core.datasets.splitting.queries import read_grouped, read_ungrouped
from core.datasets.splitting.statistics import PhotoStatistics
from core.library.fingerprints.store import save_face_statistics, save_missing_shots
from models import Photo, SplitGroup

#: New photos that are grouped in one transaction.
_SLICE = 20_000


def save_statistics(
    session: Session, photo_id: int, face_ids: Sequence[int], statistics: PhotoStatistics
) -> None:
    """Write the statistics that are missing; `face_ids` are in the order of `statistics.faces`."""
    photo = session.get_one(Photo, photo_id)
    if photo.phash is None or photo.dhash is None:
        photo.phash, photo.dhash = statistics.hashes.picture.phash, statistics.hashes.picture.dhash
    photo.pixel_hash = photo.pixel_hash or statistics.hashes.pixels
    save_missing_shots(session, {photo_id: statistics.shot})
    save_face_statistics(session, dict(zip(face_ids, statistics.faces, strict=True)))


def group_new_photos(session: Session, *, after_id: int = 0) -> int | None:
    """Assign the next slice of photos to split groups permanently; returns the last photo id of the slice.

    Returns None when no photo is left. On PostgreSQL a lock keeps two transactions from grouping at once.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE split_group IN SHARE ROW EXCLUSIVE MODE"))
    new = read_ungrouped(session, after_id=after_id, limit=_SLICE)
    if not new:
        return None
    _write_groups(session, group_photos([*read_grouped(session), *new]))
    return new[-1].id


def _write_groups(session: Session, found: Sequence[NewMembers]) -> None:
    now = read_clock(session)
    new = [each for each in found if each.group is None]
    rows = [{"key": each.key, "split": each.choose_split(DATASET_SHARES), "created_at": now} for each in new]
    insert_new(session, SplitGroup, rows, ["key"])
    ids = dict(session.execute(select(SplitGroup.key, SplitGroup.id)).all())
    session.execute(
        update(Photo),
        [
            {"id": photo.id, "split_group_id": each.group.id if each.group else ids[each.key]}
            for each in found
            for photo in each.photos
        ],
    )

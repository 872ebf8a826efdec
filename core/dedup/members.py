"""The members of one duplicate group: who they are, and how they compare with the kept photo."""

from collections.abc import Collection

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from core.dedup.match import match_of
from core.dedup.store_embeddings import compare_anew
from core.dedup.store_similar import read_similar
from core.errors import InputError
from models import DuplicateGroup, DuplicateMember, Photo

#: Names the one lock that everybody takes who changes groups, on a database with many writers.
_LOCK = 7_364_211


def lock_groups(session: Session) -> None:
    """Let nobody else change groups until the transaction ends; on SQLite nobody else writes anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def lock_group(session: Session, group_id: int) -> DuplicateGroup:
    """The group, which nobody else changes meanwhile. InputError duplicate_group_not_found."""
    lock_groups(session)
    group = session.get(DuplicateGroup, group_id)
    if group is None:
        raise InputError("duplicate_group_not_found", f"There is no duplicate group {group_id}.")
    return group


def read_photos(session: Session, group_id: int) -> list[Photo]:
    """The group's photos."""
    query = select(Photo).join(DuplicateMember, DuplicateMember.photo_id == Photo.id)
    return list(session.scalars(query.where(DuplicateMember.group_id == group_id).order_by(Photo.id)))


def lay_out(session: Session, group: DuplicateGroup, *, limit: int | None = None) -> int:
    """Compare the members with the kept photo anew; how many left, being farther from it than `limit`."""
    kept = session.get_one(Photo, group.kept_photo_id)
    similar = read_similar(session, [kept.id]).get(kept.id, {})
    matches = [
        match_of(kept, photo, cosine=similar.get(photo.id)) for photo in read_photos(session, group.id)
    ]
    far = [match.photo_id for match in matches if limit is not None and not match.is_within(limit)]
    release(session, group, far)
    for match in matches:
        if match.photo_id not in far:
            member = session.get_one(DuplicateMember, match.photo_id)
            for name, value in match.columns().items():
                setattr(member, name, value)
    session.flush()
    measure(session, group)
    return len(far)


def release(session: Session, group: DuplicateGroup, photo_ids: Collection[int]) -> None:
    """Let photos out of a group: they are shown again, and the next duplicate job compares them anew."""
    session.flush()
    session.execute(
        delete(DuplicateMember).where(
            DuplicateMember.group_id == group.id, DuplicateMember.photo_id.in_(photo_ids)
        )
    )
    session.execute(update(Photo).where(Photo.id.in_(photo_ids)).values(hidden=False, compared_at=None))
    compare_anew(session, photo_ids)


def measure(session: Session, group: DuplicateGroup) -> None:
    """Bring the group's own figures up to its members; a photo alone is no group."""
    photos, least = session.execute(
        select(func.count(), func.min(DuplicateMember.similarity)).where(DuplicateMember.group_id == group.id)
    ).one()
    if photos < 2:
        release(session, group, [photo.id for photo in read_photos(session, group.id)])
        session.delete(group)
    else:
        group.photos, group.similarity = photos, least
    session.flush()

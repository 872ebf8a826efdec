"""A duplicate group for tests that need one to look at."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.database import read_clock
from models import DuplicateGroup, DuplicateMember, DuplicateState, Likeness, Photo


def add_group(session: Session, kept: int, *hidden: int) -> int:
    """An accepted duplicate group of photos by id; its id."""
    now = read_clock(session)
    group = DuplicateGroup(
        kept_photo_id=kept,
        state=DuplicateState.ACCEPTED,
        photos=1 + len(hidden),
        similarity=0.9,
        created_at=now,
    )
    session.add(group)
    session.flush()
    for photo_id in (kept, *hidden):
        session.add(
            DuplicateMember(
                photo_id=photo_id,
                group_id=group.id,
                likeness=Likeness.KEPT if photo_id == kept else Likeness.NEAR,
                phash_distance=0,
                dhash_distance=0,
                similarity=1.0,
            )
        )
        values = {"hidden": photo_id != kept, "compared_at": now}
        session.execute(update(Photo).where(Photo.id == photo_id).values(**values))
    return group.id

"""What becomes of duplicate groups whose photos are removed."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models import DuplicateGroup, DuplicateMember, Photo


def leave_groups(session: Session, photo_ids: Sequence[int]) -> None:
    """Take photos out of their groups.

    A group that loses its kept photo, or all others, ends: what it hid is shown again, and is compared anew
    by the next search for duplicates.
    """
    touched = select(DuplicateMember.group_id).where(DuplicateMember.photo_id.in_(photo_ids))
    groups = session.scalars(select(DuplicateGroup).where(DuplicateGroup.id.in_(touched))).all()
    session.execute(delete(DuplicateMember).where(DuplicateMember.photo_id.in_(photo_ids)))
    for group in groups:
        left = session.scalars(
            select(DuplicateMember.photo_id).where(DuplicateMember.group_id == group.id)
        ).all()
        if group.kept_photo_id not in photo_ids and len(left) > 1:
            group.photos = len(left)
            continue
        session.execute(
            update(Photo)
            .where(Photo.id.in_(left))
            .values(hidden=False, compared_at=None)
            .execution_options(synchronize_session=False)
        )
        session.execute(delete(DuplicateGroup).where(DuplicateGroup.id == group.id))

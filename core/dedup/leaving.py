"""Take photos that are to be removed out of their duplicate groups."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import in_slices
from core.dedup.members import lock_groups, measure, read_photos, release
from models import DuplicateGroup, DuplicateMember


def leave_groups(session: Session, photo_ids: Collection[int]) -> None:
    """No photo stays hidden for one that is gone.

    A group that loses its kept photo is dissolved: its other photos are shown again, and the next duplicate
    job compares them anew.
    """
    lock_groups(session)
    leaving = set(photo_ids)
    for some in in_slices(leaving):
        held = select(DuplicateMember.group_id).where(DuplicateMember.photo_id.in_(some))
        for group in session.scalars(select(DuplicateGroup).where(DuplicateGroup.id.in_(held))).all():
            everyone = {photo.id for photo in read_photos(session, group.id)}
            release(session, group, everyone if group.kept_photo_id in leaving else everyone & leaving)
            measure(session, group)

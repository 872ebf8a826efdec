""" "Not the same": what a person said of photos is remembered for ever, unless taken back at once."""

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.dedup.match import match_of
from core.dedup.members import lock_group, lock_groups, measure, read_photos, release
from core.dedup.store_similar import read_similar
from core.errors import InputError
from models import DuplicateGroup, DuplicateMember, DuplicateState, NotSame, Photo


def set_apart(session: Session, group_id: int, photo_id: int, *, account_id: int | None) -> int:
    """Take a photo out of its group for good; the id of the photo that it was said to differ from.

    It is set apart from every photo that is in the group. InputError duplicate_group_not_found,
    duplicate_member_not_found, duplicate_kept.
    """
    group = lock_group(session, group_id)
    others = [photo.id for photo in read_photos(session, group_id)]
    if photo_id not in others:
        raise InputError("duplicate_member_not_found", "This photo is not in the group.")
    if photo_id == group.kept_photo_id:
        raise InputError("duplicate_kept", "This is the kept photo; say it of another one, or keep another.")
    others.remove(photo_id)
    now = read_clock(session)
    rows = [
        {"first_photo_id": low, "second_photo_id": high, "account_id": account_id, "created_at": now}
        for low, high in (sorted((photo_id, other)) for other in others)
    ]
    insert_new(session, NotSame, rows, ["first_photo_id", "second_photo_id"])
    kept_id = group.kept_photo_id
    release(session, group, [photo_id])
    measure(session, group)
    return kept_id


def put_back(session: Session, photo_id: int, kept_id: int) -> int:
    """Undo `set_apart`: the photo is in the group of `kept_id` again; the group's id.

    InputError photo_not_found, or duplicate_member_not_found where the photo is in a group by now.
    """
    lock_groups(session)
    kept, photo = session.get(Photo, kept_id), session.get(Photo, photo_id)
    if kept is None or photo is None:
        raise InputError("photo_not_found", "One of the photos is gone.")
    if session.get(DuplicateMember, photo_id) is not None:
        raise InputError("duplicate_member_not_found", "The photo is in another group by now.")
    group = _group_of(session, kept)
    _forget(session, photo_id, [member.id for member in read_photos(session, group.id)])
    first = session.get_one(Photo, group.kept_photo_id)
    similar = read_similar(session, [photo_id]).get(photo_id, {})
    match = match_of(first, photo, cosine=similar.get(first.id))
    session.add(DuplicateMember(group_id=group.id, **match.columns()))
    group.state = DuplicateState.OPEN
    session.flush()
    measure(session, group)
    return group.id


def _group_of(session: Session, kept: Photo) -> DuplicateGroup:
    """The group in which the photo is; a new one, with it alone, where there is none any more."""
    member = session.get(DuplicateMember, kept.id)
    if member is not None:
        return session.get_one(DuplicateGroup, member.group_id)
    group = DuplicateGroup(
        kept_photo_id=kept.id,
        state=DuplicateState.OPEN,
        photos=1,
        similarity=1.0,
        created_at=read_clock(session),
    )
    session.add(group)
    session.flush()
    session.add(DuplicateMember(group_id=group.id, **match_of(kept, kept, cosine=None).columns()))
    session.flush()
    return group


def _forget(session: Session, photo_id: int, others: list[int]) -> None:
    session.execute(
        delete(NotSame).where(
            or_(
                (NotSame.first_photo_id == photo_id) & NotSame.second_photo_id.in_(others),
                (NotSame.second_photo_id == photo_id) & NotSame.first_photo_id.in_(others),
            )
        )
    )

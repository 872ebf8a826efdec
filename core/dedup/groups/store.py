"""Change duplicate groups: accept, reopen, keep another photo, mark as not the same, remove photos."""

import secrets
from collections.abc import Collection

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from core.database import in_slices, insert_new, read_clock
from core.dedup.grouping import match_of
from core.dedup.groups.queries import read_group_photos
from core.dedup.job_kind import LEAST_ACCEPTABLE
from core.dedup.queries import read_similar
from core.dedup.store import lock_groups, mark_uncompared
from core.errors import InputError
from models import DuplicateGroup, DuplicateMember, DuplicateState, NotSame, Photo


def accept_group(session: Session, group_id: int, *, account_id: int | None) -> DuplicateGroup:
    """Hide all photos of a group but the kept one. Raises InputError duplicate_group_not_found."""
    group = lock_group(session, group_id)
    group.state, group.settled = DuplicateState.ACCEPTED, True
    group.account_id, group.decided_at = account_id, read_clock(session)
    group.acceptance = None
    _hide(session, _replaced(DuplicateGroup.id == group_id), hidden=True)
    return group


def reopen_group(session: Session, group_id: int) -> DuplicateGroup:
    """Show the group's photos again. Raises InputError duplicate_group_not_found."""
    group = lock_group(session, group_id)
    group.state, group.acceptance = DuplicateState.OPEN, None
    _hide(session, _replaced(DuplicateGroup.id == group_id), hidden=False)
    compare_members(session, group)
    return group


def keep_photo(session: Session, group_id: int, photo_id: int, *, limit: int) -> int:
    """Keep another photo of the group; returns how many photos left it because they are not near that one.

    They are shown again, and the next duplicate job compares them again. Raises InputError:
    duplicate_group_not_found, duplicate_member_not_found.
    """
    group = lock_group(session, group_id)
    member = session.get(DuplicateMember, photo_id)
    if member is None or member.group_id != group_id:
        raise InputError("duplicate_member_not_found", "This photo is not in the group.")
    group.kept_photo_id, group.settled = photo_id, True
    left = compare_members(session, group, limit=limit)
    if group.state is DuplicateState.ACCEPTED:
        _hide(session, _replaced(DuplicateGroup.id == group_id), hidden=True)
    _hide(session, select(Photo.id).where(Photo.id == photo_id), hidden=False)
    return left


def accept_above(session: Session, similarity: float, *, account_id: int | None) -> tuple[str, int]:
    """Accept every open group of at least this similarity; returns a token for undo and the number of groups.

    Raises InputError option_invalid.
    """
    if not LEAST_ACCEPTABLE <= similarity <= 1:
        raise InputError("option_invalid", f"The similarity must be between {LEAST_ACCEPTABLE:.0%} and 100%.")
    lock_groups(session)
    chosen = (DuplicateGroup.state == DuplicateState.OPEN) & (DuplicateGroup.similarity >= similarity)
    _hide(session, _replaced(chosen), hidden=True)
    token = secrets.token_hex(16)
    accepted = session.execute(  # type: ignore[attr-defined]
        update(DuplicateGroup)
        .where(chosen)
        .values(
            state=DuplicateState.ACCEPTED,
            settled=True,
            acceptance=token,
            account_id=account_id,
            decided_at=read_clock(session),
        )
        .execution_options(synchronize_session=False)
    ).rowcount
    return token, accepted


def undo_acceptance(session: Session, token: str) -> int:
    """Undo one `accept_above`, except for groups decided again since; returns the number of groups."""
    lock_groups(session)
    chosen = DuplicateGroup.acceptance == token
    _hide(session, _replaced(chosen), hidden=False)
    reopened = session.execute(  # type: ignore[attr-defined]
        update(DuplicateGroup)
        .where(chosen)
        .values(state=DuplicateState.OPEN, acceptance=None)
        .execution_options(synchronize_session=False)
    ).rowcount
    return int(reopened)


def _replaced(*groups: object) -> Select[int]:
    """Ids of the photos of these groups, without the kept ones."""
    return (
        select(DuplicateMember.photo_id)
        .join(DuplicateGroup, DuplicateGroup.id == DuplicateMember.group_id)
        .where(*groups, DuplicateMember.photo_id != DuplicateGroup.kept_photo_id)  # type: ignore[arg-type]
    )


def _hide(session: Session, photo_ids: Select[int], *, hidden: bool) -> None:
    session.execute(
        update(Photo)
        .where(Photo.id.in_(photo_ids))
        .values(hidden=hidden)
        .execution_options(synchronize_session=False)
    )


def mark_not_same(session: Session, group_id: int, photo_id: int, *, account_id: int | None) -> int:
    """Remove a photo from its group for good; returns the id of the kept photo.

    The photo is marked as not the same as every photo of the group. Raises InputError:
    duplicate_group_not_found, duplicate_member_not_found, duplicate_kept.
    """
    group = lock_group(session, group_id)
    others = [photo.id for photo in read_group_photos(session, group_id)]
    if photo_id not in others:
        raise InputError("duplicate_member_not_found", "This photo is not in the group.")
    if photo_id == group.kept_photo_id:
        raise InputError("duplicate_kept", "This is the kept photo; keep another one first.")
    others.remove(photo_id)
    now = read_clock(session)
    rows = [
        {"first_photo_id": low, "second_photo_id": high, "account_id": account_id, "created_at": now}
        for low, high in (sorted((photo_id, other)) for other in others)
    ]
    insert_new(session, NotSame, rows, ["first_photo_id", "second_photo_id"])
    kept_id = group.kept_photo_id
    remove_members(session, group, [photo_id])
    update_group(session, group)
    return kept_id


def undo_not_same(session: Session, photo_id: int, kept_id: int) -> int:
    """Undo `mark_not_same`: put the photo back into the group of `kept_id`; returns the group's id.

    Raises InputError photo_not_found, duplicate_member_not_found if the photo has joined another group, or
    not_same_not_found if nobody marked the two as different.
    """
    lock_groups(session)
    kept, photo = session.get(Photo, kept_id), session.get(Photo, photo_id)
    if kept is None or photo is None:
        raise InputError("photo_not_found", "One of the photos was removed.")
    if session.get(DuplicateMember, photo_id) is not None:
        raise InputError("duplicate_member_not_found", "The photo is in another group now.")
    if session.get(NotSame, (min(photo_id, kept_id), max(photo_id, kept_id))) is None:
        raise InputError("not_same_not_found", "Nobody has marked these two photos as different.")
    group = _group_of(session, kept)
    _delete_not_same(session, photo_id, [member.id for member in read_group_photos(session, group.id)])
    first = session.get_one(Photo, group.kept_photo_id)
    similar = read_similar(session, [photo_id]).get(photo_id, {})
    match = match_of(first, photo, cosine=similar.get(first.id))
    session.add(DuplicateMember(group_id=group.id, **match.columns()))
    group.state = DuplicateState.OPEN
    session.flush()
    update_group(session, group)
    return group.id


def _group_of(session: Session, kept: Photo) -> DuplicateGroup:
    """The photo's group; a new one with this photo alone if it has none any more."""
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


def _delete_not_same(session: Session, photo_id: int, others: list[int]) -> None:
    session.execute(
        delete(NotSame).where(
            or_(
                (NotSame.first_photo_id == photo_id) & NotSame.second_photo_id.in_(others),
                (NotSame.second_photo_id == photo_id) & NotSame.first_photo_id.in_(others),
            )
        )
    )


def leave_groups(session: Session, photo_ids: Collection[int]) -> None:
    """Remove photos from their groups, before they are deleted.

    A group that loses its kept photo is deleted: its other photos are shown again, and the next duplicate
    job compares them again.
    """
    lock_groups(session)
    leaving = set(photo_ids)
    for some in in_slices(leaving):
        held = select(DuplicateMember.group_id).where(DuplicateMember.photo_id.in_(some))
        for group in session.scalars(select(DuplicateGroup).where(DuplicateGroup.id.in_(held))).all():
            everyone = {photo.id for photo in read_group_photos(session, group.id)}
            remove_members(session, group, everyone if group.kept_photo_id in leaving else everyone & leaving)
            update_group(session, group)


def lock_group(session: Session, group_id: int) -> DuplicateGroup:
    """The group, locked until the transaction ends. Raises InputError duplicate_group_not_found."""
    lock_groups(session)
    group = session.get(DuplicateGroup, group_id)
    if group is None:
        raise InputError("duplicate_group_not_found", f"There is no duplicate group {group_id}.")
    return group


def compare_members(session: Session, group: DuplicateGroup, *, limit: int | None = None) -> int:
    """Compare the members with the kept photo again.

    Members at a distance above `limit` leave the group; returns their number.
    """
    kept = session.get_one(Photo, group.kept_photo_id)
    similar = read_similar(session, [kept.id]).get(kept.id, {})
    matches = [
        match_of(kept, photo, cosine=similar.get(photo.id)) for photo in read_group_photos(session, group.id)
    ]
    far = [match.photo_id for match in matches if limit is not None and not match.is_within(limit)]
    remove_members(session, group, far)
    for match in matches:
        if match.photo_id not in far:
            member = session.get_one(DuplicateMember, match.photo_id)
            for name, value in match.columns().items():
                setattr(member, name, value)
    session.flush()
    update_group(session, group)
    return len(far)


def remove_members(session: Session, group: DuplicateGroup, photo_ids: Collection[int]) -> None:
    """Remove photos from a group: they are shown again, and the next duplicate job compares them again."""
    session.flush()
    session.execute(
        delete(DuplicateMember).where(
            DuplicateMember.group_id == group.id, DuplicateMember.photo_id.in_(photo_ids)
        )
    )
    session.execute(update(Photo).where(Photo.id.in_(photo_ids)).values(hidden=False, compared_at=None))
    mark_uncompared(session, photo_ids)


def update_group(session: Session, group: DuplicateGroup) -> None:
    """Update the group's number of photos and similarity; a group with one photo is deleted."""
    photos, least = session.execute(
        select(func.count(), func.min(DuplicateMember.similarity)).where(DuplicateMember.group_id == group.id)
    ).one()
    if photos < 2:
        remove_members(session, group, [photo.id for photo in read_group_photos(session, group.id)])
        session.delete(group)
    else:
        group.photos, group.similarity = photos, least
    session.flush()

"""Change duplicate groups: accept, reopen, keep another photo, mark as not the same, remove photos."""

import secrets
from collections.abc import Collection

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from core.database import in_slices, insert_new, read_clock
from core.dedup.grouping import match_of
from core.dedup.job_kind import LEAST_ACCEPTABLE
from core.dedup.queries import read_similar
from core.dedup.store import compare_anew, lock_groups
from core.errors import InputError
from models import DuplicateGroup, DuplicateMember, DuplicateState, NotSame, Photo


def accept_group(session: Session, group_id: int, *, account_id: int | None) -> DuplicateGroup:
    """Hide all photos of a group but the kept one. InputError duplicate_group_not_found."""
    group = lock_group(session, group_id)
    group.state, group.settled = DuplicateState.ACCEPTED, True
    group.account_id, group.decided_at = account_id, read_clock(session)
    group.acceptance = None
    _hide(session, _replaced(DuplicateGroup.id == group_id), hidden=True)
    return group


def reopen_group(session: Session, group_id: int) -> DuplicateGroup:
    """Show the group's photos again. InputError duplicate_group_not_found."""
    group = lock_group(session, group_id)
    group.state, group.acceptance = DuplicateState.OPEN, None
    _hide(session, _replaced(DuplicateGroup.id == group_id), hidden=False)
    lay_out(session, group)
    return group


def keep_photo(session: Session, group_id: int, photo_id: int, *, limit: int) -> int:
    """Keep another photo of the group; how many photos left it, not being near that one.

    They are shown again, and the next duplicate job compares them anew. InputError
    duplicate_group_not_found, duplicate_member_not_found.
    """
    group = lock_group(session, group_id)
    member = session.get(DuplicateMember, photo_id)
    if member is None or member.group_id != group_id:
        raise InputError("duplicate_member_not_found", "This photo is not in the group.")
    group.kept_photo_id, group.settled = photo_id, True
    left = lay_out(session, group, limit=limit)
    if group.state is DuplicateState.ACCEPTED:
        _hide(session, _replaced(DuplicateGroup.id == group_id), hidden=True)
    _hide(session, select(Photo.id).where(Photo.id == photo_id), hidden=False)
    return left


def accept_above(session: Session, similarity: float, *, account_id: int | None) -> tuple[str, int]:
    """Accept every open group whose photos are all at least so similar; a token for undo, and how many.

    InputError option_invalid.
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
    """Open again what one `accept_above` accepted, except what was decided anew since; how many groups."""
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
    """Ids of the photos for which a kept one stands."""
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

"""What a person may do with a duplicate group: hide all but the kept photo, take that back, keep another."""

import secrets

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.dedup.job_kind import LEAST_ACCEPTABLE
from core.dedup.members import lay_out, lock_group, lock_groups
from core.errors import InputError
from models import DuplicateGroup, DuplicateMember, DuplicateState, Photo


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

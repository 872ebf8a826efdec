"""Duplicate groups: list, read, accept, reopen, keep another photo, part and put back."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from core.dedup.groups.queries import GroupPlace, find_allowed_distance, read_group, read_groups
from core.dedup.groups.store import (
    accept_above,
    accept_group,
    keep_photo,
    mark_not_same,
    reopen_group,
    undo_acceptance,
    undo_not_same,
)
from models import DuplicateGroup as GroupRow
from models import Scope
from web.api_v1.access import caller
from web.api_v1.document import api_v1, operation
from web.api_v1.paging import read_text_cursor, text_cursor
from web.api_v1.schemas.duplicates import (
    Acceptance,
    AcceptMany,
    ChosenPhoto,
    DuplicateGroup,
    GroupList,
    GroupQuery,
    Kept,
    Parted,
    PutBack,
    Undo,
)
from web.extension import database

#: Photos of each group in a list; the group itself has up to 200.
_PHOTOS = 6


@api_v1.get("/duplicate-groups")
@operation(Scope.READ, answer=GroupList, tag="duplicates")
def list_duplicate_groups(query: GroupQuery) -> GroupList:
    """Open groups by falling similarity, or accepted ones, whose photos are hidden, newest first."""
    after = read_text_cursor(query.after, _place)
    with database().read() as rows:
        page = read_groups(rows, query.state, after=after, limit=query.limit, photos=_PHOTOS)
        following = None if page.next_place is None else _cursor(page.next_place)
        return GroupList(groups=[DuplicateGroup.of(view) for view in page.groups], next=following)


@api_v1.get("/duplicate-groups/<int:group_id>")
@operation(Scope.READ, answer=DuplicateGroup, tag="duplicates")
def read_duplicate_group(group_id: int) -> DuplicateGroup:
    """One group with up to 200 photos."""
    with database().read() as rows:
        return DuplicateGroup.of(read_group(rows, group_id))


@api_v1.post("/duplicate-groups/<int:group_id>/accept")
@operation(Scope.REVIEW, answer=DuplicateGroup, tag="duplicates", leads_only=True)
def accept_duplicate_group(group_id: int) -> DuplicateGroup:
    """Hide all photos of a group but the kept one."""
    with database().write() as rows:
        accept_group(rows, group_id, account_id=caller().account.id)
        return _answer(rows, group_id)


@api_v1.post("/duplicate-groups/<int:group_id>/reopen")
@operation(Scope.REVIEW, answer=DuplicateGroup, tag="duplicates", leads_only=True)
def reopen_duplicate_group(group_id: int) -> DuplicateGroup:
    """Show the photos of a group again."""
    with database().write() as rows:
        reopen_group(rows, group_id)
        return _answer(rows, group_id)


@api_v1.post("/duplicate-groups/<int:group_id>/keep")
@operation(Scope.REVIEW, answer=Kept, tag="duplicates", leads_only=True)
def keep_another_photo(group_id: int, json: ChosenPhoto) -> Kept:
    """Keep another photo of the group; photos that are not near it leave the group."""
    with database().write() as rows:
        left = keep_photo(rows, group_id, json.photo, limit=find_allowed_distance(rows, group_id))
        return Kept(group=_find(rows, group_id), left=left)


@api_v1.post("/duplicate-groups/<int:group_id>/not-same")
@operation(Scope.REVIEW, answer=Parted, tag="duplicates", errors=(409,), leads_only=True)
def part_photo(group_id: int, json: ChosenPhoto) -> Parted:
    """Remove a photo that shows another picture from its group for good."""
    with database().write() as rows:
        kept_id = mark_not_same(rows, group_id, json.photo, account_id=caller().account.id)
        return Parted(group=_find(rows, group_id), photo=json.photo, kept=kept_id)


@api_v1.post("/duplicate-groups/put-back")
@operation(Scope.REVIEW, answer=DuplicateGroup, tag="duplicates", leads_only=True)
def put_photo_back(json: PutBack) -> DuplicateGroup:
    """Undo `not-same`: the photo joins the group of the kept one, which is made again if it is gone."""
    with database().write() as rows:
        return _answer(rows, undo_not_same(rows, json.photo, json.kept))


@api_v1.post("/duplicate-groups/accept")
@operation(Scope.REVIEW, answer=Acceptance, tag="duplicates", leads_only=True)
def accept_many_groups(json: AcceptMany) -> Acceptance:
    """Accept every open group of at least this similarity."""
    with database().write() as rows:
        token, groups = accept_above(rows, json.similarity, account_id=caller().account.id)
    return Acceptance(groups=groups, acceptance=token)


@api_v1.post("/duplicate-groups/reopen")
@operation(Scope.REVIEW, answer=Acceptance, tag="duplicates", leads_only=True)
def reopen_many_groups(json: Undo) -> Acceptance:
    """Undo an acceptance of many groups, except for groups that were decided again since."""
    with database().write() as rows:
        groups = undo_acceptance(rows, json.acceptance)
    return Acceptance(groups=groups, acceptance=json.acceptance)


def _find(rows: Session, group_id: int) -> DuplicateGroup | None:
    return None if rows.get(GroupRow, group_id) is None else _answer(rows, group_id)


def _answer(rows: Session, group_id: int) -> DuplicateGroup:
    # Photos were hidden and shown by statements that left the rows in memory as they were.
    rows.flush()
    rows.expire_all()
    return DuplicateGroup.of(read_group(rows, group_id))


def _cursor(place: GroupPlace) -> str:
    # A cursor's texts have no colon, so times are seconds.
    decided = "" if place.decided_at is None else place.decided_at.timestamp().hex()
    return text_cursor(place.similarity.hex(), decided, str(place.id))


def _place(similarity: str, decided: str, group_id: str) -> GroupPlace:
    return GroupPlace(
        id=int(group_id[:18]),
        similarity=float.fromhex(similarity),
        decided_at=datetime.fromtimestamp(float.fromhex(decided), UTC) if decided else None,
    )

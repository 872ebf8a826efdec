"""Read what grouping needs: hashes and sizes of photos, their groups, and what a person set apart."""

from collections.abc import Collection, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import in_slices
from core.dedup.grouping import Apart, Candidate, apart
from core.dedup.plan import StandingGroup, Surroundings
from core.dedup.store_similar import read_similar
from models import DuplicateGroup, DuplicateMember, NotSame, Photo, PhotoEmbedding


def read_surroundings(session: Session, photo_ids: Collection[int]) -> Surroundings:
    """The surroundings of these photos, with all members of the open groups that hold one of them."""
    groups = {group.group_id: group for group in _groups_of(session, photo_ids)}
    open_members = {i for group in groups.values() if not group.settled for i in group.photo_ids}
    everyone = {*photo_ids, *open_members, *(group.kept_id for group in groups.values())}
    return Surroundings(
        candidates=read_candidates(session, everyone),
        groups=groups,
        not_same=read_not_same(session, everyone),
        similar=read_similar(session, everyone),
    )


def read_candidates(session: Session, photo_ids: Collection[int]) -> dict[int, Candidate]:
    """What grouping needs of photos that have hashes, by id."""
    columns = (Photo.id, Photo.phash, Photo.dhash, Photo.pixel_hash, Photo.width, Photo.height, Photo.bytes)
    query = select(*columns, PhotoEmbedding.picture).where(Photo.phash.is_not(None))
    query = query.outerjoin(PhotoEmbedding, PhotoEmbedding.photo_id == Photo.id)
    return {
        photo_id: Candidate(
            photo_id=photo_id,
            phash=phash or 0,
            dhash=dhash or 0,
            pixel_hash=pixel_hash,
            pixels=round(width * height * (1 if picture is None else picture)),
            bytes=size,
        )
        for some in in_slices(photo_ids)
        for photo_id, phash, dhash, pixel_hash, width, height, size, picture in session.execute(
            query.where(Photo.id.in_(some))
        )
    }


def read_not_same(session: Session, photo_ids: Collection[int]) -> Apart:
    """What a person said of these photos is not the same."""
    query = select(NotSame.first_photo_id, NotSame.second_photo_id)
    pairs = {
        (first, second)
        for some in in_slices(photo_ids)
        for column in (NotSame.first_photo_id, NotSame.second_photo_id)
        for first, second in session.execute(query.where(column.in_(some)))
    }
    return apart(pairs)


def _groups_of(session: Session, photo_ids: Collection[int]) -> Iterator[StandingGroup]:
    found = {
        group_id
        for some in in_slices(photo_ids)
        for group_id in session.scalars(
            select(DuplicateMember.group_id).where(DuplicateMember.photo_id.in_(some))
        )
    }
    for some in in_slices(found):
        members: dict[int, set[int]] = {}
        pairs = select(DuplicateMember.group_id, DuplicateMember.photo_id)
        for group_id, photo_id in session.execute(pairs.where(DuplicateMember.group_id.in_(some))):
            members.setdefault(group_id, set()).add(photo_id)
        for group in session.scalars(select(DuplicateGroup).where(DuplicateGroup.id.in_(some))):
            yield StandingGroup(
                group_id=group.id,
                kept_id=group.kept_photo_id,
                settled=group.settled,
                photo_ids=frozenset(members[group.id]),
            )

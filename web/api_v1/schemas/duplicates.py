"""Groups of photos that show the same picture, and what people decide about them."""

from datetime import datetime
from typing import Self

from pydantic import Field

from core.dedup.groups.queries import GroupView, MemberView
from core.dedup.job_kind import LEAST_ACCEPTABLE
from models import DuplicateState, Likeness
from web.api_v1.schemas.base import Answer, Asked, ListQuery


class GroupQuery(ListQuery):
    """Which groups to list."""

    state: DuplicateState = DuplicateState.OPEN
    limit: int = Field(50, ge=1, le=100)


class GroupPhoto(Answer):
    """A photo of a group, compared with the kept one."""

    photo_id: int
    sha256: str
    width: int
    height: int
    bytes: int
    hidden: bool
    likeness: Likeness
    phash_distance: int = Field(description="Bits by which the hashes differ from the kept photo's.")
    dhash_distance: int
    similarity: float = Field(description="1: both hashes are the same.")
    cosine: float | None = Field(description="Where the photos are only similar.")

    @classmethod
    def of(cls, view: MemberView) -> Self:
        """The photo as answered."""
        photo, member = view.photo, view.member
        return cls(
            photo_id=photo.id,
            sha256=photo.sha256,
            width=photo.width,
            height=photo.height,
            bytes=photo.bytes,
            hidden=photo.hidden,
            likeness=member.likeness,
            phash_distance=member.phash_distance,
            dhash_distance=member.dhash_distance,
            similarity=member.similarity,
            cosine=view.cosine,
        )


class DuplicateGroup(Answer):
    """A group: one photo is kept, the others are hidden once it is accepted."""

    id: int
    state: DuplicateState
    kept_photo_id: int
    photos: int
    similarity: float = Field(description="Of the photo least like the kept one, 0 to 1.")
    cosine: float | None = Field(description="Of the least similar photo, if it is only similar.")
    settled: bool = Field(description="Whether a person accepted it or chose the kept photo.")
    decided_at: datetime | None
    job_id: int | None = Field(description="The job that found it.")
    created_at: datetime
    members: list[GroupPhoto] = Field(description="The kept photo first, then by falling similarity.")

    @classmethod
    def of(cls, view: GroupView) -> Self:
        """The group as answered."""
        names = set(cls.model_fields) - {"cosine", "members"}
        return cls(
            **{name: getattr(view.group, name) for name in names},
            cosine=view.cosine,
            members=[GroupPhoto.of(member) for member in view.members],
        )


class GroupList(Answer):
    """A page of groups with their first photos."""

    groups: list[DuplicateGroup]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class ChosenPhoto(Asked):
    """A photo of the group."""

    photo: int = Field(ge=1, le=2**53)


class Kept(Answer):
    """A group with another kept photo; null where every other photo left it."""

    group: DuplicateGroup | None
    left: int = Field(description="Photos that are not near the kept one, and so left the group.")


class Parted(Answer):
    """A photo that left a group for good."""

    group: DuplicateGroup | None = Field(description="Null where only one photo was left.")
    photo: int
    kept: int = Field(description="The kept photo: `put-back` takes both.")


class PutBack(Asked):
    """A photo to put back into the group of a kept one."""

    photo: int = Field(ge=1, le=2**53)
    kept: int = Field(ge=1, le=2**53)


class AcceptMany(Asked):
    """Which open groups to accept."""

    similarity: float = Field(ge=LEAST_ACCEPTABLE, le=1, description="The least one.")


class Acceptance(Answer):
    """Groups that were accepted or reopened at once."""

    groups: int
    acceptance: str = Field(description="Names them, so that all can be undone together.")


class Undo(Asked):
    """An acceptance of many groups."""

    acceptance: str = Field(pattern=r"^[0-9a-f]{32}$")

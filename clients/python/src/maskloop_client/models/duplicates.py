# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: duplicates."""

import datetime as dt

from maskloop_client.models.base import Model


class GroupPhoto(Model):
    """A photo of a group, compared with the kept one."""

    photo_id: int
    sha256: str
    width: int
    height: int
    bytes: int
    hidden: bool
    #: One of kept, pixels, near, similar.
    likeness: str
    #: Bits by which the hashes differ from the kept photo's.
    phash_distance: int
    dhash_distance: int
    #: 1: both hashes are the same.
    similarity: float
    #: Where the photos are only similar.
    cosine: float | None


class DuplicateGroup(Model):
    """A group: one photo is kept, the others are hidden once it is accepted."""

    id: int
    #: One of open, accepted.
    state: str
    kept_photo_id: int
    photos: int
    #: Of the photo least like the kept one, 0 to 1.
    similarity: float
    #: Of the least similar photo, if it is only similar.
    cosine: float | None
    #: Whether a person accepted it or chose the kept photo.
    settled: bool
    decided_at: dt.datetime | None
    #: The job that found it.
    job_id: int | None
    created_at: dt.datetime
    #: The kept photo first, then by falling similarity.
    members: list[GroupPhoto]


class Kept(Model):
    """A group with another kept photo; null where every other photo left it."""

    group: DuplicateGroup | None
    #: Photos that are not near the kept one, and so left the group.
    left: int


class Parted(Model):
    """A photo that left a group for good."""

    #: Null where only one photo was left.
    group: DuplicateGroup | None
    photo: int
    #: The kept photo: `put-back` takes both.
    kept: int


class Acceptance(Model):
    """Groups that were accepted or reopened at once."""

    groups: int
    #: Names them, so that all can be undone together.
    acceptance: str

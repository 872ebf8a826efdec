"""Photos that show the same picture: one is kept, the others may be hidden, none is deleted."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class DuplicateState(StrEnum):
    """State of a duplicate group."""

    #: To be reviewed; photos that joined since the last review are not hidden.
    OPEN = "open"
    #: All but the kept photo are hidden.
    ACCEPTED = "accepted"


class Likeness(StrEnum):
    """How a member matches the kept photo."""

    #: It is the kept photo.
    KEPT = "kept"
    #: Every pixel is the same.
    PIXELS = "pixels"
    #: Both hashes are close.
    NEAR = "near"
    #: The hashes differ, but one photo was found inside the other.
    SIMILAR = "similar"


class DuplicateGroup(Base):
    """A duplicate group; every member matches the kept photo itself, not only another member."""

    __tablename__ = "duplicate_group"
    __table_args__ = (
        Index("ix_duplicate_group_state_similarity", "state", "similarity", "id"),
        Index("ix_duplicate_group_state_decided", "state", "decided_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kept_photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), index=True)
    state: Mapped[DuplicateState] = mapped_column(text_enum(DuplicateState))
    #: True once a person has accepted the group or chosen the kept photo: grouping then leaves both alone.
    settled: Mapped[bool] = mapped_column(default=False)
    #: Photos in it, the kept one included.
    photos: Mapped[int]
    #: Of the member least like the kept photo, 0 to 1.
    similarity: Mapped[float]
    #: Identifies an acceptance of many groups at once, so that it can be undone as one.
    acceptance: Mapped[str | None] = mapped_column(String(32), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]
    #: The job that found it.
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]


class DuplicateMember(Base):
    """A photo's place in its group, the kept photo's too; a photo is in one group at most."""

    __tablename__ = "duplicate_member"

    photo_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    group_id: Mapped[int] = mapped_column(ForeignKey("duplicate_group.id", ondelete="CASCADE"), index=True)
    likeness: Mapped[Likeness] = mapped_column(text_enum(Likeness))
    #: Bits by which its hashes differ from the kept photo's.
    phash_distance: Mapped[int]
    dhash_distance: Mapped[int]
    #: 1 where both hashes are the same, less by 1/128 a bit. Half the cosine of the embeddings where it is in
    #: the group by those alone: so it comes after the others, and no acceptance of many groups reaches it.
    similarity: Mapped[float]


class NotSame(Base):
    """Two photos that a person marked as different; no job groups them again."""

    __tablename__ = "not_same"

    #: The smaller photo id of the two.
    first_photo_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    second_photo_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]

"""One change that a person made to a photo's boxes."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class BoxEditKind(StrEnum):
    """What was done."""

    DRAW = "draw"
    #: Moved or resized: a drawn face takes the place of the one before.
    MOVE = "move"
    REMOVE = "remove"
    #: A box that the detector proposed is right.
    ACCEPT = "accept"
    LABEL = "label"
    #: Every face of the photo has its box.
    BOXED = "boxed"
    #: Not every face has one after all.
    UNBOXED = "unboxed"


class BoxEdit(Base):
    """An edit as its page sent it, with all that undo needs; rows are never taken away."""

    __tablename__ = "box_edit"
    __table_args__ = (Index("ix_box_edit_photo_id_id", "photo_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    #: Made by the browser, so that an edit that is sent twice is done once.
    key: Mapped[str] = mapped_column(String(36), unique=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"), index=True)
    kind: Mapped[BoxEditKind] = mapped_column(text_enum(BoxEditKind))
    #: The face that was made, removed, accepted or labelled; NULL for the photo as a whole.
    face_id: Mapped[int | None] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), index=True)
    #: Whose place the made face took.
    replaced_id: Mapped[int | None] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), index=True)
    #: What a label wrote.
    decision_id: Mapped[int | None] = mapped_column(
        ForeignKey("decision.id", ondelete="SET NULL"), index=True
    )
    #: {"face id": [`Face.box_state` before, after]}.
    states: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    #: NULL while the edit stands; redo takes the time away again.
    undone_at: Mapped[datetime | None]

"""The table of box edits."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum


class BoxEditKind(StrEnum):
    """Kinds of edits."""

    DRAW = "draw"
    #: Moved or resized: a drawn face replaces the old one.
    MOVE = "move"
    REMOVE = "remove"
    #: A proposed box was confirmed.
    ACCEPT = "accept"
    LABEL = "label"
    #: All faces of the photo have boxes.
    BOXED = "boxed"
    #: The mark of BOXED was removed.
    UNBOXED = "unboxed"


class BoxEdit(Base):
    """One edit with the data needed to undo it; rows are never deleted."""

    __tablename__ = "box_edit"
    __table_args__ = (Index("ix_box_edit_photo_id_id", "photo_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    #: Made by the browser, so that an edit sent twice is applied once.
    key: Mapped[str] = mapped_column(String(36), unique=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"), index=True)
    kind: Mapped[BoxEditKind] = mapped_column(text_enum(BoxEditKind))
    #: The face that was added, removed, accepted or labelled; NULL for edits of the photo.
    face_id: Mapped[int | None] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), index=True)
    #: The face that was replaced by a move.
    replaced_id: Mapped[int | None] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), index=True)
    #: The decision that a label added.
    decision_id: Mapped[int | None] = mapped_column(
        ForeignKey("decision.id", ondelete="SET NULL"), index=True
    )
    #: {"face id": [`Face.box_state` before, after]}.
    states: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    #: NULL unless the edit is undone.
    undone_at: Mapped[datetime | None]

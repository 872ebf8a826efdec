"""The table of decisions."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum
from models.label import Choice, Label, NoLabel


class Decision(Base):
    """One answer to a face by a person or an imported set; rows are only added, the newest counts."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_face_id_id", "face_id", "id"),
        # Finds what an import assumed.
        Index(
            "ix_decision_assumed",
            "job_id",
            "id",
            sqlite_where=text("assumed"),
            postgresql_where=text("assumed"),
        ),
        Index(
            "ix_decision_cannot_tell",
            "id",
            sqlite_where=text("cannot_tell = 1"),
            postgresql_where=text("cannot_tell"),
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"))
    #: NULL undoes the same person's earlier decision, unless `cannot_tell` is true.
    label: Mapped[Label | None] = mapped_column(text_enum(Label))
    #: The person cannot tell which label is right: the face has no label while this decision counts.
    cannot_tell: Mapped[bool] = mapped_column(default=False, server_default=false())
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"), index=True)
    #: Where it was made: `import`, `evaluation`, `results`, `boxes`, `face page`, `api`, `file` for a line of
    #: JSON, `settled` for a lead's decision that ends a conflict, or `review N` for a queue.
    queue: Mapped[str] = mapped_column(String(40))
    #: The import job that added it.
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), index=True)
    #: Time from showing the face to the decision; NULL if not measured, as in an import.
    milliseconds: Mapped[int | None]
    #: Kind of mask, if an imported set contains it: `cloth_mask`, `n95_mask`, `surgical_mask` ...
    mask_kind: Mapped[str | None] = mapped_column(String(40))
    #: Whether the import took a detection for no face because the set has no box there.
    assumed: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]

    @property
    def choice(self) -> Choice | None:
        """What was answered; None if the decision undoes an earlier one."""
        return NoLabel.CANNOT_TELL if self.cannot_tell else self.label

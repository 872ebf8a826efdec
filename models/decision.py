"""One labelling event."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, text_enum
from models.label import Label


class Decision(Base):
    """What somebody, or an imported set, said of a face; only ever added, and the newest counts."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_face_id_id", "face_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"))
    #: NULL takes the same person's earlier decision back: undo adds one too.
    label: Mapped[Label | None] = mapped_column(text_enum(Label))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"), index=True)
    #: Where it was decided: `import`, `evaluation`, `results` or a review queue's name.
    queue: Mapped[str] = mapped_column(String(40))
    #: The import job that brought it.
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), index=True)
    #: From the face being shown to the decision; NULL where nobody looked, as in an import.
    milliseconds: Mapped[int | None]
    #: Kind of mask where an imported set tells: `cloth_mask`, `n95_mask`, `surgical_mask` ...
    mask_kind: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]

"""The tables of audit samples: faces and photos drawn at random from a job, and the target of its shares."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, BigKey, JsonObject, text_enum
from models.label import Label


class AuditSample(Base):
    """One sample of a job's faces, undecided when it was drawn; more of them can be drawn later.

    What was a face of the job at the draw, and undecided, is found again by `decisions_until`,
    `faces_until` and `drawn_at`: the sample stands for these faces, whatever is decided later.
    """

    __tablename__ = "audit_sample"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    #: The version whose predictions divided the faces into strata: the job's version at the draw.
    classifier_version_id: Mapped[int] = mapped_column(ForeignKey("classifier_version.id"))
    #: The queue in which its faces are decided; NULL after its deletion, and for a sample of photos alone.
    queue_id: Mapped[int | None] = mapped_column(
        ForeignKey("review_queue.id", ondelete="SET NULL"), index=True
    )
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    #: The job that draws it, or drew it last.
    draw_job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id", ondelete="SET NULL"), index=True)
    #: Orders the faces and photos: the same seed and faces give the same sample.
    seed: Mapped[int] = mapped_column(BigInteger)
    #: Faces and photos wanted; fewer are drawn where the job has fewer.
    faces: Mapped[int]
    photos: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    #: When it was first drawn; NULL until then.
    drawn_at: Mapped[datetime | None]
    #: Highest `Decision.id` and `Face.id` at the first draw.
    decisions_until: Mapped[int] = mapped_column(BigInteger, default=0)
    faces_until: Mapped[int] = mapped_column(BigInteger, default=0)
    #: When the faces of the job were last counted, and its counters of photos then.
    counted_at: Mapped[datetime | None]
    photos_done: Mapped[int] = mapped_column(default=0)
    photos_removed: Mapped[int] = mapped_column(default=0)
    #: Faces that were decided before the draw, as [{"predicted", "decided", "faces", "drawn"}]; people drew
    #: `drawn` of them.
    decided: Mapped[list[dict[str, Any]]] = mapped_column(JsonObject, default=list)
    #: Faces that the sample does not stand for, as `AuditCounts` writes them: {"later": 3}.
    left_out: Mapped[dict[str, Any]] = mapped_column(JsonObject, default=dict)


class AuditStratum(Base):
    """Faces of one predicted label and range of sureness, of which some were drawn."""

    __tablename__ = "audit_stratum"
    __table_args__ = (UniqueConstraint("sample_id", "name"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("audit_sample.id", ondelete="CASCADE"))
    #: Unique within the sample, such as `with_mask 0.80`.
    name: Mapped[str] = mapped_column(String(40))
    predicted: Mapped[Label] = mapped_column(text_enum(Label))
    #: Probability of the predicted label: from this one on, and below that one.
    sure_from: Mapped[float]
    sure_below: Mapped[float]
    #: Faces that were undecided at the draw, counted at `AuditSample.counted_at`, and how many were drawn.
    faces: Mapped[int]
    drawn: Mapped[int]
    #: Mean probability of the predicted label.
    confidence: Mapped[float]


class AuditFace(Base):
    """A face that was drawn; a photo that a job lists twice may be drawn twice."""

    __tablename__ = "audit_face"
    __table_args__ = (
        UniqueConstraint("sample_id", "position", "face_id"),
        Index("ix_audit_face_sample_id_rank", "sample_id", "rank"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("audit_sample.id", ondelete="CASCADE"))
    face_id: Mapped[int] = mapped_column(ForeignKey("face.id", ondelete="CASCADE"), index=True)
    #: `JobPhoto.position` of its photo.
    position: Mapped[int]
    #: `AuditStratum.name`.
    stratum: Mapped[str] = mapped_column(String(40))
    #: Its predicted label and the probability of it, at the draw.
    predicted: Mapped[Label] = mapped_column(text_enum(Label))
    sureness: Mapped[float]
    #: Place in the random order of its stratum, and in the order in which the queue gives the faces out.
    place: Mapped[int]
    rank: Mapped[int]
    #: Its chance of being in the sample, over all draws so far: faces drawn from its stratum / faces in it.
    chance: Mapped[float]


class AuditPhoto(Base):
    """A photo that was drawn, in which people box every face."""

    __tablename__ = "audit_photo"
    __table_args__ = (UniqueConstraint("sample_id", "photo_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("audit_sample.id", ondelete="CASCADE"))
    photo_id: Mapped[int] = mapped_column(ForeignKey("photo.id", ondelete="CASCADE"), index=True)
    #: `JobPhoto.position` of its first file.
    position: Mapped[int]
    #: Place in the random order of the job's photos.
    place: Mapped[int]
    chance: Mapped[float]


class ShareTarget(Base):
    """What the share of one label should be in a job, such as at least 95% with mask."""

    __tablename__ = "share_target"

    job_id: Mapped[int] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), primary_key=True)
    label: Mapped[Label] = mapped_column(text_enum(Label))
    #: The share that is wanted at least, 0 to 1.
    at_least: Mapped[float]
    #: What the interval said of it when it was last judged: met, missed or undecided; NULL before.
    judged: Mapped[str | None] = mapped_column(String(16))
    #: What it was judged from, so that nothing is judged twice.
    judged_from: Mapped[str | None] = mapped_column(String(160))

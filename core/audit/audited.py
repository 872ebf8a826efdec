"""The drawn faces of a sample with what people decided, and which of them count as audited."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.audit.population import choice_of
from core.estimates.evidence import AuditedFace
from core.labels.final_label import DecidedLabel
from models import AuditFace, NoLabel


@dataclass(frozen=True, kw_only=True)
class DrawnFace:
    """A face of a sample with what people decided about it."""

    face: AuditFace
    photo_id: int
    #: What counts now; None for an undecided face.
    decided: DecidedLabel | None
    decided_at: datetime | None = None
    account_id: int | None = None
    #: Whether it was answered in the sample's queue, where the prediction is hidden.
    blind: bool
    #: Whether its turn in the random order has come.
    reached: bool
    #: Whether it counts as audited: decided, and its turn has come.
    counts: bool


@dataclass(frozen=True, kw_only=True)
class Audit:
    """The drawn faces of a sample in the order of its queue."""

    faces: tuple[DrawnFace, ...] = ()

    @property
    def audited(self) -> tuple[DrawnFace, ...]:
        """Those that count."""
        return tuple(face for face in self.faces if face.counts)

    @property
    def left(self) -> int:
        """Faces that wait for a decision; a conflict waits too."""
        return sum(face.decided in (None, DecidedLabel.CONFLICT) for face in self.faces)

    @property
    def conflicts(self) -> int:
        """Faces about which two people disagree."""
        return sum(face.decided is DecidedLabel.CONFLICT for face in self.faces)

    @property
    def skipped(self) -> int:
        """Faces without an answer, though later faces of their stratum have one."""
        return sum(face.reached and face.decided is None for face in self.faces)

    @property
    def cannot_tell(self) -> int:
        """Audited faces of which people cannot tell the label."""
        return sum(face.decided is DecidedLabel.CANNOT_TELL for face in self.audited)

    @property
    def seen(self) -> int:
        """Audited faces decided elsewhere, where the prediction may have been visible."""
        return sum(not face.blind for face in self.audited)

    def evidence(self, groups: Mapping[tuple[int, int], str] | None = None) -> tuple[AuditedFace, ...]:
        """The audited faces for the estimator; with `groups`, those whose (position, face id) has a group."""
        return tuple(
            AuditedFace(
                stratum=one.face.stratum,
                photo=one.photo_id,
                predicted=one.face.predicted,
                decided=NoLabel.CANNOT_TELL if one.decided is None else choice_of(one.decided),
                group="" if groups is None else groups[one.face.position, one.face.face_id],
                chance=one.face.chance,
            )
            for one in self.audited
            if groups is None or (one.face.position, one.face.face_id) in groups
        )

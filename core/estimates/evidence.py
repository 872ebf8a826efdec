"""What is known of the faces of a job: counts of undecided faces, audited faces and decided faces."""

from collections import Counter
from dataclasses import dataclass

from models.label import Choice, Label


@dataclass(frozen=True, kw_only=True)
class PopulationCell:
    """Faces of one stratum, predicted label and group that were undecided when the audit was drawn.

    The audited ones count too.
    """

    stratum: str
    #: The most probable label; None for a face without a prediction.
    predicted: Label | None
    faces: int
    group: str = ""
    #: Mean probability of the predicted label; used for planning alone, never for an estimate.
    confidence: float = 0.9

    def __post_init__(self) -> None:
        if self.faces < 0:
            raise ValueError(f"a cell has {self.faces} faces")


@dataclass(frozen=True, kw_only=True)
class AuditedFace:
    """A face that was drawn at random and then decided by a person who did not see the prediction."""

    stratum: str
    #: Any number that is the same for the faces of one photo.
    photo: int
    predicted: Label | None
    #: What the person said, `not_a_face` and `cannot_tell` too.
    decided: Choice
    group: str = ""
    #: The chance with which it was drawn, over all draws so far; only ratios inside a cell matter.
    chance: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.chance <= 1:
            raise ValueError(f"the chance of being drawn is {self.chance}")


@dataclass(frozen=True, kw_only=True)
class DecidedCell:
    """Faces that a person decided outside the audit; their decisions are taken as they are."""

    predicted: Label | None
    decided: Choice
    faces: int
    group: str = ""

    def __post_init__(self) -> None:
        if self.faces < 0:
            raise ValueError(f"a cell has {self.faces} faces")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All faces of a job: each is in `population` or in `decided`, and the audited ones are listed.

    Raises ValueError where a cell has more audited faces than faces.
    """

    population: tuple[PopulationCell, ...] = ()
    audited: tuple[AuditedFace, ...] = ()
    decided: tuple[DecidedCell, ...] = ()

    def __post_init__(self) -> None:
        left = Counter[tuple[str, Label | None, str]]()
        for cell in self.population:
            left[cell.stratum, cell.predicted, cell.group] += cell.faces
        left.subtract((face.stratum, face.predicted, face.group) for face in self.audited)
        for (stratum, predicted, group), faces in left.items():
            if faces < 0:
                place = f"stratum {stratum!r}, predicted {predicted}, group {group!r}"
                raise ValueError(f"more audited faces than faces: {place}")

    @property
    def faces(self) -> int:
        """Undecided and decided faces."""
        return sum(cell.faces for cell in self.population) + sum(cell.faces for cell in self.decided)

    @property
    def groups(self) -> list[str]:
        """Names of the groups that have faces, sorted."""
        named = {cell.group for cell in self.population if cell.faces}
        return sorted(named | {cell.group for cell in self.decided if cell.faces})

    def of_group(self, group: str) -> "Evidence":
        """What is known of one group alone."""
        return Evidence(
            population=tuple(cell for cell in self.population if cell.group == group),
            audited=tuple(face for face in self.audited if face.group == group),
            decided=tuple(cell for cell in self.decided if cell.group == group),
        )

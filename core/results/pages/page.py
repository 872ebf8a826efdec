"""One page of results, as the database gave it."""

from dataclasses import dataclass

from core.labels.shown_label import ShownLabel
from core.results.pages.face import ResultFace
from models import JobPhotoState, Photo


@dataclass(frozen=True, kw_only=True)
class ResultPhoto:
    """One file of a job with what was found in it; `photo` is None where it could not be read."""

    position: int
    name: str
    state: JobPhotoState
    photo: Photo | None
    error_code: str | None
    error_message: str | None
    faces: tuple[ResultFace, ...]

    @property
    def label_counts(self) -> list[tuple[ShownLabel, int]]:
        """Labels that its faces have, with how many have each."""
        counts = [(label, sum(face.label == label for face in self.faces)) for label in ShownLabel]
        return [(label, count) for label, count in counts if count]


@dataclass(frozen=True, kw_only=True)
class ResultsPage:
    """Photos in listing order, and the positions from which the neighbouring pages go on."""

    photos: tuple[ResultPhoto, ...]
    #: Give it as `after` for the next page; None at the end.
    next_after: int | None
    #: Give it as `before` for the previous page; None at the start.
    previous_before: int | None
    #: True where looking stopped for its cost, so that more may fit beyond.
    cut_short: bool = False


@dataclass(frozen=True, kw_only=True)
class ErrorCount:
    """How many photos failed with one code, among the first that failed."""

    code: str
    #: What was said of one of them.
    example: str
    photos: int
    #: True where more failed than were counted, so that `photos` is a lower bound.
    at_least: bool

"""The filter of a results page."""

from dataclasses import dataclass
from enum import StrEnum

from core.errors import InputError


class Shown(StrEnum):
    """The photos to show."""

    ALL = "all"
    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    INCORRECT = "incorrect"
    INDETERMINATE = "indeterminate"
    #: Photos with a box that nobody has labelled, and no version.
    NOT_LABELLED = "not_labelled"
    NO_FACE = "no_face"
    FAILED = "failed"
    #: Photos of a labelled set with objects that were not imported.
    LEFT_OUT = "left_out"


class ShownLabels(StrEnum):
    """Which of its labels a face is shown with."""

    #: What people decided, else the prediction; with the boxes that people drew, and without removed ones.
    FINAL = "final"
    #: What the job itself found, whatever people said since.
    PREDICTED = "predicted"


@dataclass(frozen=True, kw_only=True)
class ResultsFilter:
    """A filter of photos; by default all."""

    shown: Shown = Shown.ALL
    labels: ShownLabels = ShownLabels.FINAL
    #: Photos with a face less sure than this, 0 to 1; a decided face is sure.
    confidence_below: float | None = None
    #: Only failed photos with this code.
    error_code: str | None = None
    #: Leave out photos that are hidden as duplicates.
    without_hidden: bool = False

    def __post_init__(self) -> None:
        if self.confidence_below is not None and not 0 < self.confidence_below <= 1:
            raise InputError("filter_invalid", "The confidence must be above 0 and at most 1.")

    @property
    def is_sparse(self) -> bool:
        """Whether no index covers the filter, so that rows must be scanned."""
        return self.confidence_below is not None or self.error_code is not None or self.without_hidden

    @property
    def query(self) -> dict[str, str]:
        """The filter as query arguments, which `read_filter` reads; none for the default."""
        given = {
            "show": "" if self.shown is Shown.ALL else self.shown.value,
            "below": "" if self.confidence_below is None else f"{self.confidence_below:g}",
            "error": self.error_code or "",
            "hidden": "out" if self.without_hidden else "",
            "labels": "" if self.labels is ShownLabels.FINAL else self.labels.value,
        }
        return {key: value for key, value in given.items() if value}


def read_filter(
    show: str | None,
    below: str | None,
    error: str | None,
    hidden: str | None = None,
    labels: str | None = None,
) -> ResultsFilter:
    """The filter of query arguments; InputError filter_invalid."""
    try:
        shown, chosen = Shown(show or "all"), ShownLabels(labels or "final")
        confidence = float(below) if below else None
    except ValueError as error_:
        raise InputError("filter_invalid", "The address names a filter that does not exist.") from error_
    return ResultsFilter(
        shown=shown,
        labels=chosen,
        confidence_below=confidence,
        error_code=error or None,
        without_hidden=hidden == "out",
    )

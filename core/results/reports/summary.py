"""Counts, shares and distributions of a report, computed while its rows stream by."""

import heapq
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from core.errors import PermanentError
from core.labels.final_label import FinalLabel
from core.labels.shown_label import ShownLabel
from core.results.reports.rows import FaceBox, FaceRow, JobCounts, PhotoRow
from models.job_photo import JobPhotoState

#: Bin width of the histogram of confidence.
HISTOGRAM_BINS = 20
#: Number of least certain photos to keep.
LEAST_CERTAIN = 50
#: Example files per error code.
ERROR_EXAMPLES = 3
#: Lower bounds of the classes of faces per photo.
FACES_PER_PHOTO = (0, 1, 2, 3, 4, 5, 10, 20, 50)


@dataclass(frozen=True, kw_only=True)
class ErrorExample:
    """A file that could not be read, and why."""

    name: str
    message: str


@dataclass(kw_only=True)
class Summary:
    """Running totals; their size does not depend on the number of photos."""

    photos: int = 0
    photos_done: int = 0
    photos_failed: int = 0
    photos_without_face: int = 0
    #: Faces that count, by final label.
    labels: Counter[FinalLabel] = field(default_factory=Counter)
    #: Photos with at least one face of the final label.
    photos_with: Counter[FinalLabel] = field(default_factory=Counter)
    #: Faces that the job found, by predicted label.
    predicted: Counter[ShownLabel] = field(default_factory=Counter)
    photos_without_predicted: int = 0
    #: Faces that people or an imported set decided, also as no face.
    decided: int = 0
    boxes: Counter[FaceBox] = field(default_factory=Counter)
    #: Faces that the job found, by predicted label and bin of confidence.
    histogram: dict[ShownLabel, list[int]] = field(
        default_factory=lambda: {label: [0] * HISTOGRAM_BINS for label in ShownLabel}
    )
    #: Readable photos by class of `FACES_PER_PHOTO`.
    faces_per_photo: list[int] = field(default_factory=lambda: [0] * len(FACES_PER_PHOTO))
    #: Hidden duplicates that the report leaves out.
    left_out: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[ErrorExample]] = field(default_factory=dict)
    #: Readable photos by licence, "" if unknown.
    licences: Counter[str] = field(default_factory=Counter)
    _heap: list[tuple[float, int, PhotoRow]] = field(default_factory=list)

    def add(self, row: PhotoRow) -> None:
        """Count one file."""
        self.photos += 1
        if row.state is JobPhotoState.FAILED:
            self._add_failed(row)
        elif row.state is JobPhotoState.DONE:
            self._add_done(row)

    @property
    def faces(self) -> int:
        """Number of faces that count."""
        return self.labels.total()

    @property
    def removed(self) -> int:
        """Found boxes that people removed or replaced."""
        return self.boxes[FaceBox.REMOVED] + self.boxes[FaceBox.REPLACED]

    @property
    def photos_waiting(self) -> int:
        """Files that the job did not process."""
        return self.photos - self.photos_done - self.photos_failed

    def share(self, label: FinalLabel) -> float:
        """Share of the faces that count with this final label, 0 to 1; 0 without faces."""
        return self.labels[label] / self.faces if self.faces else 0.0

    @property
    def predicted_counts(self) -> JobCounts:
        """The counts that the job's counters hold too."""
        return JobCounts(
            photos=self.photos,
            photos_done=self.photos_done,
            photos_failed=self.photos_failed,
            photos_without_face=self.photos_without_predicted,
            **{label.value: self.predicted[label] for label in ShownLabel},
        )

    def least_certain(self) -> list[PhotoRow]:
        """The photos with the least certain faces, worst first."""
        return [row for _, _, row in sorted(self._heap, key=lambda item: (-item[0], -item[1]))]

    def check(self, counters: JobCounts, left_out: JobCounts) -> None:
        """Compare the counts with the job's counters; PermanentError report_mismatch.

        `left_out` are the counts of rows that are not in this summary.
        """
        kept, without = asdict(counters), asdict(left_out)
        wrong = [
            f"{name} is {value + without[name]:,} by the rows and {kept[name]:,} by the job's counter"
            for name, value in asdict(self.predicted_counts).items()
            if value + without[name] != kept[name]
        ]
        if wrong:
            raise PermanentError(
                "report_mismatch", f"The report does not agree with its job: {'; '.join(wrong)}."
            )

    def _add_failed(self, row: PhotoRow) -> None:
        self.photos_failed += 1
        code = row.error_code or "unknown"
        self.errors[code] += 1
        examples = self.examples.setdefault(code, [])
        if len(examples) < ERROR_EXAMPLES:
            examples.append(ErrorExample(name=row.name, message=row.error_message or ""))

    def _add_done(self, row: PhotoRow) -> None:
        self.photos_done += 1
        self.licences[row.licence or ""] += 1
        self.photos_without_predicted += not any(face.is_found for face in row.faces)
        counted = row.counted
        self.photos_without_face += not counted
        self.faces_per_photo[bisect_right(FACES_PER_PHOTO, len(counted)) - 1] += 1
        for face in row.faces:
            self._add_face(face)
        self.labels.update(face.final for face in counted)
        self.photos_with.update({face.final for face in counted})
        self._keep_if_uncertain(row)

    def _add_face(self, face: FaceRow) -> None:
        self.boxes[face.box] += 1
        self.decided += face.decided is not None
        if face.is_found and face.predicted is not None and face.score is not None:
            label = ShownLabel(face.predicted.value)
            self.predicted[label] += 1
            self.histogram[label][min(int(face.score * HISTOGRAM_BINS), HISTOGRAM_BINS - 1)] += 1

    def _keep_if_uncertain(self, row: PhotoRow) -> None:
        confidence = row.least_confidence
        if confidence is None:
            return
        # A heap gives its smallest item up first: negated, that is the most certain, latest photo.
        item = (-confidence, -row.position, row)
        if len(self._heap) < LEAST_CERTAIN:
            heapq.heappush(self._heap, item)
        elif item > self._heap[0]:
            heapq.heapreplace(self._heap, item)


def summarise(rows: Iterable[PhotoRow]) -> Summary:
    """Count all rows."""
    summary = Summary()
    for row in rows:
        summary.add(row)
    return summary

"""The data of a report: the job, its files and their faces."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from core.detection.face import DetectedFace
from core.detection.photo import note_words
from core.labels.shown_label import ShownLabel, shown_label
from core.library.credits import Credit
from core.library.files.skipping import SkippedNames
from core.library.selection.model import LibrarySelection
from models.job import Job
from models.job_photo import JobPhotoState


@dataclass(frozen=True, kw_only=True)
class JobCounts:
    """Counts of a job's photos and faces, as in its counter columns."""

    photos: int
    photos_done: int
    photos_failed: int
    photos_without_face: int
    with_mask: int
    without_mask: int
    incorrect: int
    indeterminate: int

    @classmethod
    def of_job(cls, job: Job) -> Self:
        """The job's own counters."""
        return cls(
            photos=job.photos_found,
            photos_done=job.photos_done,
            photos_failed=job.photos_failed,
            photos_without_face=job.photos_without_face,
            with_mask=job.faces_with_mask,
            without_mask=job.faces_without_mask,
            incorrect=job.faces_incorrect,
            indeterminate=job.faces_indeterminate,
        )


@dataclass(frozen=True, kw_only=True)
class ClassifierView:
    """The classifier version that gave the probabilities."""

    name: str
    #: SHA-256 of its file.
    sha256: str
    card: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class JobView:
    """One job as its report describes it, independent of a session."""

    job_id: int
    title: str
    #: Absolute folder that was read; None for uploads.
    folder: str | None
    #: Name of the account that requested the job; None if it is deleted.
    started_by: str | None
    created_at: datetime
    started_at: datetime | None
    #: When this view was read, the time of the report.
    read_at: datetime
    classifier: ClassifierView | None
    detector_key: str | None
    smallest_face: int
    indeterminate_below: float
    files_ignored: int
    skipped: SkippedNames
    counts: JobCounts
    #: Whether the report leaves out photos hidden as duplicates.
    leave_out_hidden: bool = False
    #: The photos of the library that were read; None for folders and uploads.
    selection: LibrarySelection | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceRow:
    """One shown face; the box is in pixels of the upright full-size photo, x2 and y2 exclusive."""

    face_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    label: ShownLabel
    #: Probability of the most probable label, also where `label` is indeterminate.
    score: float
    with_mask: float
    without_mask: float
    incorrect: float
    not_a_face: float
    #: The face detector's own confidence.
    detector_score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PhotoRow:
    """One file of the job; fields of a decoded photo are None if it could not be read."""

    #: 0, 1, 2 ... in listing order.
    position: int
    name: str
    #: Raw bytes of the name, if it is not UTF-8.
    locator: bytes
    state: JobPhotoState
    photo_id: int | None
    sha256: str | None
    width: int | None
    height: int | None
    format: str | None
    frames: int | None
    error_code: str | None
    error_message: str | None
    #: Whether the photo is hidden as a duplicate.
    hidden: bool
    faces: tuple[FaceRow, ...]
    #: Where this job found it: its path, or its name in the upload.
    place: str
    #: Origin and licence of the photo; None for a file that could not be read.
    credit: Credit | None = None
    #: Values of `PhotoNote`.
    notes: tuple[str, ...] = ()

    @property
    def source(self) -> str | None:
        """The source to attribute, else the place in this job."""
        if self.credit is None:
            return None
        return self.credit.place if self.credit.attribution else self.place

    @property
    def licence(self) -> str | None:
        """Short name of the licence, None if unknown."""
        return self.credit.licence if self.credit else None

    @property
    def attribution(self) -> str | None:
        """The attribution line, None if nothing is known."""
        return (self.credit.attribution or None) if self.credit else None

    def count(self, label: ShownLabel) -> int:
        """Faces shown with this label."""
        return sum(face.label is label for face in self.faces)

    @property
    def least_confidence(self) -> float | None:
        """Score of the least certain face, None without faces."""
        return min((face.score for face in self.faces), default=None)

    @property
    def note(self) -> str:
        """Remarks on the file, such as the number of frames."""
        return note_words(self.frames or 1, self.notes)


def face_rows(faces: Sequence[DetectedFace], *, indeterminate_below: float) -> tuple[FaceRow, ...]:
    """The faces that a report shows, with numbers 1, 2, 3 ... in place of ids."""
    rows: list[FaceRow] = []
    for face in faces:
        label = shown_label(face.label, face.confidence, indeterminate_below)
        if label is None:
            continue
        with_mask, without_mask, incorrect, not_a_face = face.probabilities
        row = FaceRow(
            face_id=len(rows) + 1,
            **vars(face.found.box),
            label=label,
            score=face.confidence,
            with_mask=with_mask,
            without_mask=without_mask,
            incorrect=incorrect,
            not_a_face=not_a_face,
            detector_score=face.found.score,
        )
        rows.append(row)
    return tuple(rows)

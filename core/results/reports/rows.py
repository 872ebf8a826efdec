"""The data of a report: the job, its files and their faces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from core.detection.face import DetectedFace, Probabilities, highest
from core.detection.photo import note_words
from core.labels.final_label import Decided, FinalLabel, PredictedLabel, predicted_label
from core.library.credits import Credit
from core.library.files.skipping import SkippedNames
from core.library.selection.model import LibrarySelection
from core.predict.job_faces import JobFace
from models.face import BoxState
from models.job import Job
from models.job_photo import JobPhotoState


@dataclass(frozen=True, kw_only=True)
class JobCounts:
    """Counts of a job's photos and faces as its counter columns hold them: those of predicted labels."""

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
    #: Whether the report names the people who decided.
    names_people: bool = False
    #: The photos of the library that were read; None for folders and uploads.
    selection: LibrarySelection | None = None


class FaceBox(StrEnum):
    """Where a box comes from, and whether it still is one of the photo's."""

    FOUND = "found"
    #: Drawn by a person or a labelled set.
    DRAWN = "drawn"
    #: Found by the detector, and removed by a person.
    REMOVED = "removed"
    #: Found by the detector, and replaced by a box that a person drew.
    REPLACED = "replaced"


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceRow:
    """One face of a report; the box is in pixels of the upright full-size photo, x2 and y2 exclusive.

    A report has the faces that the job found and those that count in the end: so also what people took for no
    face, removed or replaced, whose `counts` is False.
    """

    face_id: int
    x1: float
    y1: float
    x2: float
    y2: float
    box: FaceBox
    #: None without a prediction of the job's version, as for most drawn boxes.
    predicted: PredictedLabel | None
    #: None for a face that nobody decided.
    decided: Decided | None
    final: FinalLabel
    #: Name of the account that decided; None where the report names nobody.
    decided_by: str | None = None
    #: Calibrated; empty without a prediction.
    probabilities: Probabilities
    #: The face detector's own confidence; None for a drawn box.
    detector_score: float | None

    @property
    def counts(self) -> bool:
        """Whether it is one of the photo's faces, by its final label."""
        return self.final.counts

    @property
    def is_found(self) -> bool:
        """Whether it is one of the faces that the job itself found and counted."""
        return self.box is not FaceBox.DRAWN and self.predicted is not PredictedLabel.NOT_A_FACE

    @property
    def score(self) -> float | None:
        """Probability of the most probable label, also where the prediction is indeterminate."""
        return highest(self.probabilities) if self.probabilities else None

    @property
    def rank_score(self) -> float | None:
        """Detector's confidence times `score`, by which detections are ranked; None for a drawn box."""
        if self.score is None or self.detector_score is None:
            return None
        return self.detector_score * self.score

    @property
    def unsure_score(self) -> float | None:
        """The score of a face that counts and that nobody decided; None for every other one."""
        return self.score if self.counts and self.decided is None else None


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
    #: Those that the job found, then those that were drawn.
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

    @property
    def counted(self) -> tuple[FaceRow, ...]:
        """The faces that count."""
        return tuple(face for face in self.faces if face.counts)

    def count(self, label: FinalLabel) -> int:
        """Faces with this final label."""
        return sum(face.final is label for face in self.faces)

    def count_predicted(self, label: PredictedLabel) -> int:
        """Faces that the job found, with this predicted label."""
        return sum(face.predicted is label for face in self.faces if face.is_found)

    @property
    def least_confidence(self) -> float | None:
        """Score of the least certain face that nobody decided, None without one."""
        return min((face.unsure_score for face in self.faces if face.unsure_score is not None), default=None)

    @property
    def note(self) -> str:
        """Remarks on the file, such as the number of frames."""
        return note_words(self.frames or 1, self.notes)


def detected_rows(faces: Sequence[DetectedFace], *, indeterminate_below: float) -> tuple[FaceRow, ...]:
    """The faces of a photo without a job, with numbers 1, 2, 3 ... in place of ids."""
    rows: list[FaceRow] = []
    for face in faces:
        label = predicted_label(face.label, face.confidence, indeterminate_below)
        if label is PredictedLabel.NOT_A_FACE:
            continue
        row = FaceRow(
            face_id=len(rows) + 1,
            **vars(face.found.box),
            box=FaceBox.FOUND,
            predicted=label,
            decided=None,
            final=FinalLabel(label.value),
            probabilities=face.probabilities,
            detector_score=face.found.score,
        )
        rows.append(row)
    return tuple(rows)


def report_row(face: JobFace, names: Mapping[int, str]) -> FaceRow | None:
    """A face of a job as its report has it; None for one that the job did not find and that does not count.

    `names` are those of accounts, by id; an account without one is not named.
    """
    is_shown = face.predicted is not None and face.is_found
    if not (is_shown or face.final.counts):
        return None
    decided = face.decided
    return FaceRow(
        face_id=face.face_id,
        x1=face.x1,
        y1=face.y1,
        x2=face.x2,
        y2=face.y2,
        box=_box_of(face),
        predicted=face.predicted,
        decided=decided,
        final=face.final,
        decided_by=names.get(decided.account_id) if decided and decided.account_id is not None else None,
        probabilities=face.probabilities,
        detector_score=None if face.drawn else face.detector_score,
    )


def _box_of(face: JobFace) -> FaceBox:
    if face.drawn:
        return FaceBox.DRAWN
    match face.labels.box_state:
        case BoxState.REMOVED:
            return FaceBox.REMOVED
        case BoxState.REPLACED:
            return FaceBox.REPLACED
        case _:
            return FaceBox.FOUND

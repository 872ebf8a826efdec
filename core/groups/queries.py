"""Read the files of a job with what they are grouped by and their predictions, slice by slice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.access.sessions import limited_to
from core.database import in_slices
from core.errors import InputError
from core.groups.grouping import By, PhotoFacts
from core.predict.found_faces import found_by
from models import Face, Job, JobPhoto, JobPhotoState, Label, Photo, Prediction, Source

#: Files read and held in memory at a time.
SLICE_PHOTOS = 5_000
#: Letters of the cells in `GroupedFile.cells`, by place in `Label` and range of probability.
_FIRST_LETTER = ord("A")


@dataclass(frozen=True, kw_only=True)
class Cells:
    """How predictions are counted: by label, and by ranges of its probability that begin at `sure_from`.

    The letters of faces with higher ids than `faces_until` are small: they came after an audit was drawn.
    """

    sure_from: tuple[float, ...] = (0.0,)
    faces_until: int | None = None

    def letter(self, label: Label, place: int) -> str:
        """The letter of a label and a place in `sure_from`."""
        return chr(_FIRST_LETTER + list(Label).index(label) * len(self.sure_from) + place)

    def parts(self, letter: str) -> tuple[Label, int]:
        """The label and the place in `sure_from` of a letter."""
        label, place = divmod(ord(letter.upper()) - _FIRST_LETTER, len(self.sure_from))
        return list(Label)[label], place

    @property
    def column(self) -> ColumnElement[str]:
        """The letter of a row of `Prediction` that is joined with its `Face`."""
        letter = case(*((Prediction.label == label, self._of_label(label)) for label in Label))
        if self.faces_until is None:
            return letter
        return case((Face.id > self.faces_until, func.lower(letter)), else_=letter)

    def _of_label(self, label: Label) -> ColumnElement[str]:
        column: InstrumentedAttribute[float] = getattr(Prediction, label.value)
        places = reversed(list(enumerate(self.sure_from)))
        ranges = [(column >= start, literal(self.letter(label, place))) for place, start in places if place]
        lowest = literal(self.letter(label, 0))
        return case(*ranges, else_=lowest) if ranges else lowest


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupedFile:
    """A file of a job."""

    position: int
    photo_id: int | None
    is_read: bool
    facts: PhotoFacts
    #: A letter for each predicted face.
    cells: str


def iterate_files(session: Session, job: Job, by: By, cells: Cells) -> Iterator[list[GroupedFile]]:
    """Slices of all files of the job, by position."""
    after = -1
    while rows := session.execute(_files_after(job, after, cells)).all():
        sources = _read_first_sources(session, by, [row[1] for row in rows if row[1]])
        yield [_file(job.id, by, sources, row) for row in rows]
        after = rows[-1][0]


def _file(job_id: int, by: By, sources: dict[int, str], row: Any) -> GroupedFile:
    position, photo_id, state, cells, name, taken_at, taken_offset, camera = row
    return GroupedFile(
        position=position,
        photo_id=photo_id,
        is_read=state is JobPhotoState.DONE,
        facts=PhotoFacts(
            job_id,
            name,
            taken_at,
            taken_offset,
            camera,
            sources.get(photo_id) if by is By.HOST else None,
            sources.get(photo_id) if by is By.PHRASE else None,
        ),
        cells=cells or "",
    )


def _files_after(job: Job, position: int, cells: Cells) -> Select[*tuple[Any, ...]]:
    predicted = (
        select(func.aggregate_strings(cells.column, ""))
        .select_from(Face)
        .join(Prediction, Prediction.face_id == Face.id)
        .where(
            Face.photo_id == JobPhoto.photo_id,
            found_by(job.detector_keys),
            Prediction.classifier_version_id == job.classifier_version_id,
        )
        .correlate(JobPhoto)
        .scalar_subquery()
    )
    return (
        select(
            JobPhoto.position,
            JobPhoto.photo_id,
            JobPhoto.state,
            predicted,
            JobPhoto.name,
            Photo.taken_at,
            Photo.taken_offset,
            Photo.camera,
        )
        .outerjoin(Photo, Photo.id == JobPhoto.photo_id)
        .where(JobPhoto.job_id == job.id, JobPhoto.position > position)
        .order_by(JobPhoto.position)
        .limit(SLICE_PHOTOS)
    )


def _read_first_sources(session: Session, by: By, photo_ids: Sequence[int]) -> dict[int, str]:
    """Host or phrase of the first source that has one, by photo id; nothing for other groupings.

    Raises InputError access_limited: a limited session reads not all sources, so its groups would be wrong.
    """
    columns: dict[By, InstrumentedAttribute[str | None]] = {By.HOST: Source.host, By.PHRASE: Source.phrase}
    if by not in columns:
        return {}
    if limited_to(session) is not None:
        raise InputError(
            "access_limited", f"Groups by {by.value} tell of other jobs; your account has some series only."
        )
    column, found = columns[by], dict[int, str]()
    for ids in in_slices(set(photo_ids)):
        query = select(Source.photo_id, column).where(Source.photo_id.in_(ids), column.is_not(None))
        for photo_id, value in session.execute(query.order_by(Source.id)):
            if value is not None:
                found.setdefault(photo_id, value)
    return found

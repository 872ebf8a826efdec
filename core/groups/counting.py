"""Count the files and faces of each group, in memory that only the number of groups needs."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from sqlalchemy.orm import Session

from core.audit.counts import FaceCounts
from core.audit.population import JobFace, Standing, read_faces
from core.database import in_slices
from core.estimates.evidence import AuditedFace, DecidedCell, Evidence, PopulationCell
from core.groups.evidence import JobAudit, of_job, population_cell, read_job_audit
from core.groups.grouping import Grouping, Unknown, key_of
from core.groups.queries import Cells, GroupedFile, iterate_files
from models import Job, Label

#: Groups that are kept apart; photos of further ones are counted together.
MOST_GROUPS = 2_000
#: Keys of rows that are no groups begin with this; a group's own key that does has it twice.
_SPECIAL = "?"
REST = f"{_SPECIAL}REST"


def special_key(unknown: Unknown) -> str:
    """The key of photos that have no group."""
    return f"{_SPECIAL}{unknown.name}"


@dataclass(kw_only=True)
class GroupCount:
    """Running totals of one group."""

    #: Files that were read, and that could not be.
    photos: int = 0
    failed: int = 0
    #: Faces by predicted label.
    predicted: Counter[Label] = field(default_factory=Counter)
    #: Undecided faces, audited ones among them, and decided faces.
    population: list[PopulationCell] = field(default_factory=list)
    audited: list[AuditedFace] = field(default_factory=list)
    decided: list[DecidedCell] = field(default_factory=list)
    #: Jobs without an audit that have undecided faces here.
    not_audited: set[int] = field(default_factory=set)

    @property
    def evidence(self) -> Evidence:
        """The input of the estimator."""
        return Evidence(
            population=tuple(self.population), audited=tuple(self.audited), decided=tuple(self.decided)
        )

    def add(self, other: "GroupCount") -> None:
        """Add the totals of another group."""
        self.photos += other.photos
        self.failed += other.failed
        self.predicted += other.predicted
        self.population += other.population
        self.audited += other.audited
        self.decided += other.decided
        self.not_audited |= other.not_audited


@dataclass(kw_only=True)
class GroupCounts:
    """Totals of all groups by key."""

    grouping: Grouping
    groups: dict[str, GroupCount] = field(default_factory=dict)
    #: Photos with a time but without the offset from UTC that a time zone needs.
    without_offset: int = 0
    #: Faces that came after the audit was drawn, and nobody decided.
    later: int = 0

    def find(self, file: GroupedFile) -> str:
        """The key of the file's group, which is there from now on."""
        found = key_of(self.grouping, file.facts)
        if isinstance(found, Unknown):
            key = special_key(found)
        else:
            key = f"{_SPECIAL}{found}" if found.startswith(_SPECIAL) else found
            if key not in self.groups and len(self.groups) >= MOST_GROUPS:
                key = REST
        if key not in self.groups:
            self.groups[key] = GroupCount()
        return key

    def add_file(self, file: GroupedFile) -> str:
        """Count one file without its faces; returns the key of its group."""
        key = self.find(file)
        if not file.is_read:
            self.groups[key].failed += 1
            return key
        self.groups[key].photos += 1
        if file.facts.taken_at is not None and file.facts.taken_offset is None:
            self.without_offset += 1
        return key


def count_groups(
    session: Session, jobs: Sequence[Job], grouping: Grouping, *, each: Callable[[], None] = lambda: None
) -> GroupCounts:
    """Count all files of the jobs, slice by slice; `each` is called before each slice, and may stop it."""
    counts = GroupCounts(grouping=grouping)
    for job in jobs:
        _JobCount(job=job, known=read_job_audit(session, job), counts=counts, each=each).run(session)
    return counts


@dataclass(kw_only=True)
class _JobCount:
    """Counts one job."""

    job: Job
    known: JobAudit
    counts: GroupCounts
    each: Callable[[], None]
    #: Predicted faces of untouched photos, by group and letter.
    letters: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    #: Faces of touched photos.
    faces: FaceCounts = field(default_factory=FaceCounts)
    #: Groups of audited faces by (position, face id).
    audited: dict[tuple[int, int], str] = field(default_factory=dict)

    def run(self, session: Session) -> None:
        """Count all files, then add what was counted to the groups."""
        cells = self.known.cells
        for files in iterate_files(session, self.job, self.counts.grouping.by, cells):
            self.each()
            touched: list[tuple[GroupedFile, str]] = []
            for file in files:
                key = self.counts.add_file(file)
                if file.is_read and file.photo_id in self.known.touched:
                    touched.append((file, key))
                elif file.is_read:
                    for letter, number in _counted(file.cells):
                        self.letters[key][letter] += number
            self._add_touched(session, touched)
        self._add_letters(cells)
        self._add_faces()

    def _add_touched(self, session: Session, touched: Sequence[tuple[GroupedFile, str]]) -> None:
        """Count the faces of these photos one by one."""
        drawn = self.known.drawn
        for ids in in_slices({file.photo_id for file, _ in touched if file.photo_id is not None}):
            by_photo = read_faces(session, self.job, self.known.point, ids)
            for file, key in touched:
                for face in by_photo.get(file.photo_id or 0, ()):
                    self._add_face(replace(face, position=file.position), key, drawn)

    def _add_face(self, face: JobFace, key: str, drawn: set[tuple[int, int]]) -> None:
        self.faces.add(face, key)
        if face.predicted is not None:
            self.counts.groups[key].predicted[face.predicted] += 1
        if face.standing is Standing.LATER:
            self.counts.later += 1
        if (face.position, face.face_id) in drawn and face.standing is Standing.SAMPLED:
            self.audited[face.position, face.face_id] = key

    def _add_letters(self, cells: Cells) -> None:
        for key, letters in self.letters.items():
            for letter, number in letters.items():
                self.counts.groups[key].predicted[cells.parts(letter)[0]] += number
                if letter.islower():
                    self.counts.later += number
                else:
                    self._add_population(key, [population_cell(self.job, cells, letter, number)])

    def _add_faces(self) -> None:
        evidence = self.faces.evidence()
        for cell in evidence.population:
            own = replace(cell, stratum=f"{self.job.id} {cell.stratum}", group="")
            self._add_population(cell.group, [own])
        for known in evidence.decided:
            self.counts.groups[known.group].decided.append(replace(known, group=""))
        for face in self.known.audit.evidence(self.audited):
            self.counts.groups[face.group].audited.append(of_job(self.job, face))

    def _add_population(self, key: str, population: Iterable[PopulationCell]) -> None:
        self.counts.groups[key].population += population
        if not self.known.audit.audited:
            self.counts.groups[key].not_audited.add(self.job.id)


@lru_cache(maxsize=10_000)
def _counted(cells: str) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(cells).items())

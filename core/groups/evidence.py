"""What is known of the faces of a job beyond predictions: decisions, edited boxes and its audit sample.

Nearly all photos have none of it, and the database counts their faces. The faces of the others are read one
by one, by the rules of the audit.
"""

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.audit.audited import Audit
from core.audit.population import DrawPoint
from core.audit.queries import find_standing_sample, point_of, read_audit
from core.audit.strata import STRATA, SURE_FROM
from core.estimates.evidence import AuditedFace, PopulationCell
from core.groups.queries import Cells
from models import DRAWN, BoxEdit, Decision, Face, Job, JobPhoto


@dataclass(frozen=True, kw_only=True)
class JobAudit:
    """The audit of a job, and the photos whose faces are read one by one."""

    point: DrawPoint
    audit: Audit
    #: Ids of photos with decided, drawn or edited faces.
    touched: frozenset[int]

    @property
    def cells(self) -> Cells:
        """How predictions are counted: as the strata of the sample."""
        return Cells(sure_from=SURE_FROM, faces_until=self.point.faces_until)

    @property
    def drawn(self) -> set[tuple[int, int]]:
        """(position, face id) of the audited faces."""
        return {(one.face.position, one.face.face_id) for one in self.audit.audited}


def read_job_audit(session: Session, job: Job) -> JobAudit:
    """The newest audit that stands for the job's photos; one without faces where there is none."""
    sample = find_standing_sample(session, job)
    point = point_of(sample) if sample is not None else None
    return JobAudit(
        point=point or DrawPoint.now(session),
        audit=read_audit(session, sample) if sample is not None and point is not None else Audit(),
        touched=_read_touched(session, job),
    )


def _read_touched(session: Session, job: Job) -> frozenset[int]:
    # Not a join: SQLite would read all faces of the library.
    decided = select(Face.photo_id).where(Face.id.in_(select(Decision.face_id)))
    drawn = select(Face.photo_id).where(Face.detector_key == DRAWN)
    edited = select(BoxEdit.photo_id)
    found: set[int] = set()
    for query, column in ((decided, Face.photo_id), (drawn, Face.photo_id), (edited, BoxEdit.photo_id)):
        found.update(session.scalars(query.where(_is_of(job, column)).distinct()))
    return frozenset(found)


def _is_of(job: Job, photo_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return exists().where(JobPhoto.job_id == job.id, JobPhoto.photo_id == photo_id)


def population_cell(job: Job, cells: Cells, letter: str, faces: int) -> PopulationCell:
    """Undecided faces of a letter; the strata of several jobs are kept apart."""
    label, place = cells.parts(letter)
    stratum = next(s for s in STRATA if s.predicted is label and s.sure_from == cells.sure_from[place])
    return PopulationCell(stratum=f"{job.id} {stratum.name}", predicted=label, faces=faces)


def of_job(job: Job, face: AuditedFace) -> AuditedFace:
    """An audited face in the strata of its job, without the name of its group."""
    return replace(face, stratum=f"{job.id} {face.stratum}", group="")

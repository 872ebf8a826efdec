"""Results that a run must have once, whatever happened to it: what is missing, and what is there twice."""

import csv
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from core.audit.job_kind import AUDIT
from core.boxes.job_kind import CLASSIFY
from core.crawl.job_kind import CRAWL
from core.datasets.importing.job_kind import IMPORT
from core.datasets.job_kind import FREEZE
from core.dedup.job_kind import DEDUP
from core.detectors.job_kind import EVALUATE_DETECTOR, TRAIN_DETECTOR
from core.errors import PermanentError
from core.evaluation.job_kind import EVALUATE
from core.exports.job_kind import EXPORT
from core.jobs.options import JobOptions
from core.library.files.store import PhotoStore, photo_store
from core.predict.extract.job_kind import EXTRACT
from core.predict.job_kind import PREDICT
from core.predict.report_stage import STANDARD_REPORTS, report_files
from core.removal.job_kind import REMOVE
from core.review.job_kind import AGREEMENT, REVIEW
from core.settings import Settings
from core.training.formats_job import VERSION_FORMATS
from core.training.importing.job_kind import IMPORT_VERSION
from core.training.job_kind import TRAIN
from models import (
    DRAWN,
    Agreement,
    ClassifierVersion,
    Dataset,
    Decision,
    DetectorVersion,
    Evaluation,
    Extraction,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    Photo,
    Prediction,
    QueueState,
    RemovedPhoto,
    Report,
    ReportFormat,
    ReportState,
    ReviewItem,
    ReviewQueue,
    Source,
    SourceKind,
    TrainingEpoch,
    VersionFile,
    VersionFileKind,
)

_REMOVED = "photo_removed"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What the jobs of a run were given."""

    #: Numbers of the jobs by kind.
    jobs: Mapping[str, int]
    #: Names of the photos by number of the job that must read each once.
    names: Mapping[int, frozenset[str]]
    #: Names of files that no job can read.
    unreadable: frozenset[str] = frozenset()
    #: The labelled faces that were there before.
    dataset_id: int
    champion_id: int
    #: Reports that were requested after the predict job was done.
    further_reports: frozenset[ReportFormat] = frozenset()
    #: Hosts whose photos a removal deleted.
    removed_hosts: frozenset[str] = field(default_factory=frozenset)

    @property
    def photos(self) -> int:
        """Photos to read, each in its job."""
        return sum(len(names - self.unreadable) for names in self.names.values())


def find_lost(session: Session, settings: Settings, expected: Expected) -> Iterator[str]:
    """Results that are not there, one line each."""
    for job_id, names in expected.names.items():
        yield from _lost_photos(session, job_id, names - expected.unreadable)
    failed = select(JobPhoto.job_id, JobPhoto.name, JobPhoto.error_code).where(
        JobPhoto.state != JobPhotoState.DONE,
        JobPhoto.error_code.is_distinct_from(_REMOVED),
        JobPhoto.job_id.not_in(expected.names),
    )
    for job_id, name, code in session.execute(failed):
        yield f"job {job_id}: {name} is not done ({code})"
    for query, words in _missing_rows(expected):
        for (id_,) in session.execute(query):
            yield f"{words} {id_}"
    yield from _lost_outcomes(session, expected)
    yield from _lost_files(session, settings, expected)


def find_doubled(session: Session, settings: Settings, expected: Expected) -> Iterator[str]:
    """Results that are there more than once, or that nothing asked for, one line each."""
    named = JobPhoto.error_code.is_distinct_from(_REMOVED)
    yield from _repeated(session, "name of job", JobPhoto.job_id, JobPhoto.name, where=named)
    box = (Face.photo_id, Face.detector_key, Face.x1, Face.y1, Face.x2, Face.y2)
    yield from _repeated(session, "face of photo", *box)
    of_import = Decision.job_id.is_not(None)
    yield from _repeated(session, "decision of", Decision.job_id, Decision.face_id, where=of_import)
    place = (Source.photo_id, Source.kind, Source.location_sha256, Source.phrase)
    yield from _repeated(session, "source of photo", *place)
    yield from _repeated(session, "item of queue", ReviewItem.queue_id, ReviewItem.face_id, ReviewItem.seat)
    yield from _repeated(session, "agreement of job", Agreement.job_id)
    yield from _repeated(
        session, "epoch of job", TrainingEpoch.job_id, TrainingEpoch.stage, TrainingEpoch.number
    )
    yield from _doubled_outcomes(session, expected)
    if PREDICT.name in expected.jobs:
        yield from _doubled_lines(session, settings, expected.jobs[PREDICT.name])


def _lost_photos(session: Session, job_id: int, names: Collection[str]) -> Iterator[str]:
    """A removal blanks the names of its photos, so those are only counted."""
    rows = select(JobPhoto.name, JobPhoto.state, JobPhoto.error_code).where(JobPhoto.job_id == job_id)
    found = session.execute(rows).all()
    done = {row.name for row in found if row.state is JobPhotoState.DONE}
    codes = {row.name: row.error_code for row in found}
    removed = sum(row.error_code == _REMOVED for row in found)
    missing = sorted(set(names) - done)
    for name in missing[: max(0, len(missing) - removed)]:
        yield f"job {job_id}: {name} is not done ({codes.get(name, 'no row')})"


def _missing_rows(expected: Expected) -> Iterator[tuple[Select[Any], str]]:
    """Queries for ids that lack a result, with words for it."""
    jobs = expected.jobs
    if PREDICT.name in jobs:
        read = select(JobPhoto.photo_id).where(JobPhoto.job_id == jobs[PREDICT.name])
        faces = select(Face.id).join(Job, Job.detector_key == Face.detector_key)
        of_job = (Job.id == jobs[PREDICT.name], Face.photo_id.in_(read))
        yield faces.where(*of_job, ~_is_predicted(Job.classifier_version_id)), "no prediction for face"
    if CLASSIFY.name in jobs:
        drawn = Face.id.in_(select(Decision.face_id).where(Decision.job_id.is_(None)))
        query = select(Face.id).where(Face.detector_key == DRAWN, drawn)
        yield query.where(~_is_predicted(expected.champion_id)), "no prediction for drawn face"
    if IMPORT.name in jobs:
        job_id = jobs[IMPORT.name]
        faces = select(Face.photo_id).join(Decision, Decision.face_id == Face.id)
        decided = faces.where(Decision.job_id == job_id)
        rows = select(JobPhoto.photo_id).where(JobPhoto.job_id == job_id, JobPhoto.photo_id.is_not(None))
        yield rows.where(JobPhoto.photo_id.not_in(decided)), "no decision for photo"
    if EXTRACT.name in jobs:
        searched = select(Extraction.photo_id).join(Job, Job.detector_key == Extraction.detector_key)
        by_job = searched.where(Job.id == jobs[EXTRACT.name])
        yield select(Photo.id).where(Photo.id.not_in(by_job)), "not searched: photo"
    if DEDUP.name in jobs:
        unknown = Photo.phash.is_(None) | Photo.compared_at.is_(None)
        yield select(Photo.id).where(unknown), "not compared: photo"
    if CRAWL.name in jobs:
        sources = select(Source.photo_id).where(Source.kind == SourceKind.CRAWL)
        rows = select(JobPhoto.photo_id).where(JobPhoto.job_id == jobs[CRAWL.name])
        fetched = rows.where(JobPhoto.photo_id.is_not(None))
        yield fetched.where(JobPhoto.photo_id.not_in(sources)), "no source for photo"


def _is_predicted(version: InstrumentedAttribute[int | None] | int) -> ColumnElement[bool]:
    return exists().where(Prediction.face_id == Face.id, Prediction.classifier_version_id == version)


def _lost_outcomes(session: Session, expected: Expected) -> Iterator[str]:
    """Jobs without what they were to make."""
    for kind, job_id in expected.jobs.items():
        job = session.get_one(Job, job_id)
        if not _has_outcome(session, job, expected):
            yield f"job {job_id} ({kind}) has made nothing"
        for follow_up in JobOptions.from_json(job.options).follow_up:
            if not _followers(session, job, follow_up):
                yield f"job {job_id} ({kind}) has no job {follow_up} after it"


def _has_outcome(session: Session, job: Job, expected: Expected) -> bool:
    if job.kind == EVALUATE.name:
        made = select(Evaluation.id).where(
            Evaluation.dataset_id == expected.dataset_id,
            Evaluation.classifier_version_id == expected.champion_id,
        )
    elif job.kind == FREEZE.name:
        made = select(Dataset.id).where(Dataset.id == job.dataset_id)
    elif job.kind == TRAIN.name:
        made = select(Evaluation.id).where(Evaluation.classifier_version_id == job.classifier_version_id)
    elif job.kind == IMPORT_VERSION.name:
        made = select(ClassifierVersion.id).where(ClassifierVersion.id == job.classifier_version_id)
    elif job.kind == VERSION_FORMATS.name:
        made = select(VersionFile.id).where(
            VersionFile.classifier_version_id == job.classifier_version_id,
            VersionFile.kind == VersionFileKind.ONNX,
        )
    elif job.kind in (TRAIN_DETECTOR.name, EVALUATE_DETECTOR.name):
        made = select(DetectorVersion.id).where(
            DetectorVersion.id == job.detector_version_id, DetectorVersion.evaluation.is_not(None)
        )
    elif job.kind == AGREEMENT.name:
        made = select(Agreement.id).where(Agreement.job_id == job.id)
    elif job.kind == EXPORT.name:
        # A removal that ended later has deleted its zip.
        made = select(Job.id).where(Job.id == job.id, Job.steps_done > 0)
    elif job.kind in (REVIEW.name, AUDIT.name):
        made = select(ReviewQueue.id).where(
            ReviewQueue.job_id == job.id, ReviewQueue.state == QueueState.OPEN, ReviewQueue.items > 0
        )
    else:
        return True
    return session.execute(made.limit(1)).first() is not None


def _lost_files(session: Session, settings: Settings, expected: Expected) -> Iterator[str]:
    """Reports and stored photos without their file; files of removed photos that are still there."""
    if PREDICT.name in expected.jobs:
        job_id = expected.jobs[PREDICT.name]
        rows = session.scalars(select(Report).where(Report.job_id == job_id)).all()
        ready = {row.format: row for row in rows if row.state is ReportState.READY and row.path}
        for fmt in (*STANDARD_REPORTS, *expected.further_reports):
            path = _file_of(settings, ready[fmt]) if fmt in ready else None
            if path is None or path.stat().st_size != ready[fmt].bytes:
                yield f"job {job_id}: no report {fmt.value}"
    for photo_id in session.scalars(select(Photo.id).where(Photo.erased_at.is_not(None))):
        yield f"deleted before its time: picture of photo {photo_id}"
    store = photo_store(settings)
    for sha256 in session.scalars(select(Photo.sha256).where(Photo.stored)):
        if not _is_whole(store, sha256):
            yield f"no file of photo {sha256}"
    if REMOVE.name not in expected.jobs:
        return
    for sha256 in session.scalars(select(RemovedPhoto.sha256)):
        if store.has(sha256):
            yield f"not removed: file of photo {sha256}"
    for name in session.scalars(select(Source.name).where(Source.host.in_(expected.removed_hosts))):
        yield f"not removed: {name}"


def _file_of(settings: Settings, report: Report) -> Path | None:
    """The file of a report on this host, fetched where an object store has it; None if it is nowhere."""
    try:
        path = report_files(settings).local(report.path or "", report.sha256)
    except FileNotFoundError:
        return None
    return path if path.is_file() else None


def _is_whole(store: PhotoStore, sha256: str) -> bool:
    """Whether the store has a photo; one that is fetched must have this hash."""
    try:
        return store.local(sha256).is_file()
    except PermanentError:
        return False


def _doubled_outcomes(session: Session, expected: Expected) -> Iterator[str]:
    """Rows that only jobs add: no more of them than jobs that were to add one."""
    made_by = ((Dataset, (FREEZE.name,)), (ClassifierVersion, (TRAIN.name, IMPORT_VERSION.name)))
    for table, kinds in made_by:
        found = session.scalars(select(func.count()).select_from(table)).one()
        wanted = 1 + sum(kind in expected.jobs for kind in kinds)
        if found > wanted:
            yield f"{table.__tablename__}: {found} instead of {wanted}"
    for kind, job_id in expected.jobs.items():
        job = session.get_one(Job, job_id)
        for follow_up in JobOptions.from_json(job.options).follow_up:
            if (count := _followers(session, job, follow_up)) > 1:
                yield f"job {job_id} ({kind}): {count} jobs {follow_up} after it"


def _followers(session: Session, job: Job, kind: str) -> int:
    """Jobs of that kind that were requested because this one ended; their title names it."""
    follower = aliased(Job)
    query = select(func.count()).where(follower.kind == kind, follower.title.endswith(job.title))
    return session.scalars(query).one()


def _doubled_lines(session: Session, settings: Settings, job_id: int) -> Iterator[str]:
    """Photos that the report lists twice."""
    written = select(Report).where(
        Report.job_id == job_id, Report.format == ReportFormat.PHOTOS_CSV, Report.path.is_not(None)
    )
    report = session.scalars(written.order_by(Report.id.desc())).first()
    path = _file_of(settings, report) if report is not None else None
    if path is None or report is None or report.path is None:
        return
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = Counter(row[0] for row in csv.reader(file))
    for name, times in names.items():
        if times > 1:
            yield f"job {job_id}: {times} lines of {name} in {Path(report.path).name}"


def _repeated(
    session: Session,
    words: str,
    *columns: InstrumentedAttribute[Any],
    where: ColumnElement[bool] | None = None,
) -> Iterator[str]:
    """Values that stand in more than one row."""
    query = select(*columns, func.count()).group_by(*columns).having(func.count() > 1)
    if where is not None:
        query = query.where(where)
    for row in session.execute(query):
        yield f"{words} {row[0]}: {row[-1]} times {', '.join(str(value) for value in row[1:-1])}"

"""For each table, which of its rows a limited account sees: the one place that says so.

A series is all jobs that a schedule has started. To it belong their photos and faces, and the queues that one
of these jobs fills or whose faces are of one of these jobs. Viewers see the photos of their series; reviewers
those with a face in one of their open queues. Every table is in exactly one of the groups below.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Select, and_, exists, false, literal, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType

import models as m
from models import Account, Base, Role

Condition = ColumnElement[bool]

#: Rows of a job, by the column that names it.
_OF_JOB: Mapping[type[Base], str] = {
    m.Job: "id",
    m.AuditSample: "job_id",
    m.Batch: "job_id",
    m.CrawlHit: "job_id",
    m.CrawlSearch: "job_id",
    m.FinalCount: "job_id",
    m.FinalSum: "job_id",
    m.ImportCount: "job_id",
    m.JobEvent: "job_id",
    m.JobPhoto: "job_id",
    m.Report: "job_id",
    m.ShareTarget: "job_id",
    m.TrainingEpoch: "job_id",
}
_OF_SCHEDULE: Mapping[type[Base], str] = {
    m.Schedule: "id",
    m.FolderWatch: "schedule_id",
    m.ScheduleRun: "schedule_id",
    m.TakenFile: "schedule_id",
}
_OF_QUEUE: Mapping[type[Base], str] = {
    m.ReviewQueue: "id",
    m.ReviewAction: "queue_id",
}
_OF_PHOTO: Mapping[type[Base], str] = {
    m.Photo: "id",
    m.AuditPhoto: "photo_id",
    m.BoxEdit: "photo_id",
    m.Extraction: "photo_id",
    m.Face: "photo_id",
    m.PhotoEmbedding: "photo_id",
}
_OF_FACE: Mapping[type[Base], str] = {
    m.AuditFace: "face_id",
    m.DatasetFace: "face_id",
    m.Decision: "face_id",
    m.FaceFlag: "face_id",
    m.Prediction: "face_id",
}
#: Rows that say nothing of anybody's jobs, photos or queues, or that jobs of a series name.
OPEN: frozenset[type[Base]] = frozenset(
    (
        m.AuditStratum,
        m.ClassifierVersion,
        m.Dataset,
        m.DetectorVersion,
        m.Evaluation,
        m.GuideVersion,
        m.Heartbeat,
        m.Installation,
        m.RequestCount,
        m.ReviewDay,
        m.SplitGroup,
        m.VersionFile,
        m.WorkCount,
    )
)
#: Rows that no limited account sees. Those of sign-ins and tokens are read before the limits hold.
CLOSED: frozenset[type[Base]] = frozenset(
    (
        m.Activity,
        m.Agreement,
        m.CrawlSlot,
        m.DetectorPromotion,
        m.DuplicateGroup,
        m.DuplicateMember,
        m.ExternalIdentity,
        m.GoldFace,
        m.IdempotencyKey,
        m.NotSame,
        m.Promotion,
        m.RemovedPhoto,
        m.SignInAttempt,
        m.SignInLink,
        m.SimilarPhotos,
        m.Takedown,
        m.Upload,
        m.UploadFile,
        m.Webhook,
        m.WebhookDelivery,
    )
)


def conditions_of(account: Account) -> dict[type[Base], Condition]:
    """For each table whose rows are not all open, what a row that the account sees must meet."""
    own = account.id
    is_reviewer = account.role is Role.REVIEWER
    of_photo, of_face = (_OpenToReview, _FaceOpenToReview) if is_reviewer else (_PhotoOfSeries, _FaceOfSeries)
    groups: tuple[tuple[Mapping[type[Base], str], type[_Seen]], ...] = (
        (_OF_JOB, _JobOfSeries),
        (_OF_SCHEDULE, _ScheduleOfSeries),
        (_OF_QUEUE, _SeenQueue),
        (_OF_PHOTO, of_photo),
        (_OF_FACE, of_face),
    )
    found: dict[type[Base], Condition] = {model: false() for model in CLOSED}
    for group, seen in groups:
        found |= {model: seen(getattr(model, column), own) for model, column in group.items()}
    return found | {
        # Places and names that other jobs have brought tell of them, though the photo is the same.
        m.Source: and_(of_photo(m.Source.photo_id, own), _JobOfSeries(m.Source.job_id, own)),
        # Also in other queues: an open conflict about a face of a series leaves it without a label.
        m.ReviewItem: or_(_SeenQueue(m.ReviewItem.queue_id, own), of_face(m.ReviewItem.face_id, own)),
        m.DownloadLink: _ReportOfSeries(m.DownloadLink.report_id, own),
        # Names of customers and colleagues: of oneself, and of who started the jobs.
        m.Account: or_(m.Account.id == own, _PersonOfSeries(m.Account.id, own)),
        m.AccountSeries: m.AccountSeries.account_id == own,
        m.AccountQueue: m.AccountQueue.account_id == own,
        m.ApiToken: m.ApiToken.account_id == own,
        m.BrowserSession: m.BrowserSession.account_id == own,
    }


class _Seen(FunctionElement[bool]):
    """A condition on a column for an account, written out when a query is compiled.

    All of them are added to every query, which SQLAlchemy must recognise each time: small ones cost less.
    """

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Any, account_id: int) -> None:
        super().__init__(column, literal(account_id))

    def self_group(self, against: OperatorType | None = None) -> Any:
        """As it is: it stands in brackets, and SQLite must not compare it with 1."""
        return self

    @staticmethod
    def meaning(column: Any, account: Any) -> Condition:
        """The condition. Its tables have names of their own, so that they are never those of the query."""
        raise NotImplementedError


@compiles(_Seen)
def _write_out(element: _Seen, compiler: SQLCompiler, **more: Any) -> str:
    column, account = element.clauses
    return f"({compiler.process(element.meaning(column, account), **more)})"


class _ScheduleOfSeries(_Seen):
    inherit_cache = True

    @staticmethod
    def meaning(column: Any, account: Any) -> Condition:
        return column.in_(_schedules(account))


class _JobOfSeries(_Seen):
    inherit_cache = True

    @staticmethod
    def meaning(column: Any, account: Any) -> Condition:
        return column.in_(_jobs(account))


class _ReportOfSeries(_Seen):
    inherit_cache = True

    @staticmethod
    def meaning(column: Any, account: Any) -> Condition:
        report = _table(m.Report, "seen_report")
        query = select(report.c.id).where(report.c.job_id.in_(_jobs(account)))
        return column.in_(query)


class _PersonOfSeries(_Seen):
    inherit_cache = True

    @staticmethod
    def meaning(column: Any, account: Any) -> Condition:
        job = _table(m.Job, "job_of_person")
        query = select(job.c.account_id).where(job.c.id.in_(_jobs(account)), job.c.account_id.is_not(None))
        return column.in_(query)


class _SeenQueue(_Seen):
    inherit_cache = True

    @staticmethod
    def meaning(column: Any, account: Any) -> Condition:
        return column.in_(_queues(account))


class _PhotoOfSeries(_Seen):
    inherit_cache = True

    @staticmethod
    def meaning(column: Any, account: Any) -> Condition:
        photo = _table(m.JobPhoto, "photo_of_series")
        query = select(photo.c.id).where(photo.c.photo_id == column, photo.c.job_id.in_(_jobs(account)))
        return exists(query.correlate_except(photo))


class _FaceOfSeries(_Seen):
    inherit_cache = True

    @staticmethod
    def meaning(column: Any, account: Any) -> Condition:
        return _face_of(_PhotoOfSeries, column, account)


class _OpenToReview(_Seen):
    inherit_cache = True

    @staticmethod
    def meaning(column: Any, account: Any) -> Condition:
        face, item = _table(m.Face, "face_of_photo"), _table(m.ReviewItem, "item_of_photo")
        joined = select(item.c.id).join_from(face, item, item.c.face_id == face.c.id)
        query = joined.where(face.c.photo_id == column, item.c.queue_id.in_(_open_queues(account)))
        return exists(query.correlate_except(face, item))


class _FaceOpenToReview(_Seen):
    """Of a photo with a face in an open queue, not only that face: the others are in the same picture."""

    inherit_cache = True

    @staticmethod
    def meaning(column: Any, account: Any) -> Condition:
        return _face_of(_OpenToReview, column, account)


def _face_of(photo: type[_Seen], column: Any, account: Any) -> Condition:
    """Whether a face is on a photo that is seen."""
    face = _table(m.Face, "seen_face")
    query = select(face.c.id).where(face.c.id == column, photo.meaning(face.c.photo_id, account))
    return exists(query.correlate_except(face))


def _schedules(account: Any) -> Select[Any]:
    series = _table(m.AccountSeries, "own_series")
    return select(series.c.schedule_id).where(series.c.account_id == account)


def _jobs(account: Any) -> Select[Any]:
    run = _table(m.ScheduleRun, "run_of_series")
    return select(run.c.job_id).where(run.c.job_id.is_not(None), run.c.schedule_id.in_(_schedules(account)))


def _queues(account: Any) -> Select[Any]:
    queue, named = _table(m.ReviewQueue, "seen_queue"), _table(m.AccountQueue, "own_queue")
    given = select(named.c.queue_id).where(named.c.account_id == account)
    return select(queue.c.id).where(
        or_(
            queue.c.id.in_(given),
            queue.c.job_id.in_(_jobs(account)),
            queue.c.options["job_id"].as_integer().in_(_jobs(account)),
        )
    )


def _open_queues(account: Any) -> Select[Any]:
    queue = _table(m.ReviewQueue, "open_queue")
    is_open = queue.c.state == m.QueueState.OPEN
    return select(queue.c.id).where(is_open, queue.c.id.in_(_queues(account)))


def _table(model: type[Base], name: str) -> Any:
    """The table under a name of its own; no rule holds for it, since it is no mapped class."""
    return model.__table__.alias(name)

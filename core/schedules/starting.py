"""Asking for a job of any kind from its stored options."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core.boxes.request import request_classify
from core.crawl.options import CrawlOptions
from core.crawl.request import request_crawl
from core.datasets.importing.options import ImportOptions
from core.datasets.importing.request import request_import
from core.datasets.request import FreezeJobOptions, request_freeze
from core.dedup.options import DedupOptions
from core.dedup.request import request_dedup
from core.errors import InputError
from core.evaluation.request import EvaluateOptions, request_evaluation
from core.predict.extract.options import ExtractOptions
from core.predict.extract.request import request_extract
from core.predict.options import PredictOptions
from core.predict.request import request_predict
from core.review.options import QueueOptions
from core.review.queues.queries import get_queue
from core.review.request import request_agreement, request_queue
from core.settings import Settings
from core.training.options import TrainOptions
from core.training.request import request_retraining
from models import Job, JobKind


@dataclass(frozen=True, kw_only=True)
class JobWish:
    """A job as a schedule keeps it: kind, options as `Job.options`, title, and for whom."""

    kind: JobKind
    options: dict[str, Any]
    title: str
    account_id: int | None


def start_job(session: Session, wish: JobWish, settings: Settings) -> Job:
    """Write the job's rows, as its page would; the caller commits, then wakes the workers.

    InputError of the kind's own request, or job_kind_unknown.
    """
    starter = _STARTERS.get(wish.kind)
    if starter is None:
        raise InputError("job_kind_unknown", f"A job of kind {wish.kind.value} cannot be started by itself.")
    return starter(session, wish, settings)


def can_start(kind: JobKind) -> bool:
    """Whether jobs of this kind can be started from their stored options."""
    return kind in _STARTERS


def check_repeatable(wish: JobWish) -> None:
    """InputError for a job in which there would be nothing new next time.

    schedule_upload for files that a browser sent, schedule_dataset for a training on a given dataset.
    """
    if wish.kind is JobKind.TRAIN and wish.options.get("dataset_id") is not None:
        raise InputError(
            "schedule_dataset",
            "A dataset never changes, so training on it again learns nothing new. Schedule a training that "
            "freezes the newest decisions.",
        )
    if wish.options.get("upload_id") is not None:
        raise InputError(
            "schedule_upload",
            "Uploaded files stay the same, so reading them again finds nothing new. Schedule a job that "
            "reads a folder on the server.",
        )


def _predict(session: Session, wish: JobWish, settings: Settings) -> Job:
    options = PredictOptions.from_json(wish.options)
    return request_predict(
        session, options, account_id=wish.account_id, roots=settings.roots, title=wish.title
    )


def _train(session: Session, wish: JobWish, settings: Settings) -> Job:
    options = TrainOptions.from_json(wish.options)
    return request_retraining(session, options, title=wish.title, account_id=wish.account_id)


def _import(session: Session, wish: JobWish, settings: Settings) -> Job:
    options = ImportOptions.from_json(wish.options)
    return request_import(
        session, options, account_id=wish.account_id, roots=settings.roots, title=wish.title
    )


def _freeze(session: Session, wish: JobWish, _settings: Settings) -> Job:
    options = FreezeJobOptions.from_json(wish.options)
    return request_freeze(session, options, title=wish.title, account_id=wish.account_id)


def _evaluate(session: Session, wish: JobWish, _settings: Settings) -> Job:
    options = EvaluateOptions.from_json(wish.options)
    return request_evaluation(session, options.dataset_id, options.version_ids, account_id=wish.account_id)


def _crawl(session: Session, wish: JobWish, settings: Settings) -> Job:
    options = CrawlOptions.from_json(wish.options)
    return request_crawl(session, options, settings, account_id=wish.account_id, title=wish.title)


def _dedup(session: Session, wish: JobWish, _settings: Settings) -> Job:
    options = DedupOptions.from_json(wish.options)
    return request_dedup(session, options, account_id=wish.account_id, title=wish.title)


def _extract(session: Session, wish: JobWish, _settings: Settings) -> Job:
    options = ExtractOptions.from_json(wish.options)
    return request_extract(session, options, account_id=wish.account_id, title=wish.title)


def _review(session: Session, wish: JobWish, _settings: Settings) -> Job:
    """A new queue like the one that the repeated job filled; faces that wait in an open queue stay out."""
    like = get_queue(session, wish.options["queue_id"])
    options = QueueOptions.from_json(like.options)
    queue = request_queue(session, options, title=like.title, account_id=wish.account_id)
    return session.get_one(Job, queue.job_id)


def _classify(session: Session, wish: JobWish, _settings: Settings) -> Job:
    return request_classify(session, account_id=wish.account_id)


def _agreement(session: Session, wish: JobWish, _settings: Settings) -> Job:
    return request_agreement(session, account_id=wish.account_id)


_STARTERS: dict[JobKind, Callable[[Session, JobWish, Settings], Job]] = {
    JobKind.PREDICT: _predict,
    JobKind.TRAIN: _train,
    JobKind.IMPORT: _import,
    JobKind.FREEZE: _freeze,
    JobKind.EVALUATE: _evaluate,
    JobKind.CRAWL: _crawl,
    JobKind.DEDUP: _dedup,
    JobKind.EXTRACT: _extract,
    JobKind.REVIEW: _review,
    JobKind.AGREEMENT: _agreement,
    JobKind.CLASSIFY: _classify,
}

"""Every job kind that the product has; processes import it so that the engine knows them all."""

from typing import Any

from core.audit.job_kind import AUDIT
from core.boxes.job_kind import CLASSIFY
from core.crawl.job_kind import CRAWL
from core.datasets.importing.job_kind import IMPORT
from core.datasets.job_kind import FREEZE
from core.dedup.job_kind import DEDUP
from core.detectors.job_kind import EVALUATE_DETECTOR, TRAIN_DETECTOR
from core.evaluation.job_kind import EVALUATE
from core.exports.job_kind import EXPORT
from core.jobs.kinds import JobKind
from core.predict.extract.job_kind import EXTRACT
from core.predict.job_kind import PREDICT
from core.removal.job_kind import REMOVE
from core.retention.job_kind import RETENTION
from core.review.job_kind import AGREEMENT, REVIEW
from core.training.formats_job import VERSION_FORMATS
from core.training.importing.job_kind import IMPORT_VERSION
from core.training.job_kind import TRAIN

#: In the order that lists of kinds show.
JOB_KINDS: tuple[JobKind[Any], ...] = (
    PREDICT,
    CRAWL,
    DEDUP,
    EXTRACT,
    IMPORT,
    EXPORT,
    REVIEW,
    CLASSIFY,
    FREEZE,
    TRAIN,
    IMPORT_VERSION,
    VERSION_FORMATS,
    EVALUATE,
    TRAIN_DETECTOR,
    EVALUATE_DETECTOR,
    AGREEMENT,
    AUDIT,
    REMOVE,
    RETENTION,
)

"""Every stage handler that Celery workers run; importing this module registers them."""

import core.job_kinds  # noqa: F401 (declares the kinds)
from core.jobs.kinds import Runner
from workers import (  # noqa: F401 (each registers its handlers)
    audit,
    classify,
    crawl,
    dedup,
    detector_evaluation,
    evaluate,
    export,
    freeze,
    imported_version,
    importing,
    predict,
    removal,
    reports,
    retention,
    review,
)
from workers.engine import Handler, handlers_of

#: By name of the stage.
HANDLERS: dict[str, Handler] = handlers_of(Runner.WORKER)

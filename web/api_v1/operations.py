"""The blueprint of the API with every operation: importing a module of a tag declares its operations."""

from web.api_v1 import (  # noqa: F401
    activity,
    conflicts,
    datasets,
    decision_lines,
    detectors,
    duplicates,
    evaluations,
    exports,
    faces,
    imports,
    jobs,
    links,
    live,
    people,
    photos,
    queues,
    removals,
    reports,
    results,
    retention,
    review_quality,
    schedules,
    shares,
    system,
    tokens,
    trainings,
    uploads,
    versions,
    webhooks,
)
from web.api_v1.document import api_v1

__all__ = ["api_v1"]

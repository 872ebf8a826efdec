"""What the page of a job shows beside progress and log; each topic declares its kinds' panels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core.jobs.kinds import JobKind, get_kind
from models import Job

_PANELS: dict[str, "JobPanels"] = {}


@dataclass(frozen=True, kw_only=True)
class JobPanels:
    """Facts and panels of one kind's page; a kind without a declaration has neither."""

    #: Facts of the job's options as (term, text), under "About this job".
    about: Callable[[Job], list[tuple[str, str]]] = lambda _job: []
    #: Partials of the wide column, above the log, and of the narrow one, above the facts.
    panels: tuple[str, ...] = ()
    side_panels: tuple[str, ...] = ()
    #: What the partials need.
    details: Callable[[Session, Job], dict[str, object]] = lambda _session, _job: {}


def declare_panels(kind: JobKind[Any], panels: JobPanels) -> None:
    """Show these on the pages of the kind's jobs."""
    _PANELS[kind.name] = panels


def panels_of(job: Job) -> JobPanels:
    """The panels of the job's kind."""
    return _PANELS.get(job.kind, JobPanels())


def title_of(job: Job) -> str:
    """The title of the job's kind."""
    return get_kind(job.kind).title


def may_recur(job: Job) -> bool:
    """Whether jobs of this kind can be repeated by a schedule."""
    return get_kind(job.kind).recurs
